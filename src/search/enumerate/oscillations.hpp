#pragma once

#include <cstdint>
#include <vector>

#include "search/enumerate/judge.hpp"
#include "search/enumerate/sample.hpp"

namespace balmer::enumerate {

/// Waves of any frequency: y = A (a + b cos(w m) + c sin(w m)) with monomials A and m, found by a periodogram over m (N. R. Lomb, 1976, with a
/// free mean): frequency, phase and amplitudes are arbitrary constants, so no table of values can hold them. Offers the fitted wave, and
/// its shorter writings as sine, cosine or their square where they fit.
void ask_oscillations(const Sample& sample, const std::vector<std::int32_t>& variables, Judge& judge);

}  // namespace balmer::enumerate
