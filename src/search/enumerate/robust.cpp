#include "search/enumerate/robust.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>

namespace balmer::enumerate {
namespace {

// scale^2 (X'WX)^-1, its diagonal's roots; infinite where the columns are not independent.
std::vector<double> standard_errors(std::span<const std::vector<double>> columns, std::span<const double> weight, double scale) {
    const auto rows = static_cast<Eigen::Index>(weight.size());
    const auto count = static_cast<Eigen::Index>(columns.size());
    Eigen::MatrixXd matrix(rows, count);
    for (Eigen::Index j = 0; j < count; ++j)
        for (Eigen::Index i = 0; i < rows; ++i)
            matrix(i, j) = std::sqrt(weight[static_cast<std::size_t>(i)]) * columns[static_cast<std::size_t>(j)][static_cast<std::size_t>(i)];
    const Eigen::VectorXd length = matrix.colwise().norm();
    std::vector<double> errors(columns.size(), std::numeric_limits<double>::infinity());
    if (!(length.minCoeff() > 0) || !matrix.allFinite()) return errors;
    matrix *= length.cwiseInverse().asDiagonal();
    const Eigen::LDLT<Eigen::MatrixXd> gram(matrix.transpose() * matrix);
    if (gram.info() != Eigen::Success || !(gram.rcond() > 1e-14)) return errors;
    const Eigen::VectorXd variance = gram.solve(Eigen::MatrixXd::Identity(count, count)).diagonal();
    for (Eigen::Index j = 0; j < count; ++j) errors[static_cast<std::size_t>(j)] = scale * std::sqrt(variance[j]) / length[j];
    return errors;
}

}  // namespace

std::size_t least_significant(std::span<const std::vector<double>> columns, std::span<const double> weight, std::span<const double> coefficients) {
    const auto rows = static_cast<Eigen::Index>(weight.size());
    const auto count = static_cast<Eigen::Index>(columns.size());
    Eigen::MatrixXd matrix(rows, count);
    Eigen::VectorXd length(count);
    for (Eigen::Index j = 0; j < count; ++j) {
        for (Eigen::Index i = 0; i < rows; ++i)
            matrix(i, j) = std::sqrt(weight[static_cast<std::size_t>(i)]) * columns[static_cast<std::size_t>(j)][static_cast<std::size_t>(i)];
        length[j] = matrix.col(j).norm();
        if (!(length[j] > 0)) return static_cast<std::size_t>(j);
        matrix.col(j) /= length[j];
    }
    const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr(matrix);
    // Columns beyond the numerical rank say nothing new.
    if (qr.rank() < count) return static_cast<std::size_t>(qr.colsPermutation().indices()[count - 1]);
    const Eigen::MatrixXd r = qr.matrixR().topLeftCorner(count, count).triangularView<Eigen::Upper>();
    const Eigen::MatrixXd inverse = r.triangularView<Eigen::Upper>().solve(Eigen::MatrixXd::Identity(count, count));
    std::size_t least = 0;
    double smallest = std::numeric_limits<double>::infinity();
    for (Eigen::Index k = 0; k < count; ++k) {
        const auto j = static_cast<std::size_t>(qr.colsPermutation().indices()[k]);
        const double significance = std::fabs(coefficients[j]) * length[static_cast<Eigen::Index>(j)] / inverse.row(k).norm();
        if (significance < smallest || (significance == smallest && j < least)) {
            smallest = significance;
            least = j;
        }
    }
    return least;
}

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
    for (std::size_t i = 0; i < z.size(); ++i) weights[i] = weight[i] * fit.factor[i];
    fit.error = columns.empty() ? std::vector<double>() : standard_errors(columns, weights, fit.scale);
    return fit;
}

namespace {

// One weighted regression by its normal equations, with the Cauchy factors of its residuals for the next.
class Reweighted {
public:
    explicit Reweighted(std::span<const std::vector<double>> columns)
        : matrix_(static_cast<Eigen::Index>(columns.front().size()), static_cast<Eigen::Index>(columns.size())), factor_(matrix_.rows()) {
        for (Eigen::Index j = 0; j < matrix_.cols(); ++j)
            matrix_.col(j) = Eigen::Map<const Eigen::VectorXd>(columns[static_cast<std::size_t>(j)].data(), matrix_.rows());
        factor_.setOnes();
    }

    bool step(const Eigen::VectorXd& z, const Eigen::VectorXd& weight) {
        const Eigen::VectorXd w = weight.cwiseProduct(factor_);
        const Eigen::MatrixXd weighted = w.asDiagonal() * matrix_;
        gram_.compute(matrix_.transpose() * weighted);
        if (gram_.info() != Eigen::Success || !(gram_.rcond() > 1e-15)) return false;
        coefficients_ = gram_.solve(weighted.transpose() * z);
        linear_ = matrix_ * coefficients_;
        const Eigen::VectorXd residual = weight.cwiseSqrt().cwiseProduct(z - linear_);
        scale_ = 1.4826 * median_size({residual.data(), residual.data() + residual.size()});
        if (!coefficients_.allFinite() || !std::isfinite(scale_)) return false;
        if (scale_ > 0) factor_ = (1 + (residual / (2.385 * scale_)).array().square()).inverse().matrix();
        return true;
    }

    const Eigen::VectorXd& linear() const { return linear_; }
    RobustFit result() const {
        RobustFit fit;
        fit.coefficients.assign(coefficients_.data(), coefficients_.data() + coefficients_.size());
        fit.factor.assign(factor_.data(), factor_.data() + factor_.size());
        fit.scale = scale_;
        const Eigen::VectorXd variance = gram_.solve(Eigen::MatrixXd::Identity(matrix_.cols(), matrix_.cols())).diagonal();
        for (Eigen::Index j = 0; j < variance.size(); ++j) fit.error.push_back(scale_ * std::sqrt(variance[j]));
        return fit;
    }

private:
    Eigen::MatrixXd matrix_;
    Eigen::VectorXd factor_, coefficients_, linear_;
    Eigen::LDLT<Eigen::MatrixXd> gram_;
    double scale_ = 0;
};

}  // namespace

RobustFit power_fit(std::span<const std::vector<double>> columns, std::span<const double> u, std::span<const double> weight,
                    std::span<const double> logarithm, std::span<const double> of_logarithm) {
    constexpr int rounds_of_logarithm = 3, rounds_of_value = 5;
    constexpr double mostly = 0.7;
    RobustFit none;
    none.scale = std::numeric_limits<double>::infinity();
    const auto rows = static_cast<Eigen::Index>(u.size());
    const auto vector = [&](std::span<const double> v) -> Eigen::VectorXd { return Eigen::Map<const Eigen::VectorXd>(v.data(), rows); };
    Reweighted regression(columns);
    const Eigen::VectorXd z = vector(logarithm), w = vector(of_logarithm), given = vector(weight);
    for (int round = 0; round < rounds_of_logarithm; ++round)
        if (!regression.step(z, w)) return none;
    const RobustFit of_logarithms = regression.result();
    Eigen::VectorXd value = vector(u);
    if (std::fabs(value.sum()) < mostly * value.cwiseAbs().sum()) return of_logarithms;
    if (value.sum() < 0) value = -value;
    for (int round = 0; round < rounds_of_value; ++round) {
        const Eigen::ArrayXd mean = regression.linear().array().exp();
        // A step of the logarithm of more than a factor e would overshoot.
        const Eigen::VectorXd working = regression.linear().array() + ((value.array() - mean) / mean).max(-1.0).min(1.0);
        const Eigen::VectorXd of_value = given.array() * mean.square();
        if (!working.allFinite() || !of_value.allFinite() || !regression.step(working, of_value)) return of_logarithms;
    }
    return regression.result();
}

}  // namespace balmer::enumerate
