#pragma once

#include <vector>

#include "balmer/expression.hpp"

namespace balmer::enumerate {

/// sum c_i prod x_j^p_ij as a short formula: common factors outside, terms that are multiples of one another grouped, squares of sums taken out.
/// `powers[i][j]` belongs to variables[j].
Expression polynomial_of(const std::vector<double>& coefficients, const std::vector<std::vector<int>>& powers, const std::vector<std::int32_t>& variables);

}  // namespace balmer::enumerate
