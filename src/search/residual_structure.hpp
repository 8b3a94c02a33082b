#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "balmer/dataset.hpp"

namespace balmer {

/// Whether something is left to explain in what a formula leaves of the target: three ways to ask, each as a number of standard deviations
/// above what noise without structure gives.
struct ResidualStructure {
    double smooth = 0;      ///< share explained by a polynomial in the ranks of the features and of the prediction
    double neighbours = 0;  ///< products of residuals of rows next to each other in all features, or of residuals or their shares of the prediction in two of them
    double runs = 0;        ///< products of residuals of rows that follow each other in one feature or in the prediction, the largest of these
    std::size_t rows = 0;   ///< rows that were asked

    double largest() const;
};

/// `residual` and `prediction` belong to the rows of `data`; at most 1,500 of them, evenly spread, are asked. Residuals are taken by their
/// ranks, so that neither heavy tails nor wrong rows decide. Fewer than 12 rows have no structure that could be told.
ResidualStructure residual_structure(const Dataset& data, std::span<const double> residual, std::span<const double> prediction);

/// A column's ranks scaled to [-1, 1], ties by their mean.
std::vector<double> scaled_ranks(std::span<const double> values);
/// For every row the one nearest to it in these columns, itself excluded; ties by the lower row.
std::vector<std::size_t> nearest_rows(const std::vector<std::vector<double>>& columns);

}  // namespace balmer
