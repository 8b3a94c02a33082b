#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "balmer/expression.hpp"
#include "balmer/units.hpp"

namespace balmer::divide {

/// Feature i.
inline Expression variable(std::size_t i) { return Expression::feature(static_cast<std::int32_t>(i)); }

/// The formula with every feature leaf i replaced by by[i].
Expression with_features(const Expression& formula, std::span<const Expression> by);

/// The fraction with denominator 1, 2, 3, 4 or 6 nearest to x, when it is within `tolerance` and at most 6 in size.
std::optional<Rational> nearest_rational(double x, double tolerance);
/// n/m, m not 0.
Rational ratio(Rational n, Rational m);

/// prod base^exponent as one quotient; an empty product is the constant 1.
struct Factor {
    Expression base;
    Rational exponent;
};
Expression monomial(std::span<const Factor> factors);
/// a*b, a/b, a+b, a-b without the constants that change nothing.
Expression product(const Expression& a, const Expression& b);
Expression quotient(const Expression& a, const Expression& b);
Expression sum(const Expression& a, const Expression& b);
Expression difference(const Expression& a, const Expression& b);

/// Whether a problem that allows `operators` lets a formula use these, read generously: squares where products are, 1/x where quotients are,
/// roots where powers are, signs always.
bool operators_allow(std::span<const Op> operators, const Expression& formula);

/// Values of a formula on rows: column[f] is feature f.
std::vector<double> values_of(const Expression& formula, std::span<const std::vector<double>> columns, std::span<const Definition> definitions = {});
/// Whether every value is finite.
bool all_finite(std::span<const double> values);

}  // namespace balmer::divide
