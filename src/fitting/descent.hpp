#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "balmer/fitting.hpp"

namespace balmer::fitting {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The function that a fit minimises: total loss of the rows, with its curvature; counts its passes over the rows.
class Objective {
public:
    /// `safe` and `sharp` are the same function with the majorising and the exact second derivative: the loss and its newton(), or a
    /// smoothed form of it. The loss itself takes the fast path of least squares.
    Objective(const Program& program, const Columns<double>& columns, const BoundLoss& loss, const RowLoss& safe, const RowLoss& sharp);

    Curvature curvature(std::span<const double> x);
    /// Infinity when not finite or above `bar` (which is ignored where partial sums may shrink).
    double value(std::span<const double> x, double bar);

    /// True when the value is a squared error, so that one linear solve finds the best linear constants.
    bool is_quadratic() const { return quadratic_; }
    /// Value that rounding alone explains; 0 when unknown.
    double rounding() const { return rounding_; }
    std::size_t passes() const { return passes_; }
    /// Which second derivative the next curvatures have.
    void choose(Bend bend) { view_ = bend == Bend::exact ? &sharp_ : &safe_; }
    bool is_sharp() const { return view_ == &sharp_ && &sharp_ != &safe_; }

private:
    const Program& program_;
    const Columns<double>& columns_;
    const BoundLoss& loss_;
    const RowLoss& safe_;
    const RowLoss& sharp_;
    const RowLoss* view_;
    bool quadratic_;
    bool sums_grow_ = false;  // no negative weights: a partial sum above the bar cannot come back
    double rounding_ = 0;
    std::size_t passes_ = 0;
};

/// Which parameters move and where they may go.
struct Freedom {
    std::vector<std::size_t> active;  ///< indices of free parameters
    std::vector<bool> linear;         ///< per parameter: enters linearly, solved in each step
    std::vector<double> lower, upper; ///< per parameter, or empty
    bool bounded() const { return !lower.empty() || !upper.empty(); }
    double low(std::size_t i) const { return lower.empty() ? -std::numeric_limits<double>::infinity() : lower[i]; }
    double high(std::size_t i) const { return upper.empty() ? std::numeric_limits<double>::infinity() : upper[i]; }
    bool any_linear() const;
};

/// Damped Newton steps from a curvature, within bounds. Holds the work space.
class StepSolver {
public:
    StepSolver(const Freedom& freedom, std::size_t parameters);

    /// Remembers the curvature's scale for the damping (call once per accepted point).
    void see(const Curvature& at);
    /// Step that minimises g'd + d'Hd/2 + damping/2 d'Dd; linear parameters are not damped. Returns the predicted decrease of the
    /// value, 0 when no step was found.
    double step(const Curvature& at, std::span<const double> x, double damping, std::span<double> step);
    /// The same over the linear parameters alone, undamped; the others stay.
    double linear_step(const Curvature& at, std::span<double> step);

private:
    bool solve(const Curvature& at, double damping, double linear_damping, std::span<double> step);
    double predicted(const Curvature& at, std::span<const double> step) const;

    const Freedom& freedom_;
    std::size_t size_;                 // parameters
    std::vector<double> scale_;        // D
    std::vector<std::size_t> moving_;  // not held at a bound
    std::vector<double> matrix_, right_, root_;
};

/// Levenberg-Marquardt (K. Madsen, H. Nielsen, O. Tingleff, Methods for non-linear least squares problems, 2004; D. Marquardt's
/// scaling) with the linear constants of least squares projected out: each accepted point is compared at its best linear constants
/// (A. Ruhe, P. Wedin, SIAM Review 22, 1980, algorithm 2).
class Descent {
public:
    Descent(Objective& objective, const Freedom& freedom, std::size_t parameters);

    /// At most `iterations` steps from x. Values end in `x`; FitResult::loss is the total.
    FitResult run(std::vector<double> x, int iterations, double tolerance);

private:
    void project();
    /// Goes to x + step when that lowers the value (a tiny step: when it does not raise it beyond rounding). True when it did.
    bool attempt(double predicted, bool tiny);
    void refine_linear(Curvature& trial);
    void adapt(double gain_ratio);
    void reject();
    void sharpen(double decrease);

    Objective& objective_;
    const Freedom& freedom_;
    StepSolver solver_;
    bool project_;
    std::vector<double> x_, trial_x_, step_, linear_step_;
    Curvature now_;
    double damping_ = 1e-3;
    double growth_ = 2;
    bool rejected_before_ = false;
};

}  // namespace balmer::fitting
