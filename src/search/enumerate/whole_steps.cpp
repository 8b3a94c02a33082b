#include "search/enumerate/whole_steps.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace balmer::enumerate {

WholeSteps fit_whole_steps(const Eigen::MatrixXd& gram, const Eigen::VectorXd& right, double square, double step, Eigen::Index nonzero) {
    constexpr double largest = 8;
    const Eigen::LLT<Eigen::MatrixXd> factor(gram);
    if (factor.info() != Eigen::Success) return {.coefficients = {}, .left = std::numeric_limits<double>::infinity()};
    const Eigen::MatrixXd r = factor.matrixU();
    const Eigen::VectorXd y = factor.matrixL().solve(right);
    const Eigen::Index count = y.size();
    WholeSteps fit{.coefficients = Eigen::VectorXd(count), .left = square - y.squaredNorm()};
    auto& c = fit.coefficients;
    for (Eigen::Index k = count - 1; k >= 0; --k) {
        const Eigen::Index later = count - 1 - k;
        const double free = (y[k] - r.row(k).tail(later).dot(c.tail(later))) / r(k, k);
        c[k] = k == 0 ? free : step * std::round(std::clamp(free, -largest, largest) / step);
        if (k > 0 && k >= count - nonzero && c[k] == 0) c[k] = free < 0 ? -step : step;
        fit.left += r(k, k) * r(k, k) * (free - c[k]) * (free - c[k]);
    }
    if (std::isnan(fit.left)) fit.left = std::numeric_limits<double>::infinity();
    return fit;
}

}  // namespace balmer::enumerate
