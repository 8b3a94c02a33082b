#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "balmer/search.hpp"
#include "balmer/units.hpp"
#include "search/divide/surrogate.hpp"

namespace balmer::divide {

/// A smaller problem: what is left of the target as a function of fewer quantities, on a sample of the rows.
struct Part {
    std::vector<Expression> features;          ///< in the whole problem's columns
    std::vector<std::vector<double>> columns;  ///< their values
    std::vector<double> target;
    std::vector<double> slope;                 ///< what a change of it counts in the whole problem's target, relative to its size
    std::vector<Unit> units;                   ///< of the features; empty when units play no part
    std::optional<Unit> target_unit;           ///< of the target, where it is known
    double tolerance = 0;                      ///< relative error of the target where a surrogate made it; 0: as exact as the data

    bool signs_guessed = false;                ///< of the target, by a polynomial: some may be wrong

    std::size_t variables() const { return features.size(); }
    /// Keeps these rows alone.
    void keep(std::span<const std::size_t> rows);
};

/// A way to make a problem smaller. Formulas are in the part's features 0 .. n - 1; feature n is the part's target in `target`, the smaller
/// problem's value in `wrap` and `slope`.
struct Step {
    std::string kind;                  ///< "scaling", "shift", "merge", "factor", "irrelevant", "units", "root", "separation", "linear"
    std::string words;                 ///< what was seen, with %0, %1, ... for the part's features and $0, $1, ... for the smaller problem's
    std::vector<Expression> features;  ///< of the smaller problem
    Expression target;                 ///< of the smaller problem
    Expression wrap;                   ///< the part's target from the smaller problem's value
    Expression slope;                  ///< d wrap / d value; empty: 1
    double tolerance = 0;              ///< relative error that constants of the step bring, which the data give only so well
    double score = 0;                  ///< how far the symmetry is broken, squared and relative; smaller is better
    std::vector<std::size_t> rows = {};  ///< that the smaller problem keeps; empty: all
    std::vector<double> values = {};     ///< of its target there, where `target` gives them up to their signs only; empty: what `target` gives
};

/// What proposals may be made of.
struct Means {
    std::vector<Op> operators;
    ConstantUnits constants = ConstantUnits::dimensionless;  ///< where units play a part
};

/// Symmetries that the surrogate's gradients suggest, the surest first.
std::vector<Step> propose_steps(const Part& part, const Surrogate& surrogate, const Means& means);

/// Steps for where no surrogate predicts well enough for its gradients to mean something: factors divided out and pairs of variables merged, each
/// judged by the held-out error of what is left against `error`. The best first, none that lowers it by less than a tenth.
std::vector<Step> scan_steps(const Part& part, double error, double spread, const Means& means, Meter& meter);

/// Factors of up to three features beside whose zeros the target vanishes or has a pole, and powers of several features, divided out: the best first, each
/// judged by the held-out error of what is left against `error`; where that says nothing the surest (decision 11).
std::vector<Step> divisor_steps(const Part& part, double error, double spread, const Means& means, Meter& meter);

/// The root of a target that is the square, or the inverse of the square, of something of both signs; rows whose sign is not sure are left out.
std::vector<Step> root_steps(const Part& part, Meter& meter);

/// The target and all but a few features as monomials of these few times pure numbers (structure.md, section 5); nothing when units play no part,
/// all features are pure numbers already or the target's unit is not known.
std::optional<Step> units_step(const Part& part, const Means& means);

/// The smaller problem of a step, perhaps without variables; nothing when some value is not finite or units do not fit.
std::optional<Part> smaller(const Part& part, const Step& step, const Means& means);

}  // namespace balmer::divide
