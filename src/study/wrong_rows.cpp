#include "study/wrong_rows.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>
#include <optional>

#include "balmer/evaluate.hpp"
#include "search/enumerate/polynomials.hpp"
#include "search/enumerate/robust.hpp"
#include "search/median.hpp"

namespace balmer {
namespace {

constexpr std::size_t most_checked_rows = 20'000, fewest_checked_rows = 100, most_checked_features = 12;
constexpr std::size_t most_smooth_terms = 220, rows_per_smooth_term = 4;
constexpr int highest_degree = 8;
constexpr int rounds_to_choose = 4, rounds_to_end = 4;
constexpr double width_of_median = 1.4826;
constexpr double off = 6, far_off = 8;                  // robust standard deviations of the smooth fit
constexpr double gross = 0.3, gross_ratio = 0.4;        // of the target's own width; of its logarithm
constexpr double most_gross = 0.04, most_apart = 0.15;  // of all rows
constexpr double one_sign = 0.97;                       // of the rows: for logarithms

double median_size(const Eigen::VectorXd& values) { return balmer::median_size({values.data(), values.data() + values.size()}); }

// Chebyshev polynomials of all features together, as high as the rows carry.
Eigen::MatrixXd terms_of(const Eigen::MatrixXd& features) {
    const auto variables = static_cast<std::size_t>(features.cols());
    enumerate::Powers powers;
    for (int degree = 1; degree <= highest_degree; ++degree) {
        auto more = enumerate::powers_up_to(variables, degree);
        if (more.size() > most_smooth_terms || rows_per_smooth_term * more.size() > static_cast<std::size_t>(features.rows())) break;
        powers = std::move(more);
    }
    std::vector<Eigen::MatrixXd> chebyshev;  // [feature](row, degree)
    for (Eigen::Index v = 0; v < features.cols(); ++v) {
        const double low = features.col(v).minCoeff(), high = features.col(v).maxCoeff();
        const Eigen::ArrayXd u = 2 * (features.col(v).array() - low) / (high - low) - 1;
        Eigen::MatrixXd all(features.rows(), highest_degree + 1);
        all.col(0).setOnes();
        all.col(1) = u;
        for (int k = 2; k <= highest_degree; ++k) all.col(k) = 2 * u * all.col(k - 1).array() - all.col(k - 2).array();
        chebyshev.push_back(std::move(all));
    }
    Eigen::MatrixXd terms(features.rows(), static_cast<Eigen::Index>(powers.size()));
    terms.setOnes();
    for (std::size_t t = 0; t < powers.size(); ++t)
        for (std::size_t v = 0; v < variables; ++v)
            if (powers[t][v] > 0) terms.col(static_cast<Eigen::Index>(t)).array() *= chebyshev[v].col(powers[t][v]).array();
    return terms;
}

/// A robust regression: weights by Cauchy's function first, then by Tukey's, which forgets rows far off altogether.
class SmoothFit {
public:
    SmoothFit(const Eigen::MatrixXd& terms, Eigen::VectorXd z, bool logarithm)
        : terms_(&terms), z_(std::move(z)), weight_(Eigen::VectorXd::Ones(z_.size())), logarithm_(logarithm) {}

    enum class Weights : std::uint8_t { cauchy, tukey };
    bool step(Weights weights) {
        const Eigen::MatrixXd weighted = weight_.cwiseSqrt().asDiagonal() * *terms_;
        Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(terms_->cols(), terms_->cols());
        gram.selfadjointView<Eigen::Lower>().rankUpdate(weighted.transpose());
        gram.diagonal().array() += 1e-10 * static_cast<double>(z_.size());
        const Eigen::LDLT<Eigen::MatrixXd, Eigen::Lower> solver(gram);
        if (solver.info() != Eigen::Success) return false;
        fitted_ = *terms_ * solver.solve(terms_->transpose() * weight_.cwiseProduct(z_));
        residual_ = z_ - fitted_;
        width_ = width_of_median * median_size(residual_);
        if (!residual_.allFinite() || !(width_ > 0)) return false;
        for (Eigen::Index i = 0; i < residual_.size(); ++i) {
            const double u = residual_[i] / width_;
            if (weights == Weights::cauchy) weight_[i] = 1 / (1 + u * u / (2.385 * 2.385));
            else weight_[i] = std::fabs(u) < off ? std::pow(1 - u * u / (off * off), 2) : 0;
        }
        return true;
    }

    const Eigen::VectorXd& residual() const { return residual_; }
    double width() const { return width_; }
    bool of_logarithm() const { return logarithm_; }
    /// What is left of the target itself.
    Eigen::VectorXd left(const Eigen::VectorXd& target, double sign) const {
        return logarithm_ ? Eigen::VectorXd(target.array() - sign * fitted_.array().min(700.0).exp()) : residual_;
    }

private:
    const Eigen::MatrixXd* terms_;
    Eigen::VectorXd z_, weight_, fitted_, residual_;
    double width_ = 0;
    bool logarithm_;
};

struct Rows {
    Eigen::MatrixXd features;  // those that are not constant
    Eigen::VectorXd target;
    bool usable() const { return features.cols() > 0 && features.allFinite() && target.allFinite(); }
};

Rows rows_of(const Dataset& data) {
    Rows rows;
    const auto count = static_cast<Eigen::Index>(data.rows());
    std::vector<Eigen::VectorXd> columns;
    for (const auto& feature : data.features) {
        const Eigen::VectorXd x = Eigen::Map<const Eigen::VectorXd>(feature.values().data(), count);
        if (x.maxCoeff() > x.minCoeff()) columns.push_back(x);
    }
    rows.features.resize(count, static_cast<Eigen::Index>(columns.size()));
    for (std::size_t v = 0; v < columns.size(); ++v) rows.features.col(static_cast<Eigen::Index>(v)) = columns[v];
    rows.target = Eigen::Map<const Eigen::VectorXd>(data.targets[0].values().data(), count);
    return rows;
}

// The target or its logarithm, by the features or their logarithms: what leaves the target least after a few rounds.
std::optional<SmoothFit> best_fit(const Rows& rows, double sign, const std::vector<Eigen::MatrixXd>& terms) {
    std::optional<SmoothFit> best;
    double least = std::numeric_limits<double>::infinity();
    for (const auto& matrix : terms)
        for (const bool logarithm : {false, true}) {
            if (logarithm && sign == 0) continue;
            SmoothFit fit(matrix, logarithm ? Eigen::VectorXd(rows.target.cwiseAbs().array().log()) : rows.target, logarithm);
            bool good = true;
            for (int i = 0; i < rounds_to_choose && good; ++i) good = fit.step(SmoothFit::Weights::cauchy);
            if (!good) continue;
            const double left = median_size(fit.left(rows.target, sign));
            if (!(left < least)) continue;
            least = left;
            best = std::move(fit);
        }
    for (int i = 0; i < rounds_to_end && best; ++i)
        if (!best->step(SmoothFit::Weights::tukey)) best.reset();
    return best;
}

double sign_of_target(const Eigen::VectorXd& target) {
    const auto rows = static_cast<double>(target.size());
    if ((target.array() == 0).any()) return 0;
    const auto positive = static_cast<double>((target.array() > 0).count());
    return positive >= one_sign * rows ? 1 : rows - positive >= one_sign * rows ? -1 : 0;
}

}  // namespace

std::vector<std::size_t> rows_apart(const Problem& problem) {
    const auto& data = problem.data;
    if (problem.task != Task::regression || problem.form || data.targets.size() != 1 || data.sigma || data.weights) return {};
    if (data.rows() < fewest_checked_rows || data.rows() > most_checked_rows || data.features.size() > most_checked_features) return {};
    const Rows rows = rows_of(data);
    if (!rows.usable()) return {};
    const double sign = sign_of_target(rows.target);
    std::vector<Eigen::MatrixXd> terms = {terms_of(rows.features)};
    if (rows.features.minCoeff() > 0) terms.push_back(terms_of(rows.features.array().log().matrix()));
    if (terms[0].cols() == 0) return {};
    const auto fit = best_fit(rows, sign, terms);
    if (!fit) return {};
    const double centre = median({rows.target.data(), rows.target.data() + rows.target.size()});
    const double own_width = median_size((rows.target.array() - centre).matrix());
    const Eigen::VectorXd left = fit->left(rows.target, sign);
    const double width = width_of_median * median_size(left);
    std::vector<std::size_t> apart;
    double grossly = 0;
    for (Eigen::Index i = 0; i < left.size(); ++i) {
        // Off as a value and, where the fit is to logarithms, off as a logarithm: the one width is too narrow for large
        // values, the other for small.
        const bool crossed = fit->of_logarithm() && rows.target[i] * sign < 0;
        double deviation = std::fabs(left[i]) / width;
        if (fit->of_logarithm() && !crossed) deviation = std::min(deviation, std::fabs(fit->residual()[i]) / fit->width());
        if (!(deviation > off)) continue;
        apart.push_back(static_cast<std::size_t>(i));
        const bool far = std::fabs(left[i]) > gross * own_width || crossed || (fit->of_logarithm() && std::fabs(fit->residual()[i]) > gross_ratio);
        grossly += deviation > far_off && far;
    }
    const auto all = static_cast<double>(data.rows());
    if (grossly == 0 || grossly > most_gross * all || static_cast<double>(apart.size()) > most_apart * all) return {};
    return apart;
}

Problem without_rows(const Problem& problem, std::span<const std::size_t> rows) {
    Problem rest = problem;
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < problem.data.rows(); ++i)
        if (!std::ranges::binary_search(rows, i)) kept.push_back(i);
    rest.data = problem.data.take(kept);
    return rest;
}

std::vector<std::size_t> rows_far_off(std::span<const double> residual, double size) {
    constexpr std::size_t one_in_wrong = 50;
    constexpr double rounded = 1e-8;  // of the largest target: no error of a row
    const double bound = std::max(far_off * width_of_median * balmer::median_size({residual.begin(), residual.end()}), rounded * size);
    std::vector<std::size_t> far;
    for (std::size_t i = 0; i < residual.size(); ++i)
        if (!(std::fabs(residual[i]) <= bound)) far.push_back(i);
    return far.size() <= residual.size() / one_in_wrong + 2 ? far : std::vector<std::size_t>();
}

std::vector<std::size_t> wrong_rows(const Problem& problem, std::span<const Expression> outputs) {
    const auto pointers = feature_pointers(problem.data);
    const std::size_t count = problem.data.rows();
    std::vector<std::size_t> wrong;
    for (std::size_t k = 0; k < outputs.size(); ++k) {
        const auto target = problem.data.targets[k].values();
        std::vector<double> residual(count);
        double* out[] = {residual.data()};
        evaluate(Program(outputs[k], problem.definitions), outputs[k].values, {.column = pointers, .rows = count}, out);
        double size = 0;
        for (std::size_t i = 0; i < count; ++i) {
            residual[i] -= target[i];
            size = std::max(size, std::fabs(target[i]));
        }
        wrong = either(wrong, rows_far_off(residual, size));
    }
    return wrong;
}

std::vector<std::size_t> either(std::span<const std::size_t> a, std::span<const std::size_t> b) {
    std::vector<std::size_t> rows;
    std::ranges::set_union(a, b, std::back_inserter(rows));
    return rows;
}

bool lie_together(const Dataset& data, std::span<const std::size_t> rows, std::span<const double> prediction) {
    constexpr double deviations = 4;
    const auto all = static_cast<double>(data.rows()), few = static_cast<double>(rows.size());
    const double expected = few * few / all;
    const auto neighbours = [&](std::span<const double> by) {
        std::vector<std::size_t> order(data.rows());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::stable_sort(order, {}, [&](std::size_t i) { return by[i]; });
        double count = 0;
        for (std::size_t i = 1; i < order.size(); ++i) count += std::ranges::binary_search(rows, order[i]) && std::ranges::binary_search(rows, order[i - 1]);
        return count;
    };
    // Pairs are Poisson; two of them are no evidence yet.
    const double most = 2 + expected + deviations * std::sqrt(expected);
    if (neighbours(prediction) > most) return true;
    return std::ranges::any_of(data.features, [&](const Column& feature) { return neighbours(feature.values()) > most; });
}

}  // namespace balmer
