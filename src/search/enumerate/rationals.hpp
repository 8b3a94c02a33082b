#pragma once

#include <cstdint>
#include <vector>

#include "search/enumerate/judge.hpp"
#include "search/enumerate/sample.hpp"

namespace balmer::enumerate {

/// Whether only quotients that leave nothing are of interest.
enum class Fits : std::uint8_t { exactly, under_noise };

/// Quotients of sparse polynomials: y or y^2 as P(x)/Q(x), which no table of values holds where constants are arbitrary (resonances,
/// saturation curves). Degree by degree all terms of P and Q are fitted at once, P - y Q with weights 1/Q^2 from the fit before (C. K.
/// Sanathanan and J. Koerner, 1963), robustly; then the least needed term is left out again and again. Every size that pays for its terms is
/// offered, also with the whole part taken out and with completed squares.
void ask_rationals(const Sample& sample, const std::vector<std::int32_t>& variables, Judge& judge, Fits fits);

}  // namespace balmer::enumerate
