#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace balmer::fitting {

/// Replaces the lower triangle of a symmetric n x n row-major matrix by its Cholesky factor L. False when a pivot is not above
/// `smallest` (not positive definite, or NaN).
bool factor_cholesky(std::span<double> matrix, std::size_t n, double smallest);
/// Solves L L' x = b in place, L as `factor_cholesky` leaves it.
void solve_cholesky(std::span<const double> factor, std::size_t n, std::span<double> b);

/// Eigenvalues and eigenvectors (row k of `vectors` belongs to values[k]) of a symmetric n x n matrix by Jacobi rotations: small
/// eigenvalues of a matrix scaled to unit diagonal keep their relative accuracy (J. Demmel, K. Veselic, 1992).
struct Eigen {
    std::vector<double> values;
    std::vector<double> vectors;
};
Eigen symmetric_eigen(std::vector<double> matrix, std::size_t n);

/// Inverse of a positive semi-definite curvature matrix over the rows listed in `active`, as n x n with zero rows elsewhere.
/// Directions without curvature (relative to a unit diagonal) give infinite variance to every parameter that they move.
std::vector<double> inverse_curvature(std::span<const double> matrix, std::size_t n, const std::vector<std::size_t>& active);

}  // namespace balmer::fitting
