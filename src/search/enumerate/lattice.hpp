#pragma once

#include <cstdint>
#include <vector>

#include "search/enumerate/spelling.hpp"

namespace balmer::enumerate {

/// prod x_j^(halves_j / 2) over some variables.
struct LatticePoint {
    std::vector<std::int32_t> variables;
    std::vector<int> halves;  ///< twice the exponent, never 0

    int total() const;  ///< sum |halves|
    std::vector<Power> powers() const;
};

/// Monomials with at most `maximum_variables` of the variables and exponents of at most 2, simplest first, the constant 1 at the front.
/// `half_powers[i]`: whether variable i may have exponents 1/2 and 3/2 (nowhere negative). At most `count`, total exponent at most `total`.
std::vector<LatticePoint> monomial_lattice(const std::vector<std::int32_t>& variables, const std::vector<bool>& half_powers,
                                           std::size_t maximum_variables, int total, std::size_t count);

/// x_i^p x_j^-q and x_i^p with p or q 3 or 4, which the lattice leaves out.
std::vector<LatticePoint> high_powers(const std::vector<std::int32_t>& variables);
/// Values of the monomial; column[v] holds variable v.
std::vector<double> lattice_values(const LatticePoint& point, const std::vector<std::vector<double>>& columns);

}  // namespace balmer::enumerate
