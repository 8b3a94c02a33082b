#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "balmer/search.hpp"

namespace balmer {

/// Rows that a smooth function of the features, fitted robustly to all rows, does not vouch for: a few that lie grossly
/// off, and with them all that lie off. Empty when none lies grossly off, or too many do: heavy tails, or no smooth
/// function fits. Where a law is sought such rows are best set apart, and the law then says which of them are wrong:
/// corners that no polynomial follows are among them. One target, no stated uncertainties.
std::vector<std::size_t> rows_apart(const Problem& problem);

/// The problem on all other rows; `rows` in rising order.
Problem without_rows(const Problem& problem, std::span<const std::size_t> rows);

/// Rows beyond eight robust standard deviations, none when they are more than one in fifty (and two). `size`: of the largest target.
std::vector<std::size_t> rows_far_off(std::span<const double> residual, double size);

/// Such rows of any output, for the formulas of a candidate.
std::vector<std::size_t> wrong_rows(const Problem& problem, std::span<const Expression> outputs);

/// Rows, in rising order, that stand in one of two such lists.
std::vector<std::size_t> either(std::span<const std::size_t> a, std::span<const std::size_t> b);

/// Whether these rows, few among those of `data`, are neighbours of each other in some feature or in what is predicted
/// more often than chance has it: then they are no errors of single rows but something that the formula does not know.
bool lie_together(const Dataset& data, std::span<const std::size_t> rows, std::span<const double> prediction);

}  // namespace balmer
