#include "search/enumerate/value_table.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>

#include "search/enumerate/enumeration.hpp"
#include "search/enumerate/kernels.hpp"

namespace balmer::enumerate {
namespace {

std::vector<std::vector<double>> logarithms(const std::vector<std::vector<double>>& columns,
                                            const std::vector<std::int32_t>& variables) {
    std::vector<std::vector<double>> logs;
    for (const auto v : variables) {
        std::vector<double> log = columns[static_cast<std::size_t>(v)];
        for (double& x : log) x = std::log(std::fabs(x));
        if (all_finite(log)) logs.push_back(std::move(log));
    }
    return logs;
}

std::vector<std::int32_t> with_factors(std::vector<std::int32_t> first, std::span<const std::int32_t> second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

std::vector<Op> of_arity(const std::vector<Op>& operators, int arity) {
    std::vector<Op> result;
    const auto has = [&](Op op) { return std::ranges::find(operators, op) != operators.end(); };
    for (const auto& row : operator_table()) {
        if (row.arity != arity || row.op == Op::negate || row.op == Op::integer_power) continue;
        const bool spelled = (row.op == Op::square && (has(Op::multiply) || has(Op::power))) ||
                             (row.op == Op::inverse && has(Op::divide)) || (row.op == Op::sqrt && has(Op::power));
        if (has(row.op) || spelled) result.push_back(row.op);
    }
    return result;
}

}  // namespace

// Values and keys of a batch, filled in parallel, slot by slot.
struct ValueTable::Evaluated {
    std::vector<double> values;
    std::vector<std::uint64_t> raw;
    std::vector<Keys> keys;
};

ValueTable::ValueTable(std::vector<std::vector<double>> columns, std::vector<std::int32_t> variables, std::vector<Op> operators,
                       std::vector<Definition> definitions, RandomStream random, std::span<const std::int32_t> factors)
    : rows_(columns.front().size()),
      columns_(std::move(columns)),
      variables_(std::move(variables)),
      powers_(with_factors(variables_, factors)),
      unary_(of_arity(operators, 1)),
      binary_(of_arity(operators, 2)),
      definitions_(std::move(definitions)),
      functionals_(rows_, logarithms(columns_, powers_), random),
      first_{0, 0},
      cursor_(std::make_unique<Cursor>()) {
    std::vector<double> values(rows_);
    for (const auto v : variables_) {
        values = columns_[static_cast<std::size_t>(v)];
        add_leaf({.left = static_cast<std::uint32_t>(v), .op = Op::feature}, values.data());
    }
    constexpr double pi = std::numbers::pi;
    for (const double c : {1.0, 2.0, pi, 2 * pi, 0.5}) {
        values.assign(rows_, c);
        if (c != 1.0) scales_.push_back(static_cast<std::uint32_t>(entries_.size()));
        add_leaf({.constant = c, .op = c == pi ? Op::pi : Op::parameter, .flags = constant_entry | numbered_entry}, values.data());
    }
}

ValueTable::ValueTable(ValueTable&&) noexcept = default;
ValueTable::~ValueTable() = default;

std::size_t ValueTable::bytes() const {
    return entries_.bytes() + chunks_.size() * chunk * rows_ * sizeof(double) + raw_.bytes() + affine_.bytes() +
           monomial_.bytes();
}

std::size_t ValueTable::first_of_size(int size) const {
    const auto s = static_cast<std::size_t>(size);
    return s < first_.size() ? first_[s] : entries_.size();
}

void ValueTable::append(const Entry& entry, const double* values) {
    if (entries_.size() % chunk == 0) chunks_.push_back(std::make_unique_for_overwrite<double[]>(chunk * rows_));
    std::copy_n(values, rows_, chunks_.back().get() + (entries_.size() % chunk) * rows_);
    entries_.push_back(entry);
}

void ValueTable::add_leaf(Entry entry, double* values) {
    std::vector<double> logarithm(rows_);
    const auto index = static_cast<std::uint32_t>(entries_.size());
    const bool is_new = raw_.insert(raw_key(functionals_, values), index);
    if (!is_new && entry.op == Op::feature) return;  // two columns identical
    const Keys keys = keys_of(functionals_, values, logarithm.data());
    entry.monomial = keys.monomial;
    if (affine_.insert(keys.affine_key, index)) entry.flags |= affine_distinct;
    if (monomial_.insert(keys.monomial_key, index)) entry.flags |= monomial_distinct;
    append(entry, values);
}

void ValueTable::use_units(EntryUnits units) {
    assert(cursor_->size == 1);
    units_ = std::move(units);
    for (std::size_t i = 0; i < entries_.size(); ++i)
        if (entries_[i].op == Op::feature) entries_[i].unit = units_.of_feature(entries_[i].left);
}

std::uint16_t ValueTable::unit_of(const Proposal& p) {
    const std::uint16_t operands[] = {entries_[p.left].unit, entries_[p.right].unit};
    return units_.combined(p.op, p.index, std::span(operands, p.binary ? 2 : 1));
}

void ValueTable::evaluate(const Proposal& p, double* out) const {
    const double* a = value(p.left);
    if (p.op == Op::call) {
        const auto& body = definitions_[static_cast<std::size_t>(p.index)].body;
        Expression call = body;
        for (auto& node : call.nodes)
            if (node.op == Op::argument) node.op = Op::feature;
        const double* arguments[] = {a, p.binary ? value(p.right) : a};
        const auto values = evaluate_rows(call, definitions_, arguments, rows_);
        std::ranges::copy(values, out);
        return;
    }
    if (p.negated) {
        std::vector<double> negative(a, a + rows_);
        for (double& x : negative) x = -x;
        apply_rows(p.op, negative.data(), nullptr, out, rows_);
        return;
    }
    const double* b = p.binary ? value(p.right) : nullptr;
    apply_rows(p.op, a, b, out, rows_);
    if (p.op != Op::add && p.op != Op::subtract) return;
    // A difference that is rounding alone is no value.
    double kept = 0, whole = 0;
    for (std::size_t i = 0; i < rows_; ++i) {
        kept = std::max(kept, std::fabs(out[i]));
        whole = std::max(whole, std::fabs(a[i]));
    }
    if (kept < 1e-9 * whole) std::fill_n(out, rows_, std::numeric_limits<double>::quiet_NaN());
}

std::uint8_t ValueTable::flags_of(const Proposal& p) const {
    constexpr std::uint8_t inherited = transcendental_entry | trigonometric_entry | numbered_entry;
    std::uint8_t flags = entries_[p.left].flags & inherited;
    if (p.binary) flags |= entries_[p.right].flags & inherited;
    if (is_transcendental(p.op)) flags |= transcendental_entry;
    if (p.op == Op::sin || p.op == Op::cos || p.op == Op::tan) flags |= trigonometric_entry;
    if (p.negated) flags |= negated_operand;
    return flags;
}

void ValueTable::commit(const std::vector<Proposal>& batch, const Evaluated& evaluated, const TableLimits& limits) {
    for (std::size_t k = 0; k < batch.size(); ++k) {
        if (evaluated.raw[k] == 0 || entries_.size() >= limits.entries) continue;
        const auto index = static_cast<std::uint32_t>(entries_.size());
        if (!raw_.insert(evaluated.raw[k], index)) continue;
        const auto& p = batch[k];
        const auto& keys = evaluated.keys[k];
        Entry entry{.monomial = keys.monomial,
                    .left = p.left,
                    .right = p.right,
                    .op = p.op,
                    .size = p.size,
                    .flags = flags_of(p),
                    .index = p.index};
        if (units_.active()) entry.unit = unit_of(p);
        if (keys.is_constant) entry.flags |= constant_entry;
        if (affine_.insert(keys.affine_key, index)) entry.flags |= affine_distinct;
        if (monomial_.insert(keys.monomial_key, index)) entry.flags |= monomial_distinct;
        append(entry, evaluated.values.data() + k * rows_);
    }
}

bool ValueTable::grow(std::size_t proposals, const TableLimits& limits, ThreadPool& pool) {
    constexpr std::size_t batch_size = 8192;
    std::vector<Proposal> batch;
    Evaluated evaluated{.values = std::vector<double>(batch_size * rows_),
                        .raw = std::vector<std::uint64_t>(batch_size),
                        .keys = std::vector<Keys>(batch_size)};
    for (std::size_t done = 0; done < proposals;) {
        if (entries_.size() >= limits.entries || affine_.size() >= limits.affine_distinct || bytes() >= limits.bytes) return false;
        batch.clear();
        if (!propose(batch, std::min(batch_size, proposals - done), limits.size)) return false;
        parallel_for(pool, batch.size(), 256, [&](std::size_t begin, std::size_t end) {
            std::vector<double> logarithm(rows_);
            for (std::size_t k = begin; k < end; ++k) {
                double* out = evaluated.values.data() + k * rows_;
                evaluate(batch[k], out);
                evaluated.raw[k] = 0;
                if (!all_finite({out, rows_})) continue;
                const std::uint64_t key = raw_key(functionals_, out);
                if (key == 0 || raw_.find(key) != KeyIndex::none) continue;
                evaluated.raw[k] = key;
                evaluated.keys[k] = keys_of(functionals_, out, logarithm.data());
            }
        });
        commit(batch, evaluated, limits);
        done += batch.size();
        generated_ += batch.size();
    }
    return true;
}

Expression ValueTable::expression(std::uint32_t i) const {
    const Entry& entry = entries_[i];
    if (entry.op == Op::parameter) return Expression::constant(entry.constant);
    if (entry.op == Op::feature) return Expression::feature(static_cast<std::int32_t>(entry.left));
    if (entry.op == Op::pi) return Expression::apply(Op::pi, std::span<const Expression>{});
    Expression left = expression(entry.left);
    if (entry.flags & negated_operand) left = Expression::apply(Op::negate, left);
    const bool binary = entry.op == Op::call ? definitions_[static_cast<std::size_t>(entry.index)].arguments.size() == 2
                                             : info(entry.op).arity == 2;
    if (!binary) return Expression::apply(entry.op, std::span(&left, 1), entry.index);
    const Expression both[] = {left, expression(entry.right)};
    return Expression::apply(entry.op, both, entry.index);
}

std::vector<double> ValueTable::values_on(std::size_t count, std::span<const double* const> column, std::size_t rows,
                                          ThreadPool& pool) const {
    count = std::min(count, size());
    std::vector<double> result(count * rows);
    constexpr std::size_t tile = 128;
    parallel_for(pool, rows, tile, [&](std::size_t begin, std::size_t end) {
        const std::size_t n = end - begin;
        std::vector<double> negative(n);
        for (std::size_t i = 0; i < count; ++i) {
            const Entry& entry = entries_[i];
            double* out = result.data() + i * rows + begin;
            const double* a = result.data() + entry.left * rows + begin;
            const double* b = result.data() + entry.right * rows + begin;
            if (entry.op == Op::feature) {
                std::copy_n(column[entry.left] + begin, n, out);
            } else if (entry.op == Op::parameter || entry.op == Op::pi) {
                std::fill_n(out, n, entry.constant);
            } else if (entry.op == Op::call) {
                std::vector<const double*> moved(column.begin(), column.end());
                for (auto& pointer : moved) pointer += begin;
                std::ranges::copy(evaluate_rows(expression(static_cast<std::uint32_t>(i)), definitions_, moved, n), out);
            } else {
                if (entry.flags & negated_operand) {
                    std::transform(a, a + n, negative.begin(), std::negate<>());
                    a = negative.data();
                }
                apply_rows(entry.op, a, b, out, n);
            }
        }
    });
    return result;
}

}  // namespace balmer::enumerate
