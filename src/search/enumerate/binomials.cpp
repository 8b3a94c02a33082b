#include "search/enumerate/binomials.hpp"

#include <algorithm>
#include <array>
#include <cmath>

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

void Binomials::build(const ValueTable& table, std::vector<LatticePoint> lattice) {
    lattice_ = std::move(lattice);
    binomials_.clear();
    functionals_.clear();
    index_ = {};
    const std::size_t rows = table.rows();
    std::vector<std::uint32_t> functions = {none};
    for (std::uint32_t i = 0; i < table.size() && table[i].size <= largest_function && functions.size() <= most_functions; ++i)
        if (is_transcendental(table[i].op) && (table[i].flags & monomial_distinct)) functions.push_back(i);
    std::vector<double> value(rows), logarithm(rows);
    const auto add = [&](std::size_t m, const std::vector<double>& monomial, std::uint32_t function, double s) {
        for (std::size_t r = 0; r < rows; ++r) value[r] = 1 + s * monomial[r] * (function == none ? 1 : table.value(function)[r]);
        if (!all_finite(value)) return;
        const Keys keys = keys_of(table.functionals(), value.data(), logarithm.data());
        if (keys.monomial_key == 0 || !index_.insert(keys.monomial_key, static_cast<std::uint32_t>(binomials_.size()))) return;
        binomials_.push_back({static_cast<std::uint32_t>(m), function, s});
        functionals_.push_back(keys.monomial);
    };
    for (std::size_t m = 0; m < lattice_.size(); ++m) {
        const auto monomial = lattice_values(lattice_[m], table.columns());
        // 1 + s m and 1 + 1/(s m) differ by a monomial.
        if (m > 0 && lattice_[m].halves.front() > 0)
            for (const double s : scales) add(m, monomial, none, s);
        for (std::size_t f = 1; f < functions.size() && m < (f <= main_functions ? before_main : before_other); ++f)
            for (std::size_t k = 0; k < (f <= main_functions ? 6u : 2u); ++k) add(m, monomial, functions[f], scales[k]);
    }
}

Expression Binomials::expression(std::size_t i, const ValueTable& table) const {
    const Binomial& b = binomials_[i];
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
