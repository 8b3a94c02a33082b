#include <algorithm>
#include <cmath>
#include <limits>

#include "balmer/error.hpp"
#include "balmer/fitting.hpp"
#include "fitting/curvature_inverse.hpp"
#include "fitting/normal_equations.hpp"

namespace balmer {
namespace fitting {
namespace {

// The loss with the product of its first derivatives in place of its second ones: sums to B = sum_i s_i s_i', s_i = d loss_i / d p.
class ScoreProducts : public RowLoss {
public:
    explicit ScoreProducts(const RowLoss& loss) : loss_(loss) {}
    double tile(std::size_t row, std::size_t count, std::span<const double* const> prediction, std::span<double* const> first,
                std::span<double* const> second) const override {
        const double value = loss_.tile(row, count, prediction, first, second);
        const std::size_t outputs = first.size();
        for (std::size_t k = 0; k < outputs; ++k)
            for (std::size_t l = 0; l < outputs; ++l)
                for (std::size_t i = 0; i < count; ++i) second[k * outputs + l][i] = first[k][i] * first[l][i];
        return value;
    }

private:
    const RowLoss& loss_;
};

std::vector<double> product(const std::vector<double>& a, const std::vector<double>& b, std::size_t n) {
    std::vector<double> result(n * n, 0.0);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t k = 0; k < n; ++k)
            if (const double factor = a[i * n + k]; factor != 0)
                for (std::size_t j = 0; j < n; ++j) result[i * n + j] += factor * b[k * n + j];
    return result;
}

// A^-1 B A^-1 with the infinite variances of A^-1 kept.
std::vector<double> sandwich(std::vector<double> inverse, const std::vector<double>& scores, std::size_t n) {
    std::vector<bool> lost(n);
    for (std::size_t i = 0; i < n; ++i) {
        lost[i] = std::isinf(inverse[i * n + i]);
        if (!lost[i]) continue;
        for (std::size_t j = 0; j < n; ++j) inverse[i * n + j] = inverse[j * n + i] = 0;
    }
    std::vector<double> result = product(product(inverse, scores, n), inverse, n);
    for (std::size_t i = 0; i < n; ++i)
        if (lost[i]) result[i * n + i] = std::numeric_limits<double>::infinity();
    return result;
}

}  // namespace

std::vector<std::size_t> free_indices(std::size_t parameters, const std::vector<bool>& fixed) {
    std::vector<std::size_t> result;
    for (std::size_t i = 0; i < parameters; ++i)
        if (i >= fixed.size() || !fixed[i]) result.push_back(i);
    return result;
}

CurvatureInverse curvature_inverse(const Program& program, std::span<const double> values, const Columns<double>& columns,
                                   const BoundLoss& loss, const std::vector<bool>& fixed) {
    Curvature at;
    if (loss.is_least_squares()) {
        at = squared_error_curvature(program, values, columns, loss.target(), loss.squared_weights());
    } else if (loss.smoothed(1, Bend::exact)) {
        // The curvature of a kink is the density of residuals at it, here with a kernel of width n^(-1/3) mean losses.
        const double total = loss_value(program, values, columns, loss, std::numeric_limits<double>::infinity());
        const double width = total / loss.total_weight() * std::pow(static_cast<double>(loss.rows()), -1.0 / 3);
        const auto smooth = loss.smoothed(width > 0 ? width : std::numeric_limits<double>::min(), Bend::exact);
        at = loss_curvature(program, values, columns, *smooth);
    } else {
        at = loss_curvature(program, values, columns, loss.newton());
    }
    if (!at.finite) throw Error("standard errors need finite predictions, but the formula is not finite on some row of the data");
    return {at.value, inverse_curvature(at.hessian, values.size(), free_indices(values.size(), fixed))};
}

}  // namespace fitting

std::vector<double> covariance(const Program& program, std::span<const double> values, const Columns<double>& columns,
                               const BoundLoss& loss, bool sigma_is_known, const std::vector<bool>& fixed) {
    const std::size_t n = values.size();
    auto [value, inverse] = fitting::curvature_inverse(program, values, columns, loss, fixed);
    if (loss.family() == LossFamily::likelihood) return inverse;
    if (loss.family() == LossFamily::estimator) {
        const Curvature scores = loss_curvature(program, values, columns, fitting::ScoreProducts(loss));
        return fitting::sandwich(std::move(inverse), scores.hessian, n);
    }
    // The curvature of a sum of squares is twice J'WJ.
    double scale = 2;
    if (!sigma_is_known) {
        const double freedom = static_cast<double>(loss.rows() * loss.outputs()) -
                               static_cast<double>(fitting::free_indices(n, fixed).size());
        scale *= freedom > 0 ? value / freedom : std::numeric_limits<double>::infinity();
    }
    for (double& entry : inverse)
        if (entry != 0) entry *= scale;
    return inverse;
}

std::vector<double> bootstrap_covariance(const Program& program, std::span<const double> values, const Dataset& data,
                                         const LossOptions& loss, int samples, RandomStream random, const FitOptions& options) {
    if (samples < 2) throw Error("a bootstrap needs at least 2 samples");
    const std::size_t n = values.size(), rows = data.rows();
    std::vector<double> mean(n, 0.0), result(n * n, 0.0);
    std::vector<std::size_t> drawn(rows);
    double used = 0;
    for (int sample = 0; sample < samples; ++sample) {
        RandomStream stream = random.split(static_cast<std::uint64_t>(sample));
        for (auto& row : drawn) row = static_cast<std::size_t>(stream.below(rows));
        const Dataset resampled = data.take(drawn);
        const auto bound = bind_loss(loss, resampled);
        const auto pointers = feature_pointers(resampled);
        const FitResult fitted = fit(program, values, Columns<double>{pointers, rows, 0}, *bound, options, &stream);
        if (fitted.stop == FitStop::not_finite) continue;
        // Welford's update: exact when all samples agree.
        used += 1;
        std::vector<double> before(n);
        for (std::size_t i = 0; i < n; ++i) {
            before[i] = fitted.values[i] - mean[i];
            mean[i] += before[i] / used;
        }
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < n; ++j) result[i * n + j] += before[i] * (fitted.values[j] - mean[j]);
    }
    for (double& entry : result) entry = used > 1 ? entry / (used - 1) : std::numeric_limits<double>::infinity();
    return result;
}

}  // namespace balmer
