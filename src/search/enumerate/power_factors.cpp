#include "search/enumerate/power_factors.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "search/enumerate/transforms.hpp"

namespace balmer::enumerate {
namespace {

constexpr double exponent_deviations = 3;     // standard errors within which an exponent is rational and a product of logarithms idle
constexpr double largest_error = 0.1;  // of an exponent, beyond which any is near a half
constexpr double mostly = 0.5;       // share of the sizes that the sum must reach for the target to have a sign
constexpr int iterations = 25;

struct LogLink {
    Eigen::VectorXd coefficients, error;
    bool ok = false;
};

// Maximum of the Poisson quasi-likelihood: consistent for the mean whatever the noise is.
LogLink fit_log_link(const Eigen::MatrixXd& x, const Eigen::VectorXd& y) {
    LogLink fit;
    const Eigen::Index rows = x.rows();
    fit.coefficients = Eigen::VectorXd::Zero(x.cols());
    fit.coefficients[0] = std::log(y.mean());
    Eigen::VectorXd mean(rows);
    Eigen::LDLT<Eigen::MatrixXd> information;
    for (int i = 0; i < iterations; ++i) {
        mean = (x * fit.coefficients).array().min(700.0).exp().matrix();
        information.compute(x.transpose() * mean.asDiagonal() * x);
        if (information.info() != Eigen::Success || !(information.rcond() > 1e-12)) return fit;
        Eigen::VectorXd step = information.solve(x.transpose() * (y - mean));
        if (!step.allFinite()) return fit;
        const double largest = (x * step).cwiseAbs().maxCoeff();
        if (largest > 1) step /= largest;
        fit.coefficients += step;
        fit.ok = largest < 1e-6;
        if (fit.ok) break;
    }
    const Eigen::MatrixXd scores = (y - mean).asDiagonal() * x;
    const Eigen::MatrixXd inverse = information.solve(Eigen::MatrixXd::Identity(x.cols(), x.cols()));
    fit.error = (inverse * (scores.transpose() * scores) * inverse).diagonal().cwiseMax(0.0).cwiseSqrt();
    return fit;
}

}  // namespace

std::vector<Power> power_factors(const Sample& sample, const std::vector<std::int32_t>& variables) {
    std::vector<std::int32_t> positive;
    for (const auto v : variables)
        if (std::ranges::all_of(sample.columns[static_cast<std::size_t>(v)], [](double x) { return x > 0; })) positive.push_back(v);
    const auto rows = static_cast<Eigen::Index>(sample.size()), count = static_cast<Eigen::Index>(positive.size());
    const Eigen::Index columns = 1 + count + count * (count + 1) / 2;
    if (positive.empty() || variables.size() < 2 || rows < 5 * columns) return {};
    Eigen::MatrixXd x(rows, columns);
    x.col(0).setOnes();
    std::vector<std::pair<Eigen::Index, Eigen::Index>> pairs;
    for (Eigen::Index j = 0; j < count; ++j) {
        for (Eigen::Index i = 0; i < rows; ++i) x(i, 1 + j) = std::log(sample.columns[static_cast<std::size_t>(positive[static_cast<std::size_t>(j)])][static_cast<std::size_t>(i)]);
        x.col(1 + j).array() -= x.col(1 + j).mean();
        if (!(x.col(1 + j).squaredNorm() > 0)) return {};
        for (Eigen::Index k = 0; k <= j; ++k) pairs.emplace_back(k, j);
    }
    for (std::size_t p = 0; p < pairs.size(); ++p) {
        auto column = x.col(1 + count + static_cast<Eigen::Index>(p));
        column = x.col(1 + pairs[p].first).cwiseProduct(x.col(1 + pairs[p].second));
        column.array() -= column.mean();
    }
    Eigen::VectorXd y = Eigen::Map<const Eigen::VectorXd>(sample.target.data(), rows);
    const double size = y.cwiseAbs().mean();
    if (!(size > 0) || !std::isfinite(size)) return {};
    y /= size;
    const bool squared = std::fabs(y.mean()) < mostly;
    if (squared) y = y.cwiseAbs2();
    else if (y.mean() < 0) y = -y;
    const LogLink fit = fit_log_link(x, y);
    if (!fit.ok || !fit.error.allFinite()) return {};
    const double scale = squared ? 0.5 : 1;
    std::vector<Power> factors;
    for (Eigen::Index j = 0; j < count; ++j) {
        const double p = scale * fit.coefficients[1 + j], error = scale * fit.error[1 + j];
        const double halves = std::round(2 * p);
        if (halves == 0 || error > largest_error || std::fabs(p - halves / 2) > std::max(exponent_deviations * error, 0.01)) continue;
        bool alone = true;
        for (std::size_t k = 0; k < pairs.size(); ++k) {
            const Eigen::Index at = 1 + count + static_cast<Eigen::Index>(k);
            if (pairs[k].first == j || pairs[k].second == j) alone = alone && std::fabs(fit.coefficients[at]) < std::max(exponent_deviations * fit.error[at], 0.02);
        }
        if (!alone) continue;
        const int n = static_cast<int>(halves);
        factors.push_back({Expression::feature(positive[static_cast<std::size_t>(j)]), n % 2 == 0 ? Fraction{n / 2, 1} : Fraction{n, 2}});
    }
    if (factors.size() + 1 > variables.size()) return {};
    return factors;
}

}  // namespace balmer::enumerate
