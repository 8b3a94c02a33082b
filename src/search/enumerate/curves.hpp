#pragma once

#include <cstdint>
#include <vector>

#include "search/enumerate/judge.hpp"

namespace balmer::enumerate {

/// Curves of one variable with several arbitrary constants inside, which neither a table of values nor a grid of one constant holds: with basic curves
/// g, h among x^a, exp(a x), log(x + a), sin(a x + b), tanh(a x + b) and exp(-(a x + b)^2), the sums A g + B h + C, products A g h + C, quotients
/// A g / (h + B) + C and functions sqrt(A g + B), exp(A g + B). Each is fitted on the listed rows (about a hundred) from several starts, linear constants projected
/// out; the best are offered with all rows, with and without C.
void ask_curves(const std::vector<std::size_t>& rows, std::int32_t variable, Judge& judge);

}  // namespace balmer::enumerate
