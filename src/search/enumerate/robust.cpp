#include "search/enumerate/robust.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>

namespace balmer::enumerate {
namespace {

double median_size(std::vector<double> values) {
    for (double& v : values) v = std::fabs(v);
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

}  // namespace

std::vector<double> linear_fit(std::span<const std::vector<double>> columns, std::span<const double> z, std::span<const double> weight) {
    if (columns.empty()) return {};
    const auto rows = static_cast<Eigen::Index>(z.size());
    const auto count = static_cast<Eigen::Index>(columns.size());
    Eigen::MatrixXd matrix(rows, count);
    Eigen::VectorXd right(rows), length(count);
    for (Eigen::Index i = 0; i < rows; ++i) {
        const double root = weight.empty() ? 1.0 : std::sqrt(weight[static_cast<std::size_t>(i)]);
        for (Eigen::Index j = 0; j < count; ++j)
            matrix(i, j) = root * columns[static_cast<std::size_t>(j)][static_cast<std::size_t>(i)];
        right[i] = root * z[static_cast<std::size_t>(i)];
    }
    for (Eigen::Index j = 0; j < count; ++j) {
        length[j] = matrix.col(j).norm();
        if (length[j] > 0) matrix.col(j) /= length[j];
    }
    const Eigen::VectorXd solution = matrix.colPivHouseholderQr().solve(right);
    std::vector<double> result(columns.size());
    for (Eigen::Index j = 0; j < count; ++j) result[static_cast<std::size_t>(j)] = length[j] > 0 ? solution[j] / length[j] : 0;
    return result;
}

RobustFit robust_linear_fit(std::span<const std::vector<double>> columns, std::span<const double> z, std::span<const double> weight) {
    RobustFit fit;
    fit.factor.assign(z.size(), 1.0);
    fit.scale = std::numeric_limits<double>::infinity();
    std::vector<double> residual(z.size()), weights(z.size());
    for (int iteration = 0; iteration < 6; ++iteration) {
        for (std::size_t i = 0; i < z.size(); ++i) weights[i] = weight[i] * fit.factor[i];
        fit.coefficients = linear_fit(columns, z, weights);
        for (std::size_t i = 0; i < z.size(); ++i) {
            double f = 0;
            for (std::size_t j = 0; j < columns.size(); ++j) f += fit.coefficients[j] * columns[j][i];
            residual[i] = std::sqrt(weight[i]) * (z[i] - f);
        }
        fit.scale = 1.4826 * median_size(residual);
        if (!(fit.scale > 0)) break;
        for (std::size_t i = 0; i < z.size(); ++i) {
            const double r = residual[i] / (2.385 * fit.scale);
            fit.factor[i] = 1 / (1 + r * r);
        }
    }
    if (!std::isfinite(fit.scale)) fit.scale = std::numeric_limits<double>::infinity();
    return fit;
}

}  // namespace balmer::enumerate
