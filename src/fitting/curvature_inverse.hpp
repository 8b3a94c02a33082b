#pragma once

#include <vector>

#include "balmer/fitting.hpp"

namespace balmer::fitting {

/// Total loss and the inverse of its curvature by the free parameters (p x p, zero rows for fixed ones, infinite diagonal where the
/// data does not determine a parameter).
struct CurvatureInverse {
    double value = 0;
    std::vector<double> inverse;
};
CurvatureInverse curvature_inverse(const Program& program, std::span<const double> values, const Columns<double>& columns,
                                   const BoundLoss& loss, const std::vector<bool>& fixed);

/// Indices of the parameters that are not fixed.
std::vector<std::size_t> free_indices(std::size_t parameters, const std::vector<bool>& fixed);

}  // namespace balmer::fitting
