#include "fitting/normal_equations.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace balmer::fitting {

bool factor_cholesky(std::span<double> matrix, std::size_t n, double smallest) {
    for (std::size_t i = 0; i < n; ++i) {
        double* const row = matrix.data() + i * n;
        double pivot = row[i];
        for (std::size_t j = 0; j < i; ++j) {
            const double* const other = matrix.data() + j * n;
            double dot = row[j];
            for (std::size_t k = 0; k < j; ++k) dot -= row[k] * other[k];
            row[j] = dot / other[j];
            pivot -= row[j] * row[j];
        }
        if (!(pivot > smallest)) return false;
        row[i] = std::sqrt(pivot);
    }
    return true;
}

void solve_cholesky(std::span<const double> factor, std::size_t n, std::span<double> b) {
    for (std::size_t i = 0; i < n; ++i) {
        double value = b[i];
        for (std::size_t k = 0; k < i; ++k) value -= factor[i * n + k] * b[k];
        b[i] = value / factor[i * n + i];
    }
    for (std::size_t i = n; i-- > 0;) {
        b[i] /= factor[i * n + i];
        for (std::size_t k = 0; k < i; ++k) b[k] -= factor[i * n + k] * b[i];
    }
}

Eigen symmetric_eigen(std::vector<double> a, std::size_t n) {
    Eigen result{std::vector<double>(n), std::vector<double>(n * n, 0.0)};
    std::vector<double>& v = result.vectors;
    for (std::size_t i = 0; i < n; ++i) v[i * n + i] = 1;
    for (int sweep = 0; sweep < 60; ++sweep) {
        bool rotated = false;
        for (std::size_t p = 0; p < n; ++p)
            for (std::size_t q = p + 1; q < n; ++q) {
                const double off = a[p * n + q];
                if (!(std::fabs(off) > 1e-17 * std::sqrt(std::fabs(a[p * n + p] * a[q * n + q])))) continue;
                rotated = true;
                const double theta = (a[q * n + q] - a[p * n + p]) / (2 * off);
                const double t = std::copysign(1.0, theta) / (std::fabs(theta) + std::hypot(theta, 1.0));
                const double c = 1 / std::hypot(t, 1.0), s = t * c;
                for (std::size_t k = 0; k < n; ++k) {
                    const double x = a[k * n + p], y = a[k * n + q];
                    a[k * n + p] = c * x - s * y;
                    a[k * n + q] = s * x + c * y;
                }
                for (std::size_t k = 0; k < n; ++k) {
                    const double x = a[p * n + k], y = a[q * n + k];
                    a[p * n + k] = c * x - s * y;
                    a[q * n + k] = s * x + c * y;
                    const double u = v[p * n + k], w = v[q * n + k];
                    v[p * n + k] = c * u - s * w;
                    v[q * n + k] = s * u + c * w;
                }
                a[p * n + q] = a[q * n + p] = 0;
            }
        if (!rotated) break;
    }
    for (std::size_t i = 0; i < n; ++i) result.values[i] = a[i * n + i];
    return result;
}

std::vector<double> inverse_curvature(std::span<const double> matrix, std::size_t n, const std::vector<std::size_t>& active) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    std::vector<double> result(n * n, 0.0);
    std::vector<std::size_t> seen;  // parameters that move anything
    for (const auto i : active) {
        if (matrix[i * n + i] > 0) seen.push_back(i);
        else result[i * n + i] = infinity;
    }
    const std::size_t m = seen.size();
    std::vector<double> scaled(m * m), scale(m);
    for (std::size_t i = 0; i < m; ++i) scale[i] = 1 / std::sqrt(matrix[seen[i] * n + seen[i]]);
    for (std::size_t i = 0; i < m; ++i)
        for (std::size_t j = 0; j < m; ++j) scaled[i * m + j] = scale[i] * matrix[seen[i] * n + seen[j]] * scale[j];
    const Eigen eigen = symmetric_eigen(scaled, m);
    const double threshold = 1e-14 * static_cast<double>(std::max<std::size_t>(m, 1));
    std::vector<bool> lost(m, false);
    for (std::size_t k = 0; k < m; ++k) {
        if (eigen.values[k] > threshold) continue;
        for (std::size_t i = 0; i < m; ++i)
            if (std::fabs(eigen.vectors[k * m + i]) > 1e-5) lost[i] = true;
    }
    for (std::size_t i = 0; i < m; ++i)
        for (std::size_t j = 0; j < m; ++j) {
            double value = 0;
            for (std::size_t k = 0; k < m; ++k)
                if (eigen.values[k] > threshold) value += eigen.vectors[k * m + i] * eigen.vectors[k * m + j] / eigen.values[k];
            const bool infinite = i == j && lost[i];
            result[seen[i] * n + seen[j]] = infinite ? infinity : value * scale[i] * scale[j];
        }
    return result;
}

}  // namespace balmer::fitting
