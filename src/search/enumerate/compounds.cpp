#include "search/enumerate/compounds.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "search/enumerate/enumeration.hpp"
#include "search/enumerate/kernels.hpp"

namespace balmer::enumerate {
namespace {

constexpr std::size_t most_functions = 800, main_functions = 32;
constexpr int largest_function = 5;  // nodes
// Monomials before the main functions and before the others; the first of the lattice.
constexpr std::size_t before_main = 150, before_other = 12;
constexpr std::array scales = {1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 4.0, -4.0, 0.25, -0.25, 3.0, -3.0, 1 / 3.0, -1 / 3.0};

}  // namespace

void Compounds::build(const ValueTable& table, std::vector<LatticePoint> lattice, const Spelling& spelling) {
    lattice_ = std::move(lattice);
    compounds_.clear();
    functionals_.clear();
    index_ = {};
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
}

void Compounds::build_sums(const ValueTable& table) {
    std::vector<std::uint32_t> functions = {none};
    for (std::uint32_t i = 0; i < table.size() && table[i].size <= largest_function && functions.size() <= most_functions; ++i)
        if (is_transcendental(table[i].op) && (table[i].flags & monomial_distinct)) functions.push_back(i);
    std::vector<double> value(table.rows());
    const auto add_sum = [&](std::size_t m, const std::vector<double>& monomial, std::uint32_t function, double s) {
        for (std::size_t r = 0; r < value.size(); ++r) value[r] = 1 + s * monomial[r] * (function == none ? 1 : table.value(function)[r]);
        add(table, {.monomial = static_cast<std::uint32_t>(m), .function = function, .s = s}, value);
    };
    for (std::size_t m = 0; m < lattice_.size(); ++m) {
        const auto monomial = lattice_values(lattice_[m], table.columns());
        // 1 + s m and 1 + 1/(s m) differ by a monomial.
        if (m > 0 && lattice_[m].halves.front() > 0)
            for (const double s : scales) add_sum(m, monomial, none, s);
        for (std::size_t f = 1; f < functions.size() && m < (f <= main_functions ? before_main : before_other); ++f)
            for (std::size_t k = 0; k < (f <= main_functions ? 6u : 2u); ++k) add_sum(m, monomial, functions[f], scales[k]);
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
    if (b.function != none) second = product_of(second, table.expression(b.function));
    // s = 1/k: k first + second.
    if (std::fabs(b.s) < 1) return sum_of(scaled(std::round(1 / std::fabs(b.s)), first), scaled(b.s > 0 ? 1 : -1, second));
    return sum_of(first, scaled(b.s, second));
}

}  // namespace balmer::enumerate
