#pragma once

#include <span>
#include <vector>

#include "search/median.hpp"

namespace balmer::enumerate {

/// A linear fit that a few wrong rows do not move.
struct RobustFit {
    std::vector<double> coefficients;
    std::vector<double> error;   ///< standard errors of the coefficients
    std::vector<double> factor;  ///< per row: 1 for good rows, towards 0 for wrong ones
    double scale = 0;            ///< robust standard deviation of the weighted residuals (1.48 times the median of their sizes)
};

/// Minimises a redescending loss of sqrt(weight) (z - sum_j c_j column_j) by iterated reweighting (Cauchy weights at 2.385 standard
/// deviations; P. W. Holland and R. E. Welsch, 1977). Infinite scale when the columns are not finite.
RobustFit robust_linear_fit(std::span<const std::vector<double>> columns, std::span<const double> z, std::span<const double> weight);

/// The column whose loss raises the weighted squares least: the smallest coefficient by its standard error, or one that says nothing new.
std::size_t least_significant(std::span<const std::vector<double>> columns, std::span<const double> weight, std::span<const double> coefficients);

/// u = exp(sum_j c_j column_j), up to the sign that most of u has: robust regression of log|u| (`logarithm`, weights `of_logarithm`), then
/// least squares of u itself with weights `weight`, iterated (rows whose value the noise covers have biased logarithms). u of both signs
/// stays with its logarithms. One linear solution an iteration.
RobustFit power_fit(std::span<const std::vector<double>> columns, std::span<const double> u, std::span<const double> weight,
                    std::span<const double> logarithm, std::span<const double> of_logarithm);

/// Least squares: coefficients of the columns, by a rank-revealing factorisation.
std::vector<double> linear_fit(std::span<const std::vector<double>> columns, std::span<const double> z, std::span<const double> weight);

}  // namespace balmer::enumerate
