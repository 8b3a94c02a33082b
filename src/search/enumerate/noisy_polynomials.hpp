#pragma once

#include <cstdint>
#include <vector>

#include "search/enumerate/judge.hpp"
#include "search/enumerate/sample.hpp"

namespace balmer::enumerate {

/// Sparse polynomials under noise: y, y^2 or 1/y as few terms of low degree. Starts from all terms, fitted robustly, and leaves out the least
/// needed one after another (terms that cancel, as energies and momenta in a mass, are worth nothing alone, so adding terms one by one
/// would not find them); every size that pays for its terms is offered.
void ask_noisy_polynomials(const Sample& sample, const std::vector<std::int32_t>& variables, Judge& judge);

}  // namespace balmer::enumerate
