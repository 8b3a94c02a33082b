#pragma once

#include <vector>

#include "search/enumerate/sample.hpp"
#include "search/enumerate/spelling.hpp"

namespace balmer::enumerate {

/// Variables that enter the target as x^p alone, noise or not: y = prod x_j^p_j * g(all others). Regression of the target with a logarithmic link
/// on 1, log|x_j| and the products of two of these; as the inputs vary independently, what g really is does not move the exponents. A variable
/// is one when its exponent is a half of a whole number other than 0 within its error (sandwich; P. J. Huber, 1967) and no product with its
/// logarithm counts. A target of both signs goes by its square. At least one variable is left to g. Empty: none.
std::vector<Power> power_factors(const Sample& sample, const std::vector<std::int32_t>& variables);

}  // namespace balmer::enumerate
