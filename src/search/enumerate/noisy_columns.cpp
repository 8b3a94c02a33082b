#include "search/enumerate/noisy_columns.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "search/enumerate/kernels.hpp"
#include "search/median.hpp"

namespace balmer::enumerate {
namespace {

constexpr std::size_t inner_size = 30'000, fully_wrapped = 1500, outer_size = 100, most_entries = 50'000;
constexpr int largest_total = 7;
constexpr std::size_t rows_at_once = 32;

double wrapped(Wrapping wrapping, double u) {
    switch (wrapping) {
        case Wrapping::plain: return u;
        case Wrapping::exp: return std::exp(u);
        case Wrapping::exp_of_negative: return std::exp(-u);
        case Wrapping::exp_minus_one: return std::exp(u) - 1;
        case Wrapping::exp_plus_one: return std::exp(u) + 1;
        case Wrapping::one_plus: return 1 + u;
        case Wrapping::one_minus: return 1 - u;
        case Wrapping::sin: return std::sin(u);
        case Wrapping::cos: return std::cos(u);
        case Wrapping::sin_squared: return std::sin(u) * std::sin(u);
        case Wrapping::cos_squared: return std::cos(u) * std::cos(u);
        case Wrapping::tanh: return std::tanh(u);
        case Wrapping::cosh: return std::cosh(u);
        case Wrapping::log: return std::log(u);
    }
    return u;
}

Expression wrapped(Wrapping wrapping, const Expression& u, const Spelling& spelling) {
    const auto exp = [](const Expression& e) { return Expression::apply(Op::exp, e); };
    const Expression one = Expression::constant(1);
    switch (wrapping) {
        case Wrapping::plain: return u;
        case Wrapping::exp: return exp(u);
        case Wrapping::exp_of_negative: return exp(scaled(-1, u));
        case Wrapping::exp_minus_one: return Expression::apply(Op::subtract, exp(u), one);
        case Wrapping::exp_plus_one: return Expression::apply(Op::add, exp(u), one);
        case Wrapping::one_plus: return Expression::apply(Op::add, one, u);
        case Wrapping::one_minus: return Expression::apply(Op::subtract, one, u);
        case Wrapping::sin: return Expression::apply(Op::sin, u);
        case Wrapping::cos: return Expression::apply(Op::cos, u);
        case Wrapping::sin_squared: return power_of(Expression::apply(Op::sin, u), {2, 1});
        case Wrapping::cos_squared: return power_of(Expression::apply(Op::cos, u), {2, 1});
        case Wrapping::tanh: return Expression::apply(Op::tanh, u);
        case Wrapping::cosh:
            if (spelling.has(Op::cosh)) return Expression::apply(Op::cosh, u);
            return Expression::apply(Op::add, exp(u), exp(scaled(-1, u)));
        case Wrapping::log: return Expression::apply(Op::log, u);
    }
    return u;
}

int nodes_of(Wrapping wrapping) {
    switch (wrapping) {
        case Wrapping::plain: return 0;
        case Wrapping::exp_of_negative: case Wrapping::one_plus: case Wrapping::one_minus: case Wrapping::sin_squared: case Wrapping::cos_squared: return 2;
        case Wrapping::exp_minus_one: case Wrapping::exp_plus_one: return 3;
        case Wrapping::cosh: return 3;
        default: return 1;
    }
}

bool is_bend(Wrapping wrapping) {
    return wrapping == Wrapping::exp_minus_one || wrapping == Wrapping::exp_plus_one || wrapping == Wrapping::cosh ||
           wrapping == Wrapping::tanh || wrapping == Wrapping::one_plus || wrapping == Wrapping::one_minus;
}

// A factor of a term in a sum; in a product the power of the wave itself does.
bool is_square(Wrapping wrapping) { return wrapping == Wrapping::sin_squared || wrapping == Wrapping::cos_squared; }

int nodes_of(const LatticePoint& point) {
    int nodes = 0;
    for (const int h : point.halves) nodes += std::abs(h) == 2 ? 2 : 3;
    return std::max(1, nodes - 1);
}

// sqrt(x y) and its kin: one root, though two half powers.
void add_roots_of_products(const std::vector<std::int32_t>& variables, const std::vector<bool>& half, std::vector<LatticePoint>& points) {
    constexpr std::size_t most = 60;
    const std::size_t end = points.size() + most;
    for (std::size_t i = 0; i < variables.size(); ++i)
        for (std::size_t j = i + 1; j < variables.size(); ++j)
            for (const auto& halves : {std::vector{1, 1}, std::vector{1, -1}, std::vector{-1, 1}, std::vector{-1, -1}})
                if (half[i] && half[j] && points.size() < end) points.push_back({.variables = {variables[i], variables[j]}, .halves = halves});
}

std::vector<Wrapping> wrappings_of(const Spelling& spelling) {
    std::vector<Wrapping> all = {Wrapping::plain};
    const auto add = [&](Op op, std::initializer_list<Wrapping> more) {
        if (spelling.has(op)) all.insert(all.end(), more);
    };
    add(Op::exp, {Wrapping::exp, Wrapping::exp_of_negative, Wrapping::exp_minus_one, Wrapping::exp_plus_one, Wrapping::cosh});
    add(Op::add, {Wrapping::one_plus});
    add(Op::subtract, {Wrapping::one_minus});
    add(Op::sin, {Wrapping::sin, Wrapping::sin_squared});
    add(Op::cos, {Wrapping::cos, Wrapping::cos_squared});
    add(Op::tanh, {Wrapping::tanh});
    add(Op::log, {Wrapping::log});
    return all;
}

}  // namespace

NoisyColumns::NoisyColumns(const ValueTable& table, const Sample& sample, const Spelling& spelling, std::size_t count, ThreadPool& pool)
    : table_(table), rows_(sample.size()) {
    // The rest of the room is for functions of larger monomials.
    for (std::uint32_t i = 0; i < table.size() && names_.size() < std::min(most_entries, count / 3); ++i) {
        const Entry& e = table[i];
        if ((e.flags & constant_entry) || !(e.flags & (affine_distinct | monomial_distinct))) continue;
        names_.push_back({.entry = i, .nodes = e.size});
    }
    inner_ = outer_ = {{}};
    if (spelling.has(Op::multiply) && spelling.has(Op::divide)) {
        std::vector<std::int32_t> whole;
        std::vector<bool> half;
        for (const auto v : table.variables()) {
            const auto& x = sample.columns[static_cast<std::size_t>(v)];
            if (std::ranges::any_of(x, [](double value) { return value == 0; })) continue;
            whole.push_back(v);
            half.push_back(spelling.has(Op::sqrt) && std::ranges::all_of(x, [](double value) { return value > 0; }));
        }
        inner_ = monomial_lattice(whole, std::vector<bool>(whole.size(), false), whole.size(), largest_total, inner_size);
        outer_ = monomial_lattice(whole, half, 3, 4, outer_size);
        add_roots_of_products(whole, half, outer_);
        name_monomials(spelling, sample);
        name_products(spelling);
        name_differences(spelling);
    }
    std::ranges::stable_sort(names_, {}, &ColumnName::nodes);
    if (names_.size() > count) names_.resize(count);
    fill(sample, pool);
}

void NoisyColumns::name_monomials(const Spelling& spelling, const Sample& sample) {
    const auto wrappings = wrappings_of(spelling);
    for (std::uint32_t m = 1; m < inner_.size(); ++m) {
        const int nodes = nodes_of(inner_[m]);
        const auto typical = static_cast<float>(median_size(lattice_values(inner_[m], sample.columns)));
        for (const auto wrapping : wrappings) {
            const bool sum = wrapping == Wrapping::one_plus || wrapping == Wrapping::one_minus;
            if ((m >= fully_wrapped && !sum && wrapping != Wrapping::plain) || is_square(wrapping)) continue;
            const auto add = [&](float scale, int more) {
                names_.push_back({.inner = m, .wrapping = wrapping, .scale = scale, .nodes = nodes + nodes_of(wrapping) + more});
            };
            add(1, 0);
            if (wrapping == Wrapping::sin || wrapping == Wrapping::cos)
                for (const float scale : {0.5F, 2.0F, 3.14159265F, 6.2831853F})
                    add(scale, 2);
            // Where a curve bends, whatever its unit: a fit finds the number.
            if (is_bend(wrapping) && m < fully_wrapped && typical > 0)
                for (const float at : {0.4F, 1.5F}) add(at / typical, 3);
        }
    }
}

// One or two variables inside, a monomial outside: what sums are made of.
void NoisyColumns::name_products(const Spelling& spelling) {
    for (std::uint32_t m = 1; m < inner_.size(); ++m) {
        const int nodes = nodes_of(inner_[m]);
        if (inner_[m].variables.size() > 2 || nodes > 3) continue;
        for (const auto wrapping : wrappings_of(spelling)) {
            if (wrapping == Wrapping::plain) continue;
            for (std::uint32_t o = 1; o < outer_.size(); ++o)
                names_.push_back({.inner = m, .outer = o, .wrapping = wrapping, .nodes = nodes + nodes_of(wrapping) + nodes_of(outer_[o]) + 1});
        }
    }
}

// Two variables by their difference, times a small monomial, in a function.
void NoisyColumns::name_differences(const Spelling& spelling) {
    if (!spelling.has(Op::subtract)) return;
    const auto& variables = table_.variables();
    const auto wrappings = wrappings_of(spelling);
    for (std::uint32_t m = 0; m < inner_.size(); ++m) {
        const int nodes = m == 0 ? 3 : nodes_of(inner_[m]) + 4;
        if (inner_[m].total() > 4) break;
        for (std::size_t i = 0; i < variables.size(); ++i)
            for (std::size_t j = i + 1; j < variables.size(); ++j)
                for (const auto wrapping : wrappings) {
                    if (wrapping == Wrapping::plain || wrapping == Wrapping::log || is_square(wrapping)) continue;
                    const bool waves = wrapping == Wrapping::sin || wrapping == Wrapping::cos;
                    for (const float scale : {1.0F, 0.5F}) {
                        if (scale != 1 && !waves) continue;
                        names_.push_back({.inner = m, .plus = variables[i], .minus = variables[j], .wrapping = wrapping, .scale = scale,
                                          .nodes = nodes + nodes_of(wrapping) + (scale == 1 ? 0 : 2)});
                        // With a monomial outside: a term of a sum.
                        for (std::uint32_t o = 1; m == 0 && waves && scale == 1 && o < outer_.size(); ++o)
                            names_.push_back({.inner = m, .outer = o, .plus = variables[i], .minus = variables[j], .wrapping = wrapping,
                                              .nodes = nodes + nodes_of(wrapping) + nodes_of(outer_[o]) + 1});
                    }
                }
        if (names_.size() > 2 * most_entries + 60'000) return;
    }
}

void NoisyColumns::fill(const Sample& sample, ThreadPool& pool) {
    values_.resize(names_.size() * rows_);
    logarithms_.resize(names_.size() * rows_);
    std::vector<std::vector<double>> monomials, factors;
    for (const auto& point : inner_) monomials.push_back(lattice_values(point, sample.columns));
    for (const auto& point : outer_) factors.push_back(lattice_values(point, sample.columns));
    std::size_t end = 0;  // of the table's entries that are wanted
    for (const auto& name : names_)
        if (name.entry != KeyIndex::none) end = std::max<std::size_t>(end, name.entry + 1);
    std::vector<double> column(rows_at_once * names_.size());
    std::vector<int> exponent(names_.size(), 0);  // of a column's values in its first rows: float then holds them and their squares
    for (std::size_t begin = 0; begin < rows_; begin += rows_at_once) {
        const std::size_t n = std::min(rows_at_once, rows_ - begin);
        std::vector<const double*> pointers;
        for (const auto* p : sample.pointers) pointers.push_back(p + begin);
        const auto of_table = table_.values_on(end, pointers, n, pool);
        parallel_for(pool, names_.size(), 1024, [&](std::size_t i) {
            const auto& name = names_[i];
            double* values = column.data() + i * rows_at_once;
            double largest = 0;
            for (std::size_t r = 0; r < n; ++r) {
                double inner = name.entry != KeyIndex::none ? of_table[name.entry * n + r] : monomials[name.inner][begin + r];
                if (name.plus >= 0)
                    inner *= sample.columns[static_cast<std::size_t>(name.plus)][begin + r] - sample.columns[static_cast<std::size_t>(name.minus)][begin + r];
                double v = wrapped(name.wrapping, name.wrapping == Wrapping::plain ? inner : static_cast<double>(name.scale) * inner);
                if (name.outer != 0) v *= factors[name.outer][begin + r];
                values[r] = v;
                if (std::isfinite(v)) largest = std::max(largest, std::fabs(v));
            }
            if (begin == 0 && largest > 0) exponent[i] = std::ilogb(largest);
            const double unit = std::ldexp(1.0, -std::clamp(exponent[i], -1000, 1000));
            const auto logarithm_of_unit = static_cast<float>(exponent[i]) * 0.69314718F;
            for (std::size_t r = 0; r < n; ++r) {
                const auto v = static_cast<float>(values[r] * unit);
                values_[i * rows_ + begin + r] = v;
                logarithms_[i * rows_ + begin + r] = std::log(std::fabs(v)) + logarithm_of_unit;
            }
        });
    }
}

bool NoisyColumns::bends(std::size_t i) const { return is_bend(names_[i].wrapping); }

template <class Wanted>
std::vector<std::uint32_t> NoisyColumns::parts(std::size_t smallest, std::size_t count, Wanted&& wanted) const {
    std::vector<std::uint32_t> listed;
    for (std::uint32_t i = static_cast<std::uint32_t>(smallest); i < names_.size() && listed.size() < count; ++i)
        if (names_[i].entry == KeyIndex::none && wanted(names_[i])) listed.push_back(i);
    return listed;
}

std::vector<std::uint32_t> NoisyColumns::parts_of_products(std::size_t smallest, std::size_t count) const {
    const auto is_sum = [](const ColumnName& name) {
        return name.outer == 0 && name.plus < 0 && name.scale == 1 && (name.wrapping == Wrapping::one_plus || name.wrapping == Wrapping::one_minus);
    };
    auto listed = first(smallest);
    const auto sums = parts(smallest, count, is_sum);
    listed.insert(listed.end(), sums.begin(), sums.end());
    const auto functions = parts(smallest, count / 2, [&](const ColumnName& name) {
        return name.outer == 0 && name.wrapping != Wrapping::plain && !is_sum(name) && (name.inner == 0 || nodes_of(inner_[name.inner]) <= 3);
    });
    listed.insert(listed.end(), functions.begin(), functions.end());
    return listed;
}

std::vector<std::uint32_t> NoisyColumns::parts_of_sums(std::size_t smallest, std::size_t count) const {
    auto listed = first(smallest);
    const auto monomials = parts(smallest, count, [](const ColumnName& name) { return name.wrapping == Wrapping::plain && name.plus < 0; });
    listed.insert(listed.end(), monomials.begin(), monomials.end());
    const auto is_function = [](const ColumnName& name) {
        return is_square(name.wrapping) || name.wrapping == Wrapping::sin || name.wrapping == Wrapping::cos || name.wrapping == Wrapping::exp ||
               name.wrapping == Wrapping::exp_of_negative || name.wrapping == Wrapping::log;
    };
    const auto products = parts(smallest, count, [&](const ColumnName& name) {
        const auto& inner = inner_[name.inner];
        return name.outer != 0 && inner.variables.size() == 1 && inner.halves[0] == 2 && is_function(name);
    });
    const auto of_two = parts(smallest, count / 2, [&](const ColumnName& name) {
        return name.outer != 0 && (name.plus >= 0 || inner_[name.inner].variables.size() == 2) && is_function(name);
    });
    listed.insert(listed.end(), of_two.begin(), of_two.end());
    listed.insert(listed.end(), products.begin(), products.end());
    return listed;
}

std::vector<std::uint32_t> NoisyColumns::first(std::size_t count) const {
    std::vector<std::uint32_t> listed(std::min(count, names_.size()));
    std::iota(listed.begin(), listed.end(), 0U);
    return listed;
}

Expression NoisyColumns::expression(std::size_t i, const Spelling& spelling, InnerNumber number) const {
    const auto& name = names_[i];
    if (name.entry != KeyIndex::none) return table_.expression(name.entry);
    auto powers = inner_[name.inner].powers();
    if (name.plus >= 0)
        powers.push_back({Expression::apply(Op::subtract, Expression::feature(name.plus), Expression::feature(name.minus)), {1, 1}});
    const Expression inner = monomial_of(1, powers);
    if (name.wrapping == Wrapping::plain) return inner;
    const bool numbered = name.scale != 1 || number == InnerNumber::free;
    const double scale = static_cast<double>(name.scale);
    const Expression u = numbered ? Expression::apply(Op::multiply, Expression::constant(scale), inner) : inner;
    const Expression f = wrapped(name.wrapping, u, spelling);
    return name.outer == 0 ? f : product_of(monomial_of(1, outer_[name.outer].powers()), f);
}

}  // namespace balmer::enumerate
