#include <algorithm>
#include <cmath>

#include "fitting/descent.hpp"
#include "fitting/normal_equations.hpp"

namespace balmer::fitting {
namespace {

// Relative to a unit diagonal: what keeps a rank-deficient matrix solvable without moving the solution of a sound one.
constexpr double ridge = 1e-13;

}  // namespace

bool Freedom::any_linear() const { return std::ranges::find(linear, true) != linear.end(); }

StepSolver::StepSolver(const Freedom& freedom, std::size_t parameters)
    : freedom_(freedom), size_(parameters), scale_(parameters, 0.0), matrix_(parameters * parameters), right_(parameters),
      root_(parameters) {
    moving_.reserve(parameters);
}

void StepSolver::see(const Curvature& at) {
    // The largest curvature seen, slowly forgotten: a parameter that has just run into a flat region is not thrown further.
    for (const auto i : freedom_.active) {
        const double now = std::max(at.hessian[i * size_ + i], 0.0);
        scale_[i] = freedom_.linear[i] ? now : std::max(now, 0.1 * scale_[i]);
    }
}

bool StepSolver::solve(const Curvature& at, double damping, double linear_damping, std::span<double> step) {
    std::erase_if(moving_, [&](std::size_t i) { return !(scale_[i] > 0 && std::isfinite(scale_[i])); });
    const std::size_t n = moving_.size();
    for (std::size_t i = 0; i < n; ++i) root_[i] = 1 / std::sqrt(scale_[moving_[i]]);
    for (std::size_t i = 0; i < n; ++i) {
        const double* const row = at.hessian.data() + moving_[i] * size_;
        // Steps already fixed at bounds act on the others through the curvature.
        double pull = at.gradient[moving_[i]];
        for (const auto j : freedom_.active)
            if (step[j] != 0) pull += row[j] * step[j];
        right_[i] = -pull * root_[i];
        for (std::size_t j = 0; j <= i; ++j) matrix_[i * n + j] = row[moving_[j]] * root_[i] * root_[j];
        matrix_[i * n + i] += freedom_.linear[moving_[i]] ? linear_damping : damping + ridge;
    }
    if (!factor_cholesky(matrix_, n, 1e-15)) return false;
    solve_cholesky(matrix_, n, std::span(right_).first(n));
    for (std::size_t i = 0; i < n; ++i) {
        step[moving_[i]] = right_[i] * root_[i];
        if (!std::isfinite(step[moving_[i]])) return false;
    }
    return true;
}

double StepSolver::predicted(const Curvature& at, std::span<const double> step) const {
    double change = 0;
    for (const auto i : freedom_.active) {
        double curved = 0;
        for (const auto j : freedom_.active) curved += at.hessian[i * size_ + j] * step[j];
        change += step[i] * (at.gradient[i] + 0.5 * curved);
    }
    return -change;
}

double StepSolver::step(const Curvature& at, std::span<const double> x, double damping, std::span<double> step) {
    moving_.clear();
    for (const auto i : freedom_.active) {
        const double g = at.gradient[i];
        const bool held = (x[i] <= freedom_.low(i) && g > 0) || (x[i] >= freedom_.high(i) && g < 0);
        if (!held) moving_.push_back(i);
    }
    std::ranges::fill(step, 0.0);
    double linear_damping = ridge;
    for (;;) {
        while (!solve(at, damping, linear_damping, step)) {
            for (const auto i : moving_) step[i] = 0;
            linear_damping *= 1e3;
            damping = std::max(damping * 10, linear_damping);
            if (!(damping < 1e15)) return 0;
        }
        if (!freedom_.bounded()) break;
        // What would leave the box stops at its wall; the others are solved again.
        const auto outside = [&](std::size_t i) { return x[i] + step[i] < freedom_.low(i) || x[i] + step[i] > freedom_.high(i); };
        std::vector<std::size_t> stopped;
        std::ranges::copy_if(moving_, std::back_inserter(stopped), outside);
        if (stopped.empty()) break;
        std::erase_if(moving_, outside);
        for (const auto i : moving_) step[i] = 0;
        for (const auto i : stopped) step[i] = std::clamp(x[i] + step[i], freedom_.low(i), freedom_.high(i)) - x[i];
    }
    return predicted(at, step);
}

double StepSolver::linear_step(const Curvature& at, std::span<double> step) {
    moving_.clear();
    for (const auto i : freedom_.active)
        if (freedom_.linear[i]) {
            moving_.push_back(i);
            scale_[i] = std::max(at.hessian[i * size_ + i], 0.0);
        }
    std::ranges::fill(step, 0.0);
    double damping = ridge;
    while (!solve(at, damping, damping, step)) {
        std::ranges::fill(step, 0.0);
        damping *= 1e3;
        if (!(damping < 1)) return 0;
    }
    return predicted(at, step);
}

}  // namespace balmer::fitting
