#pragma once

#include <span>
#include <vector>

#include "search/neural/layout.hpp"

namespace balmer::neural {

/// Nodes of the formulas that a network unrolls to, by an estimate: a term c*x costs 2 + x, a constant 1, an operator 1, a binary node that became a
/// sum nothing. A coefficient of 1 is not written.
struct Sizes {
    std::vector<std::vector<double>> of_input;  ///< by matrix: what each of its inputs writes
    std::vector<std::vector<double>> of_row;    ///< by matrix: how often each row stands in the outputs
    double total = 0;                           ///< of all outputs

    /// What the entry of input i and row j of matrix m writes in all outputs; i == inputs is the row's constant.
    double of_entry(std::size_t m, std::size_t i, std::size_t j, double weight) const {
        const double once = i == of_input[m].size() ? 1 : of_input[m][i] + (weight == 1 ? 0 : coefficient);
        return of_row[m][j] * once;
    }
    static constexpr double coefficient = 2;
};
Sizes sizes_of(const Layout& layout, std::span<const float> parameters);

}  // namespace balmer::neural
