#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "search/enumerate/sample.hpp"
#include "search/enumerate/spelling.hpp"

namespace balmer::enumerate {

/// A map u = g(v) whose inverse a formula can be wrapped in: applied to targets and to what is left of them.
enum class Transform : std::uint8_t {
    identity, square, inverse, inverse_square, sqrt, log, exp, sin, cos, tan, asin, acos, atanh, acosh
};
inline constexpr std::array all_transforms = {
    Transform::identity, Transform::square, Transform::inverse, Transform::inverse_square, Transform::sqrt, Transform::log, Transform::exp,
    Transform::sin, Transform::cos, Transform::tan, Transform::asin, Transform::acos, Transform::atanh, Transform::acosh};

/// g(v) row by row; log takes |v|. NaN outside the domain.
void transform_rows(Transform transform, const double* v, double* out, std::size_t rows);
/// |g'(v)| for the uncertainty of g(v).
double slope(Transform transform, double v);
/// g of a sample's target, with the weights that its uncertainty has there; empty where some row is outside the domain.
struct Viewed {
    std::vector<double> u, weight;
};
Viewed seen_through(Transform transform, const Sample& sample);
/// The formula f with g(f) = `u` where f has the sign `sign` (+1, -1; only square, inverse_square and log need it).
Expression inverted(Transform transform, const Expression& u, int sign);
/// Whether the inverse can be written with the allowed operators.
bool invertible(Transform transform, const Spelling& spelling);
/// +1 or -1 when all values have that sign, else 0.
int common_sign(std::span<const double> values);
/// Whether square, inverse_square or log: the inverse needs the sign.
bool loses_sign(Transform transform);

}  // namespace balmer::enumerate
