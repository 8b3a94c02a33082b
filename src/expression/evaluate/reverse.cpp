#include "expression/evaluate/reverse.hpp"

#include <algorithm>

#include "expression/evaluate/partial.hpp"

namespace balmer {
namespace {

constexpr std::uint32_t unset = ~0u;
constexpr std::size_t pitch = Reverse::tile + Reverse::block;

bool is_arithmetic(Op op) { return op >= Op::add && op <= Op::divide; }

}  // namespace

Reverse::Reverse(const Program::Tape& tape, std::span<const double> parameters, const Columns<double>& columns, std::size_t outputs,
                 InstructionSet set)
    : tape_(tape), columns_(columns), forward_table_(kernel_table<double>(set)), table_(reverse_table(set)) {
    std::vector<double> values(tape.scalars.size());
    evaluate_scalars(tape, parameters, values);
    differentiate_scalars(values);
    find_dependence();
    plan_forward(outputs);
    for (std::size_t k = 0; k < outputs; ++k) plan_backward(k);

    const std::size_t scalars = tape.scalars.size(), few = columns.rows < block ? tape.columns.size() : 0;
    const std::size_t tiles = next_slot_ - base_[2];
    Carver carver(arena_.reserve(Carver::bytes<double>(block * (scalars + few)) + Carver::bytes<double>(tiles * pitch)));
    double* const small = carver.take<double>(block * (scalars + few));
    double* const large = carver.take<double>(tiles * pitch);
    slot_.resize(next_slot_);
    for (std::size_t k = 0; k < scalars; ++k) {
        slot_[k] = small + k * block;
        std::fill_n(slot_[k], block, values[k]);
    }
    for (std::size_t k = 0; k < few; ++k) {
        double* const to = slot_[base_[1] + k] = small + (scalars + k) * block;
        const double* const from = columns.column[static_cast<std::size_t>(tape.columns[k])] + columns.offset;
        for (std::size_t i = 0; i < block; ++i) to[i] = columns.rows == 0 ? 0 : from[std::min(i, columns.rows - 1)];
    }
    for (std::size_t k = 0; k < tiles; ++k) slot_[base_[2] + k] = large + k * pitch;
    std::fill_n(slot_[ones_], tile, 1.0);
    for (auto& pass : passes_)
        for (const auto slot : pass.slots) pass.tiles.push_back(slot_[slot]);
}

// terms_[s]: derivative of scalar s by each parameter, forward through the few scalar operations.
void Reverse::differentiate_scalars(std::span<const double> values) {
    terms_.resize(tape_.scalars.size());
    std::vector<double> sum(tape_.parameters);
    for (std::size_t s = 0; s < tape_.scalars.size(); ++s) {
        const Scalar& scalar = tape_.scalars[s];
        if (scalar.source == Scalar::Source::parameter) terms_[s] = {{static_cast<std::uint32_t>(scalar.index), 1.0}};
        if (scalar.source != Scalar::Source::operation) continue;
        const int arity = info(scalar.op).arity;
        std::vector<std::uint32_t> touched;
        for (int k = 0; k < arity; ++k) {
            const auto from = scalar.operand[k];
            if (terms_[from].empty()) continue;
            const double slope = partial(scalar.op, k, values[scalar.operand[0]], values[scalar.operand[1]], values[scalar.operand[2]],
                                         values[s], scalar.index);
            for (const auto& term : terms_[from]) {
                touched.push_back(term.parameter);
                sum[term.parameter] += slope * term.factor;
            }
        }
        std::ranges::sort(touched);
        touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
        for (const auto parameter : touched) {
            terms_[s].push_back({parameter, sum[parameter]});
            sum[parameter] = 0;
        }
    }
}

void Reverse::find_dependence() {
    depends_.assign(tape_.values.size(), false);
    for (std::size_t v = 0; v < tape_.values.size(); ++v)
        for (int k = 0; k < tape_.values[v].arity; ++k) {
            const Reference r = tape_.values[v].operand[k];
            if (kind_of(r) == Kind::value ? depends_[number_of(r)] : kind_of(r) == Kind::scalar && !terms_[number_of(r)].empty())
                depends_[v] = true;
        }
}

void Reverse::plan_forward(std::size_t outputs) {
    base_[1] = static_cast<std::uint32_t>(tape_.scalars.size());
    base_[2] = base_[1] + static_cast<std::uint32_t>(tape_.columns.size());
    next_slot_ = base_[2] + static_cast<std::uint32_t>(tape_.values.size());
    ones_ = tile_slot();
    for (std::size_t v = 0; v < tape_.values.size(); ++v) {
        const Lowered& value = tape_.values[v];
        kernels::Step step;
        step.kernel = is_arithmetic(value.op)
                          ? static_cast<std::uint16_t>(static_cast<int>(value.op) - static_cast<int>(Op::add))
                          : kernels::function(value.op);
        step.index = value.index;
        step.result = base_[2] + static_cast<std::uint32_t>(v);
        for (int k = 0; k < value.arity; ++k) {
            step.operand[k] = slot_of(value.operand[k]);
            if (kind_of(value.operand[k]) == Kind::scalar) step.scalars = static_cast<std::uint16_t>(step.scalars | 1 << k);
        }
        steps_.push_back(step);
    }
    passes_.resize(outputs);
    for (std::size_t k = 0; k < outputs; ++k) {
        const Reference root = tape_.roots[k];
        passes_[k].root = slot_of(root);
        if (kind_of(root) != Kind::scalar) continue;
        passes_[k].root = tile_slot();
        kernels::Step step{.kernel = kernels::copy_kernel, .scalars = 1, .result = passes_[k].root};
        step.operand[0] = slot_of(root);
        steps_.push_back(step);
    }
}

// Adjoints go from the root towards the leaves. Where an operand is used once and its adjoint equals the operator's (sums), both share a tile.
void Reverse::plan_backward(std::size_t output) {
    Pass& pass = passes_[output];
    const std::size_t values = tape_.values.size(), scalars = tape_.scalars.size();
    std::vector<std::uint32_t> uses(values + scalars), adjoint(values + scalars, unset);
    std::vector<bool> reached(values);
    const auto position = [&](Reference r) { return kind_of(r) == Kind::value ? number_of(r) : values + number_of(r); };
    const auto matters = [&](Reference r) {
        return kind_of(r) == Kind::value ? bool(depends_[number_of(r)]) : kind_of(r) == Kind::scalar && !terms_[number_of(r)].empty();
    };
    const Reference root = tape_.roots[output];
    if (matters(root)) adjoint[position(root)] = ones_;
    if (kind_of(root) == Kind::value) reached[number_of(root)] = true;
    for (std::size_t v = values; v-- > 0;) {
        if (!reached[v]) continue;
        for (int k = 0; k < tape_.values[v].arity; ++k) {
            const Reference r = tape_.values[v].operand[k];
            if (kind_of(r) == Kind::value) reached[number_of(r)] = true;
            if (kind_of(r) != Kind::column) ++uses[position(r)];
        }
    }
    for (std::size_t v = values; v-- > 0;) {
        if (adjoint[v] == unset) continue;
        const Lowered& value = tape_.values[v];
        for (int k = 0; k < value.arity; ++k) {
            const Reference r = value.operand[k];
            const auto kernel = table_.partial[static_cast<std::size_t>(value.op)][k];
            if (kernel == nullptr || !matters(r)) continue;
            auto& target = adjoint[position(r)];
            const bool first = target == unset;
            if (uses[position(r)] == 1 && (value.op == Op::add || (value.op == Op::subtract && k == 0))) {
                target = adjoint[v];
                continue;
            }
            if (first) target = tile_slot();
            const std::uint32_t a = slot_of(value.operand[0]);
            pass.steps.push_back({.kernel = kernel,
                                  .adjoint = adjoint[v],
                                  .a = a,
                                  .b = value.arity > 1 ? slot_of(value.operand[1]) : a,
                                  .f = base_[2] + static_cast<std::uint32_t>(v),
                                  .into = target,
                                  .mode = first ? kernels::Into::write : kernels::Into::add,
                                  .index = value.index});
        }
    }
    for (std::uint32_t s = 0; s < scalars; ++s) {
        if (adjoint[values + s] == unset) continue;
        pass.scalars.push_back(s);
        pass.slots.push_back(adjoint[values + s]);
    }
}

void Reverse::forward(const Stretch& s) {
    if (columns_.rows >= block)
        for (std::size_t k = 0; k < tape_.columns.size(); ++k)
            slot_[base_[1] + k] =
                const_cast<double*>(columns_.column[static_cast<std::size_t>(tape_.columns[k])]) + columns_.offset + s.begin;
    for (const auto& step : steps_) forward_table_.kernel[step.kernel](step, slot_.data(), s.count);
}

void Reverse::backward(std::size_t output, std::size_t count) {
    for (const auto& step : passes_[output].steps)
        step.kernel({.adjoint = operand(step.adjoint),
                     .a = operand(step.a),
                     .b = operand(step.b),
                     .f = operand(step.f),
                     .into = slot_[step.into],
                     .mode = step.mode,
                     .index = step.index},
                    count);
}

void Reverse::to_parameters(std::size_t output, const double* in, double* out) const {
    for (std::size_t i = 0; i < passes_[output].scalars.size(); ++i)
        for (const auto& term : terms(output, i)) out[term.parameter] += in[i] * term.factor;
}

}  // namespace balmer
