#include "search/enumerate/compounds.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "search/enumerate/enumeration.hpp"
#include "search/enumerate/kernels.hpp"

namespace balmer::enumerate {
namespace {

constexpr std::size_t most_functions = 800, main_functions = 32, most_sums = 48;
constexpr int largest_function = 5, largest_sum = 4;  // nodes
// Points of the lattice, its first, that stand before the main functions and small sums, before powers of functions and before the other
// functions; of a large lattice one in `share` and in `2 share`.
constexpr std::size_t least_before_main = 150, least_before_power = 60, before_other = 12, share = 8;
constexpr std::array scales = {1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 4.0, -4.0, 0.25, -0.25, 3.0, -3.0, 1 / 3.0, -1 / 3.0};

}  // namespace

void Compounds::build(const ValueTable& table, std::vector<LatticePoint> lattice, const Spelling& spelling, const WideFunctionals& wide) {
    lattice_ = std::move(lattice);
    compounds_.clear();
    functionals_.clear();
    wide_.clear();
    index_ = {};
    wide_of_ = &wide;
    build_sums(table);
    build_functions(table, spelling);
}

void Compounds::add(const ValueTable& table, const Compound& compound, const std::vector<double>& value) {
    if (!all_finite(value)) return;
    std::vector<double> logarithm(value.size());
    const Keys keys = keys_of(table.functionals(), value.data(), logarithm.data());
    if (keys.monomial_key == 0 || !index_.insert(keys.monomial_key, static_cast<std::uint32_t>(compounds_.size()))) return;
    compounds_.push_back(compound);
    functionals_.push_back(keys.monomial);
    wide_.push_back(wide_of_->of(logarithm.data()));
}

void Compounds::add_sum(const ValueTable& table, const std::vector<double>& monomial, const Compound& compound) {
    std::vector<double> value(table.rows());
    for (std::size_t r = 0; r < value.size(); ++r) {
        const double f = compound.function == none ? 1 : table.value(compound.function)[r];
        value[r] = 1 + compound.s * monomial[r] * (compound.power == 1 ? f : compound.power == 2 ? f * f : 1 / f);
    }
    add(table, compound, value);
}

void Compounds::build_sums(const ValueTable& table) {
    const std::size_t before_main = std::max(least_before_main, lattice_.size() / share);
    const std::size_t before_power = std::max(least_before_power, lattice_.size() / (2 * share));
    std::vector<std::uint32_t> functions, sums;
    for (std::uint32_t i = 0; i < table.size() && table[i].size <= largest_function; ++i) {
        if (!(table[i].flags & monomial_distinct)) continue;
        if (is_transcendental(table[i].op) && functions.size() < most_functions) functions.push_back(i);
        const bool is_sum = table[i].op == Op::add || table[i].op == Op::subtract;
        if (is_sum && table[i].size <= largest_sum && sums.size() < most_sums) sums.push_back(i);
    }
    std::vector<std::vector<double>> monomials;
    for (const auto& point : lattice_) monomials.push_back(lattice_values(point, table.columns()));
    const auto add_with = [&](std::size_t m, std::uint32_t function, int power, std::size_t from, std::size_t to) {
        for (std::size_t k = from; k < to; ++k)
            add_sum(table, monomials[m], {.monomial = static_cast<std::uint32_t>(m), .function = function, .s = scales[k], .power = power});
    };
    // 1 + s m and 1 + 1/(s m) differ by a monomial. What is written shortest comes first.
    constexpr std::size_t ones = 2;
    for (const auto& [from, to] : {std::pair{std::size_t{0}, ones}, {ones, scales.size()}})
        for (std::size_t m = 1; m < lattice_.size(); ++m)
            if (lattice_[m].halves.front() > 0) add_with(m, none, 1, from, to);
    for (std::size_t m = 0; m < lattice_.size(); ++m) {
        for (std::size_t f = 0; f < functions.size() && m < (f < main_functions ? before_main : before_other); ++f)
            add_with(m, functions[f], 1, 0, f < main_functions ? 6 : 2);
        for (std::size_t f = 0; f < std::min(main_functions, functions.size()) && m < before_power; ++f)
            for (const int power : {2, -1}) add_with(m, functions[f], power, 0, ones);
        for (std::size_t f = 0; f < sums.size() && m < before_main; ++f) add_with(m, sums[f], 1, 0, ones);
    }
}

void Compounds::build_functions(const ValueTable& table, const Spelling& spelling) {
    constexpr double pi = std::numbers::pi;
    std::vector<double> value(table.rows()), argument(table.rows());
    for (std::size_t m = 1; m < lattice_.size(); ++m) {
        const auto monomial = lattice_values(lattice_[m], table.columns());
        for (const double s : {1.0, 2.0, 0.5, pi, 2 * pi}) {
            for (std::size_t r = 0; r < value.size(); ++r) argument[r] = s * monomial[r];
            for (const Op op : {Op::exp, Op::log, Op::sin, Op::cos, Op::tan, Op::tanh, Op::sinh, Op::cosh, Op::asin, Op::acos, Op::atan}) {
                if (!spelling.has(op)) continue;
                apply_rows(op, argument.data(), nullptr, value.data(), value.size());
                const Compound compound{.monomial = static_cast<std::uint32_t>(m), .function = none, .s = s, .op = op};
                add(table, compound, value);
                if (op != Op::exp) continue;
                for (const double beside : {-1.0, 1.0}) {
                    auto sum = value;
                    for (double& v : sum) v += beside;
                    Compound with = compound;
                    with.beside = beside;
                    add(table, with, sum);
                }
            }
        }
    }
}

Expression Compounds::expression(std::size_t i, const ValueTable& table) const {
    const Compound& b = compounds_[i];
    if (b.op != Op::add)
        return sum_of(Expression::apply(b.op, monomial_of(b.s, lattice_[b.monomial].powers())), Expression::constant(b.beside));
    std::vector<Power> above, below;
    for (const auto& power : lattice_[b.monomial].powers())
        (power.exponent.n > 0 ? above : below).push_back({power.base, {std::abs(power.exponent.n), power.exponent.d}});
    Expression first = monomial_of(1, below), second = monomial_of(1, above);
    if (b.function != none) {
        const Expression f = table.expression(b.function);
        second = b.power < 0 ? quotient_of(second, f) : product_of(second, power_of(f, {b.power, 1}));
    }
    // s = 1/k: k first + second.
    if (std::fabs(b.s) < 1) return sum_of(scaled(std::round(1 / std::fabs(b.s)), first), scaled(b.s > 0 ? 1 : -1, second));
    return sum_of(first, scaled(b.s, second));
}

}  // namespace balmer::enumerate
