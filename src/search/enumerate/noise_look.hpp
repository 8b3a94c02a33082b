#pragma once

#include <cstdint>
#include <vector>

#include "search/enumerate/sample.hpp"

namespace balmer::enumerate {

/// What polynomials of growing degree say of the target or its logarithm.
enum class NoiseLook : std::uint8_t {
    noisy,      ///< the residual variance by degrees of freedom no longer falls: a smooth function and noise
    none_seen,  ///< it is small and still falls by half a degree
    unknown     ///< too few rows, or no smooth fit
};

/// Decides whether questions for noisy data come before the exact ones (noisy), after all but the largest (unknown), or last (none_seen).
NoiseLook look_for_noise(const Sample& sample, const std::vector<std::int32_t>& variables);

}  // namespace balmer::enumerate
