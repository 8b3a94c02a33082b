#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "fitting/elementary.hpp"

namespace balmer::fitting {

/// Rows that a loss works on at a time: three arrays of this length stay in the first-level cache.
inline constexpr std::size_t chunk_rows = 128;

/// Sum in a fixed order that the compiler can keep in vector registers: the same bits for every instruction set.
inline double sum(const double* value, std::size_t count) {
    double part[8] = {};
    std::size_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (std::size_t lane = 0; lane < 8; ++lane) part[lane] += value[i + lane];
    for (; i < count; ++i) part[i % 8] += value[i];
    return ((part[0] + part[4]) + (part[2] + part[6])) + ((part[1] + part[5]) + (part[3] + part[7]));
}

/// Loss of one row with its derivatives by the prediction (or by the scaled residual).
struct Term {
    double value;
    double slope;
    double curvature;  ///< at least the true one where that makes Newton's step safe
    double exact;      ///< the second derivative itself, never negative
};

/// r^2.
struct Squared {
    Term operator()(double r) const { return {r * r, 2 * r, 2, 2}; }
};

/// Quadratic inside, linear outside; `curvature` is the weight of iteratively reweighted least squares.
struct Huber {
    double delta;
    Term operator()(double r) const {
        const double a = std::fabs(r);
        const bool inside = a <= delta;
        const double weight = inside ? 1.0 : delta / a;
        return {inside ? 0.5 * r * r : delta * (a - 0.5 * delta), weight * r, weight, inside ? 1.0 : 0.0};
    }
};

/// log(cosh(r)), stable for every r.
struct LogCosh {
    Term operator()(double r) const {
        constexpr double log_2 = 0.693147180559945309417;
        const double a = std::fabs(r);
        const double e = exponential(-2 * a);
        const double slope = std::copysign((1 - e) / (1 + e), r);
        const double weight = a < 1e-4 ? 1 - r * r / 3 : slope / r;
        return {a + log_one_plus(e) - log_2, slope, weight, 1 - slope * slope};
    }
};

/// tilt*u + side*|u|, the shape of mae, quantile and hinge. Curvature: that of the parabola that touches it at u from above (weighted
/// least squares), bounded by 1/floor.
struct Kink {
    double tilt, side, floor;
    Term operator()(double u) const {
        const double a = std::fabs(u);
        const double sign = u > 0 ? 1.0 : u < 0 ? -1.0 : 0.0;
        return {tilt * u + side * a, tilt + side * sign, side / std::max(a, floor), 0};
    }
};

/// The same with |u| rounded to sqrt(u^2 + width^2).
struct SmoothKink {
    double tilt, side, width;
    Term operator()(double u) const {
        const double root = std::sqrt(u * u + width * width);
        const double exact = side * (width / root) * (width / root) / root;
        return {tilt * u + side * root, tilt + side * u / root, side / root, exact};
    }
};

/// log(1 + exp(f)) - y f for y in {0, 1}.
struct Logistic {
    Term operator()(double f, double y) const {
        const double e = exponential(-std::fabs(f));
        const double p = (f >= 0 ? 1.0 : e) / (1 + e);
        const double curvature = e / ((1 + e) * (1 + e));
        return {std::max(f, 0.0) + log_one_plus(e) - y * f, p - y, curvature, curvature};
    }
};

/// Half the deviance exp(f) - y f + (y log y - y), f the logarithm of the mean; `constant` is the bracket.
struct Poisson {
    Term operator()(double f, double y, double constant) const {
        const double mean = exponential(f);
        return {mean - y * f + constant, mean - y, mean, mean};
    }
};

}  // namespace balmer::fitting
