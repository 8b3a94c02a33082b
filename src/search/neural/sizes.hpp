#pragma once

#include <span>
#include <utility>
#include <vector>

#include "balmer/complexity.hpp"
#include "search/neural/layout.hpp"
#include "search/neural/node_functions.hpp"

namespace balmer::neural {

/// What the pieces of a formula add to its complexity, found by weighing small formulas.
struct PieceCosts {
    PieceCosts(const ComplexityMeasure& measure, const Palette& palette);

    double variable = 1, constant = 1;
    double coefficient = 2;              ///< c* before a term; 1 is not written
    double first_sum = 1, next_sum = 1;  ///< of a second summand, and of every further one
    /// Of an operator, operands apart; of a product with a coefficient before it.
    double of(NodeOperator op) const;

private:
    std::vector<std::pair<NodeOperator, double>> operators_;
};

/// Complexity of the formulas that a network unrolls to, by an estimate: linear maps are sums of coefficient times
/// term, a binary node that became a sum costs nothing.
struct Sizes {
    std::vector<std::vector<double>> of_input;  ///< by matrix: what each of its inputs writes
    std::vector<std::vector<double>> of_row;    ///< by matrix: how often each row stands in the outputs
    std::vector<std::vector<int>> summands;     ///< by matrix: of each row, its constant among them
    double total = 0;                           ///< of all outputs
    const PieceCosts* costs = nullptr;

    /// What the entry of input i and row j of matrix m writes in all outputs; i == inputs is the row's constant.
    double of_entry(std::size_t m, std::size_t i, std::size_t j, double weight) const {
        const double once =
            i == of_input[m].size() ? costs->constant : of_input[m][i] + (weight == 1 ? 0 : costs->coefficient);
        const int count = summands[m][j];
        return of_row[m][j] * (once + (count > 2 ? costs->next_sum : count == 2 ? costs->first_sum : 0));
    }
};
Sizes sizes_of(const Layout& layout, std::span<const float> parameters, const PieceCosts& costs);

}  // namespace balmer::neural
