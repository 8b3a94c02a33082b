#include "search/divide/smooth_rest.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "balmer/fitting.hpp"

namespace balmer::divide {
SmoothRest::SmoothRest(const Part& part, const std::vector<std::size_t>& rest, Input::Kind kind, std::span<const double> weights)
    : rows_(std::min(part.target.size(), most_rows)), weights_(Eigen::VectorXd::Ones(static_cast<Eigen::Index>(rows_))) {
    for (std::size_t r = 0; r < rows_ && !weights.empty(); ++r) weights_(static_cast<Eigen::Index>(r)) = weights[r];
    constexpr std::size_t most_terms = 110;
    std::vector<std::vector<double>> columns;
    for (const auto i : rest) columns.push_back(part.columns[i]);
    std::vector<std::size_t> rows(rows_);
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    const Terms terms = terms_of_degree(rest.size(), std::min(most_terms, rows_ / 4), {});
    qr_.compute(weights_.asDiagonal() * term_values(columns, inputs_of(columns, kind), terms, rows));
}

// Everything that smooth functions of the rest can say is projected out.
Eigen::VectorXd SmoothRest::outside(const Expression& formula, const Values& left, const std::vector<double>& constants) const {
    Expression changed = formula;
    changed.values = constants;
    const auto values = left(changed);
    Eigen::VectorXd v = weights_.cwiseProduct(Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(rows_)));
    v.applyOnTheLeft(qr_.householderQ().adjoint());
    return v.tail(v.size() - std::min(qr_.matrixQR().cols(), v.size()));
}

// Gauss-Newton for the constants that are not held.
SmoothRest::At SmoothRest::fit(const Expression& formula, const Values& left, At at, const std::vector<bool>& held) const {
    constexpr int steps = 6;
    at.residual = outside(formula, left, at.constants).norm();
    std::vector<std::size_t> free;
    for (std::size_t k = 0; k < held.size(); ++k)
        if (!held[k]) free.push_back(k);
    for (int step = 0; step < steps && !free.empty() && std::isfinite(at.residual); ++step) {
        const Eigen::VectorXd now = outside(formula, left, at.constants);
        Eigen::MatrixXd jacobian(now.size(), static_cast<Eigen::Index>(free.size()));
        for (std::size_t k = 0; k < free.size(); ++k) {
            auto moved = at.constants;
            const double h = 1e-6 * std::max(std::fabs(moved[free[k]]), 1e-3);
            moved[free[k]] += h;
            jacobian.col(static_cast<Eigen::Index>(k)) = (outside(formula, left, moved) - now) / h;
        }
        if (!jacobian.allFinite()) return at;
        Eigen::ColPivHouseholderQR<Eigen::MatrixXd> solver(jacobian);
        solver.setThreshold(1e-7);  // what the polynomial takes over is no constant of the formula
        const Eigen::VectorXd change = solver.solve(-now);
        At next = at;
        for (std::size_t k = 0; k < free.size(); ++k) next.constants[free[k]] += change(static_cast<Eigen::Index>(k));
        next.residual = outside(formula, left, next.constants).norm();
        if (!(next.residual < at.residual)) return at;
        at = std::move(next);
    }
    return at;
}

SmoothRest::Fitted SmoothRest::with_fitted_constants(const Expression& formula, const Values& left, double size) const {
    constexpr double reach = 1e-3, nothing = 3, rounding = 1e-13;  // a wrong number costs orders of magnitude
    std::vector<bool> held(formula.values.size(), false);
    auto best = fit(formula, left, {.constants = formula.values}, held);
    Fitted result{.formula = formula};
    for (std::size_t k = 0; k < held.size(); ++k) {
        const auto near = snap(best.constants[k], reach * std::fabs(best.constants[k]));
        held[k] = near.has_value();
        auto trial = best;
        if (near) trial.constants[k] = near->value;
        if (near) trial = fit(formula, left, trial, held);
        if (near && trial.residual <= nothing * best.residual + rounding * size) best = trial;
        else result.all_short = held[k] = false;
    }
    result.formula.values = best.constants;
    result.residual = best.residual;
    return result;
}

}  // namespace balmer::divide
