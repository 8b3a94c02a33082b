#pragma once

#include <Eigen/Dense>

namespace balmer::enumerate {

/// Least squares whose coefficients are whole multiples of a step.
struct WholeSteps {
    Eigen::VectorXd coefficients;
    double left = 0;  ///< what is left of the squared length of the right-hand side; infinite where the columns are not independent
};

/// Minimises |z - X c|^2, given X'X (`gram`), X'z (`right`) and z'z (`square`). The first coefficient is free, all others are whole multiples of
/// `step` in [-8, 8], the last `nonzero` of them not 0. Rounded one after another, each given those before it (L. Babai, Combinatorica 6, 1986).
WholeSteps fit_whole_steps(const Eigen::MatrixXd& gram, const Eigen::VectorXd& right, double square, double step, Eigen::Index nonzero);

}  // namespace balmer::enumerate
