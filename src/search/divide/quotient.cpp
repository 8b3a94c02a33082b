#include "search/divide/quotient.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "search/median.hpp"

namespace balmer::divide {
namespace {

// Exponents p_j, halves of whole numbers, of the monomial that flattens the target most; 0 for variables of both signs.
std::vector<double> flattening_powers(std::span<const std::vector<double>> columns, std::span<const double> target, std::span<const std::size_t> rows) {
    const auto n = static_cast<Eigen::Index>(rows.size());
    Eigen::MatrixXd logs(n, static_cast<Eigen::Index>(columns.size()) + 1);
    Eigen::VectorXd z(n);
    std::vector<double> powers(columns.size(), 0.0);
    for (Eigen::Index i = 0; i < n; ++i) {
        const auto r = rows[static_cast<std::size_t>(i)];
        z(i) = std::log(std::max(std::fabs(target[r]), std::numeric_limits<double>::min()));
        for (std::size_t j = 0; j < columns.size(); ++j) logs(i, static_cast<Eigen::Index>(j)) = can_be_logarithm(columns[j]) ? std::log(std::fabs(columns[j][r])) : 0;
        logs(i, logs.cols() - 1) = 1;
    }
    const Eigen::VectorXd c = robust_solution(logs, z);
    if (!c.allFinite()) return powers;
    for (std::size_t j = 0; j < powers.size(); ++j) powers[j] = std::round(2 * c(static_cast<Eigen::Index>(j))) / 2;
    return powers;
}

double monomial_at(std::span<const double> powers, std::span<const std::vector<double>> columns, std::size_t row) {
    double value = 1;
    for (std::size_t j = 0; j < powers.size(); ++j)
        if (powers[j] != 0) value *= std::pow(std::fabs(columns[j][row]), powers[j]);
    return value;
}

// The unit vector v with the smallest |A v|, by inverse iteration on the triangle of A.
Eigen::VectorXd smallest_direction(const Eigen::MatrixXd& matrix) {
    Eigen::HouseholderQR<Eigen::MatrixXd> qr(matrix);
    const auto p = matrix.cols();
    Eigen::MatrixXd triangle = qr.matrixQR().topRows(p);
    const double least = 1e-15 * triangle.diagonal().cwiseAbs().maxCoeff();
    for (Eigen::Index k = 0; k < p; ++k)
        if (std::fabs(triangle(k, k)) < least) triangle(k, k) = least;
    Eigen::VectorXd v = Eigen::VectorXd::Ones(p).normalized();
    constexpr int iterations = 4;
    for (int k = 0; k < iterations; ++k) {
        v = triangle.transpose().triangularView<Eigen::Lower>().solve(v).eval();
        v = triangle.triangularView<Eigen::Upper>().solve(v / v.cwiseAbs().maxCoeff()).eval();
        v /= v.cwiseAbs().maxCoeff();
    }
    return v;
}

}  // namespace

std::optional<Quotient> Quotient::fitted(std::span<const std::vector<double>> columns, std::span<const double> target, std::span<const double> slope,
                                         const Rows& rows, double spread, std::size_t most_terms) {
    const auto powers = flattening_powers(columns, target, rows.training);
    std::vector<double> flat(target.size());
    for (std::size_t i = 0; i < flat.size(); ++i) flat[i] = target[i] / monomial_at(powers, columns, i);
    std::vector<double> sizes;
    for (const auto r : rows.training) sizes.push_back(flat[r]);
    const double middle = median_size(std::move(sizes));
    if (!(middle > 0) || !std::isfinite(middle)) return std::nullopt;
    constexpr double rounding = 1e-9, helps = 0.7;
    std::optional<Quotient> best;
    const auto n = static_cast<Eigen::Index>(rows.training.size());
    const Terms all = terms_of_degree(columns.size(), most_terms / 2, {});
    for (const auto kind : {Input::Kind::plain, Input::Kind::logarithm}) {
        const auto inputs = inputs_of(columns, kind);
        const bool any = std::ranges::any_of(inputs, [](const Input& input) { return input.kind == Input::Kind::logarithm; });
        if (kind == Input::Kind::logarithm && !any) continue;
        const Eigen::MatrixXd seen = term_values(columns, inputs, all, rows.training), unseen = term_values(columns, inputs, all, rows.held_out);
        // More terms than are needed leave a common factor of P and Q free, whose zeros spoil the gradient: degree by degree, the lowest that does.
        for (const auto count : all.prefixes) {
            if (best && best->error_ < rounding) break;
            const auto m = static_cast<Eigen::Index>(count);
            if (m < 2 || 4 * m > 3 * n) continue;
            Eigen::MatrixXd matrix(n, 2 * m);
            for (Eigen::Index i = 0; i < n; ++i) {
                const double z = flat[rows.training[static_cast<std::size_t>(i)]], size = 1 / (middle + std::fabs(z));
                matrix.row(i).head(m) = size * seen.row(i).head(m);
                matrix.row(i).tail(m) = -size * z * seen.row(i).head(m);
            }
            if (!matrix.allFinite()) continue;
            const Eigen::VectorXd v = smallest_direction(matrix);
            if (!v.allFinite()) continue;
            const Eigen::VectorXd p = unseen.leftCols(m) * v.head(m), q = unseen.leftCols(m) * v.tail(m);
            std::vector<double> squares;
            for (std::size_t i = 0; i < rows.held_out.size(); ++i) {
                const auto r = rows.held_out[i];
                const double value = p(static_cast<Eigen::Index>(i)) / q(static_cast<Eigen::Index>(i)) * (target[r] / flat[r]);
                const double square = std::pow((value - target[r]) * (slope.empty() ? 1 : slope[r]), 2);
                squares.push_back(std::isfinite(square) ? square : std::numeric_limits<double>::max());
            }
            const double error = std::sqrt(mean_of_most(squares)) / spread;
            if (!std::isfinite(error) || (best && error >= helps * best->error_)) continue;
            Quotient found;
            found.error_ = error;
            found.powers_ = powers;
            found.inputs_ = inputs;
            found.terms_ = all;
            found.above_.assign(v.data(), v.data() + m);
            found.below_.assign(v.data() + m, v.data() + 2 * m);
            best = std::move(found);
        }
    }
    return best;
}

std::vector<double> Quotient::values(std::span<const std::vector<double>> columns, std::span<const std::size_t> rows) const {
    const auto m = static_cast<Eigen::Index>(above_.size());
    const Eigen::MatrixXd terms = term_values(columns, inputs_, terms_, rows).leftCols(m);
    const Eigen::VectorXd p = terms * Eigen::Map<const Eigen::VectorXd>(above_.data(), m), q = terms * Eigen::Map<const Eigen::VectorXd>(below_.data(), m);
    std::vector<double> values;
    for (std::size_t i = 0; i < rows.size(); ++i) values.push_back(p(static_cast<Eigen::Index>(i)) / q(static_cast<Eigen::Index>(i)) * monomial_at(powers_, columns, rows[i]));
    return values;
}

std::vector<std::vector<double>> Quotient::logarithmic_gradient(std::span<const std::vector<double>> columns, std::span<const std::size_t> rows) const {
    const std::size_t d = columns.size();
    std::vector<std::vector<double>> gradient(d, std::vector<double>(rows.size()));
    const Eigen::MatrixXd value = term_values(columns, inputs_, terms_, rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        double p = 0, q = 0;
        for (std::size_t t = 0; t < above_.size(); ++t) {
            p += above_[t] * value(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(t));
            q += below_[t] * value(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(t));
        }
        std::vector<double> point(d);
        for (std::size_t j = 0; j < d; ++j) point[j] = columns[j][rows[i]];
        const auto slopes = term_slopes(point, inputs_, terms_, above_.size());  // [variable][term]
        for (std::size_t j = 0; j < d; ++j) {
            double dp = 0, dq = 0;
            for (std::size_t t = 0; t < above_.size(); ++t) {
                dp += above_[t] * slopes[j][t];
                dq += below_[t] * slopes[j][t];
            }
            gradient[j][i] = dp / p - dq / q + (powers_[j] != 0 ? powers_[j] / point[j] : 0);
        }
    }
    return gradient;
}

}  // namespace balmer::divide
