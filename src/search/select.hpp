#pragma once

#include <vector>

#include "balmer/search.hpp"

namespace balmer {

/// Bits to write a formula, and to write the targets once it is known.
struct DescriptionLength {
    double formula = 0, data = 0;
    double total() const { return formula + data; }
};

/// Of every member of the front, in its order. Only differences of the data's bits mean something: their unit of length is free.
/// * Formula: every node among the operators and columns at hand; numbers that say themselves exactly (2, 1/2, pi) by the length of
///   their writing, the others to the precision that the rows give them: the better the fit, the more digits a number takes.
/// * Data: minus the log-likelihood, for losses of residuals that of a normal distribution of fitted width, in which up to one row in
///   twenty may be wrong by anything (so that a few wrong rows do not choose the formula).
std::vector<DescriptionLength> description_lengths(const ParetoFront& front, const Problem& problem);

}  // namespace balmer
