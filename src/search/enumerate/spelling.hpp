#pragma once

#include <optional>
#include <span>
#include <vector>

#include "balmer/expression.hpp"

namespace balmer::enumerate {

/// A rational exponent n/d, d > 0, in lowest terms.
struct Fraction {
    int n = 0, d = 1;
    double value() const { return static_cast<double>(n) / d; }
    bool operator==(const Fraction&) const = default;
};
/// The fraction with denominator 1, 2, 3, 4 or 6 nearest to x when it is within `tolerance`, |n| <= 12 d.
std::optional<Fraction> nearest_fraction(double x, double tolerance);

/// The number of at most four digits within `tolerance` (relative) of x, or x itself.
double short_decimal(double x, double tolerance);
/// The formula with such numbers in the places of its constants.
Expression with_short_decimals(Expression formula, double tolerance);

/// A factor of a monomial.
struct Power {
    Expression base;
    Fraction exponent;
};

/// Which operators a problem lets formulas use, read generously: x^2 where products are, 1/x where quotients are, sqrt where powers are.
class Spelling {
public:
    explicit Spelling(std::span<const Op> operators);
    /// Whether the operator may be used.
    bool has(Op op) const { return allowed_[static_cast<std::size_t>(op)]; }
    /// Whether every operator of the formula may be used.
    bool allows(const Expression& expression) const;

private:
    bool allowed_[op_count] = {};
};

/// a + b, written a - (-b) never: a leading minus of b becomes a difference. Zero constants vanish.
Expression sum_of(const Expression& a, const Expression& b);
/// c*e; c = 1 and c = -1 cost no multiplication.
Expression scaled(double c, const Expression& e);
/// a*b and a/b.
Expression product_of(const Expression& a, const Expression& b);
Expression quotient_of(const Expression& a, const Expression& b);
/// base^exponent with the shortest operator.
Expression power_of(const Expression& base, Fraction exponent);
/// c * prod base^exponent as one quotient, half powers gathered under one root.
Expression monomial_of(double c, std::span<const Power> powers);

}  // namespace balmer::enumerate
