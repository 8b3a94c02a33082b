#pragma once

#include <optional>
#include <span>

#include "search/divide/formula.hpp"
#include "search/divide/part.hpp"

namespace balmer::divide {

/// A step is worth taking when the error falls below this share of what it was.
inline constexpr double least_gain = 0.9;
/// Of the small polynomials that judge steps on trial.
inline SurrogateOptions trial_options(double spread) { return {.terms = 120, .rows = 600, .spread = spread, .ridge = 0, .groups = {}}; }

/// How the target answers a symmetry of the variables: multiplied (y -> c^b y) or shifted (y -> y + b log c).
enum class Answer : std::uint8_t { multiplied, shifted };

/// x_i -> c^(a_i) x_i changes the target by c^b: y = x_p^(b/a_p) g(x_j x_p^(-a_j/a_p)), p the variable that gives the simplest powers.
std::optional<Step> scaling_step(std::span<const int> a, Rational b, Answer answer);
/// x_i -> x_i + a_i log c does: y = exp(b x_p/a_p) g(x_j - x_p a_j/a_p).
std::optional<Step> shift_step(std::span<const int> a, Rational b, Answer answer);
/// y depends on x_i and x_j through x_j + a x_i alone (or x_j x_i^a), `a` any number known to `tolerance`.
enum class Joined : std::uint8_t { sum, product };
Step joined_step(std::size_t variables, std::size_t i, std::size_t j, double a, Joined joined, double tolerance);
/// y depends on variables i and j through `merged` (in features 0 and 1) alone.
Step merge_step(std::size_t variables, std::size_t i, std::size_t j, const Expression& merged);
/// What is left of a target divided by a factor depends on all variables still, or only on those that are not in the factor.
enum class Rest : std::uint8_t { others, all };
/// y = factor(x_i, ...)^b g(rest); `factor` in features 0, 1, ..., which stand for the variables `of`.
Step factor_step(std::size_t variables, std::span<const std::size_t> of, const Expression& factor, Rational b, Rest rest = Rest::others);
/// y does not depend on x_i.
Step irrelevant_step(std::size_t variables, std::size_t i);

}  // namespace balmer::divide
