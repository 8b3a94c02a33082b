#include "fitting/descent.hpp"

#include <algorithm>
#include <cmath>

namespace balmer::fitting {
namespace {

constexpr double highest_damping = 1e12;
// A predicted decrease below this part of the value drowns in the rounding of the sums.
constexpr double rounding_of_sums = 1e-14;

}  // namespace

Objective::Objective(const Program& program, const Columns<double>& columns, const BoundLoss& loss, const RowLoss& safe,
                     const RowLoss& sharp)
    : program_(program), columns_(columns), loss_(loss), safe_(safe), sharp_(sharp), view_(&safe),
      quadratic_(loss.is_least_squares() && &safe == static_cast<const RowLoss*>(&loss)) {
    if (!quadratic_) return;
    const auto weights = loss.squared_weights();
    const auto target = loss.target();
    double squares = 0;
    sums_grow_ = true;
    for (std::size_t i = 0; i < target.size(); ++i) {
        const double w = weights.empty() ? 1 : weights[i];
        if (w < 0) sums_grow_ = false;
        squares += std::fabs(w) * target[i] * target[i];
    }
    rounding_ = 1e-31 * squares;
}

Curvature Objective::curvature(std::span<const double> x) {
    ++passes_;
    Curvature result = quadratic_ ? squared_error_curvature(program_, x, columns_, loss_.target(), loss_.squared_weights())
                                  : loss_curvature(program_, x, columns_, *view_);
    if (!result.finite || !std::isfinite(result.value)) {
        result.finite = false;
        result.value = infinity;
    }
    return result;
}

double Objective::value(std::span<const double> x, double bar) {
    ++passes_;
    if (quadratic_)
        return squared_error(program_, x, columns_, loss_.target(), loss_.squared_weights(), sums_grow_ ? bar : infinity).sum;
    const double total = loss_value(program_, x, columns_, *view_, infinity);
    return std::isfinite(total) ? total : infinity;
}

Descent::Descent(Objective& objective, const Freedom& freedom, std::size_t parameters)
    : objective_(objective), freedom_(freedom), solver_(freedom, parameters),
      project_(objective.is_quadratic() && freedom.any_linear()), trial_x_(parameters), step_(parameters), linear_step_(parameters) {}

void Descent::project() {
    const double predicted = solver_.linear_step(now_, step_);
    if (!(predicted > 1e-6 * now_.value)) return;
    const double damping = damping_;
    attempt(predicted, false);
    damping_ = damping;  // a linear solve says nothing on how far the linear picture of the others holds
}

void Descent::refine_linear(Curvature& trial) {
    const double predicted = solver_.linear_step(trial, linear_step_);
    const double gained = now_.value - (trial.value - predicted);
    if (!(gained > 0) || predicted < 0.1 * gained) return;
    std::vector<double> refined = trial_x_;
    for (const auto i : freedom_.active) refined[i] += linear_step_[i];
    Curvature there = objective_.curvature(refined);
    if (!there.finite || there.value >= trial.value) return;
    trial = std::move(there);
    trial_x_ = std::move(refined);
}

bool Descent::attempt(double predicted, bool tiny) {
    trial_x_ = x_;
    for (const auto i : freedom_.active) trial_x_[i] += step_[i];
    // After a rejection the value alone, which is several times cheaper, decides first.
    if (rejected_before_ && !project_ && !(objective_.value(trial_x_, now_.value) < now_.value)) return false;
    Curvature trial = objective_.curvature(trial_x_);
    if (!trial.finite) return false;
    if (project_ && !tiny) refine_linear(trial);
    // A tiny step is taken when the sums cannot tell it from none: Newton's step is then better than the value's rounding.
    const double bar = tiny ? now_.value + rounding_of_sums * std::fabs(now_.value) : now_.value;
    if (!(trial.value < bar)) return false;
    const double decrease = now_.value - trial.value;
    if (!tiny) adapt(decrease / predicted);
    std::swap(x_, trial_x_);
    now_ = std::move(trial);
    solver_.see(now_);
    sharpen(decrease);
    return true;
}

void Descent::adapt(double gain_ratio) {
    const double g = 2 * gain_ratio - 1;
    damping_ = std::max(1e-15, damping_ * std::clamp(1 - g * g * g, 0.1, 2.0));
    growth_ = 2;
    rejected_before_ = false;
}

void Descent::reject() {
    damping_ *= growth_;
    growth_ *= 2;
    rejected_before_ = true;
    if (!objective_.is_sharp()) return;
    objective_.choose(Bend::majorising);
    Curvature safe = objective_.curvature(x_);
    if (safe.finite) now_ = std::move(safe);
    solver_.see(now_);
}

void Descent::sharpen(double decrease) {
    if (decrease < 1e-2 * std::fabs(now_.value)) objective_.choose(Bend::exact);
}

FitResult Descent::run(std::vector<double> x, int iterations, double tolerance) {
    x_ = std::move(x);
    FitResult result;
    now_ = objective_.curvature(x_);
    if (!now_.finite) {
        result = {.values = x_, .loss = infinity, .iterations = 0, .evaluations = objective_.passes(), .stop = FitStop::not_finite};
        return result;
    }
    solver_.see(now_);
    const double at_start = now_.value;
    const std::vector<double> start = x_;
    if (project_) project();
    result.stop = FitStop::iterations;
    double tiniest = infinity;
    while (result.iterations < iterations) {
        if (std::fabs(now_.value) <= objective_.rounding()) {
            result.stop = FitStop::converged;
            break;
        }
        ++result.iterations;
        const double predicted = solver_.step(now_, x_, damping_, step_);
        const bool last = predicted <= tolerance * std::fabs(now_.value);
        const bool tiny = last || predicted < rounding_of_sums * std::fabs(now_.value);
        // Where the value only shows rounding, steps go on as long as they shrink.
        const bool shrinking = !tiny || predicted < 0.5 * tiniest;
        const bool accepted = predicted > 0 && shrinking && attempt(predicted, tiny);
        if (tiny) tiniest = predicted;
        if (last || (tiny && !accepted)) {
            result.stop = damping_ < 1 ? FitStop::converged : FitStop::no_progress;
            break;
        }
        if (accepted) continue;
        reject();
        if (!(damping_ < highest_damping)) {
            result.stop = FitStop::no_progress;
            break;
        }
    }
    if (now_.value > at_start) {  // by rounding alone
        x_ = start;
        now_.value = at_start;
    }
    result.values = x_;
    result.loss = now_.value;
    result.evaluations = objective_.passes();
    return result;
}

}  // namespace balmer::fitting
