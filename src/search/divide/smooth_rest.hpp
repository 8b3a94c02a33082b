#pragma once

#include <Eigen/Dense>
#include <functional>
#include <vector>

#include "search/divide/part.hpp"

namespace balmer::divide {

/// What smooth functions of some of a part's variables leave of values on its rows: constants of a formula are those with which nothing is left.
class SmoothRest {
public:
    static constexpr std::size_t most_rows = 500;  ///< the first ones
    /// `rest`: the variables, as they are or by their logarithms where they can be. `weights` of the rows; empty: all alike.
    SmoothRest(const Part& part, const std::vector<std::size_t>& rest, Input::Kind kind, std::span<const double> weights);

    /// Values on the part's rows, from a formula.
    using Values = std::function<std::vector<double>(const Expression&)>;
    struct Fitted {
        Expression formula;
        bool all_short = true;
        double residual = 0;  ///< length of what is left
    };
    /// The formula with its constants fitted so that as little as can be is left of `left`, and made short, one after another, where that costs
    /// nothing beside rounding, relative to `size`; whether all are short.
    Fitted with_fitted_constants(const Expression& formula, const Values& left, double size) const;

private:
    struct At {
        std::vector<double> constants;
        double residual = 0;
    };
    At fit(const Expression& formula, const Values& left, At at, const std::vector<bool>& held) const;
    Eigen::VectorXd outside(const Expression& formula, const Values& left, const std::vector<double>& constants) const;

    std::size_t rows_;
    Eigen::VectorXd weights_;
    Eigen::HouseholderQR<Eigen::MatrixXd> qr_;
};

}  // namespace balmer::divide
