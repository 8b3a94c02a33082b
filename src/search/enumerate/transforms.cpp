#include "search/enumerate/transforms.hpp"

#include <algorithm>
#include <cmath>

namespace balmer::enumerate {
namespace {

double transformed(Transform transform, double v) {
    switch (transform) {
        case Transform::identity: return v;
        case Transform::square: return v * v;
        case Transform::inverse: return 1 / v;
        case Transform::inverse_square: return 1 / (v * v);
        case Transform::sqrt: return std::sqrt(v);
        case Transform::log: return std::log(std::fabs(v));
        case Transform::exp: return std::exp(v);
        case Transform::sin: return std::sin(v);
        case Transform::cos: return std::cos(v);
        case Transform::tan: return std::tan(v);
        case Transform::asin: return std::asin(v);
        case Transform::acos: return std::acos(v);
        case Transform::atanh: return std::atanh(v);
        case Transform::acosh: return std::acosh(v);
    }
    return v;
}

Op undoing(Transform transform) {
    switch (transform) {
        case Transform::square: return Op::sqrt;
        case Transform::inverse: return Op::inverse;
        case Transform::inverse_square: return Op::sqrt;
        case Transform::sqrt: return Op::square;
        case Transform::log: return Op::exp;
        case Transform::exp: return Op::log;
        case Transform::sin: return Op::asin;
        case Transform::cos: return Op::acos;
        case Transform::tan: return Op::atan;
        case Transform::asin: return Op::sin;
        case Transform::acos: return Op::cos;
        case Transform::atanh: return Op::tanh;
        case Transform::acosh: return Op::cosh;
        default: return Op::parameter;
    }
}

// u as exp(exponent) * rest.
struct Exponential {
    std::optional<Expression> exponent;
    Expression rest;
};

Exponential split_exponential(const Expression& u) {
    const Op op = u.nodes.back().op;
    if (op == Op::exp) return {u.subtree(u.size() - 2), Expression::constant(1)};
    const auto parts = u.operands(u.size() - 1);
    const auto part = [&](std::size_t i) { return split_exponential(u.subtree(parts[i])); };
    const auto power = [&](double p, auto&& of_rest) {
        auto inside = part(0);
        return inside.exponent ? Exponential{scaled(p, *inside.exponent), of_rest(inside.rest)} : Exponential{std::nullopt, u};
    };
    const auto is_one = [](const Expression& e) { return e.size() == 1 && e.nodes[0].op == Op::parameter && e.values[0] == 1; };
    switch (op) {
        case Op::square: return power(2, [&](const Expression& r) { return is_one(r) ? r : power_of(r, {2, 1}); });
        case Op::cube: return power(3, [&](const Expression& r) { return is_one(r) ? r : power_of(r, {3, 1}); });
        case Op::sqrt: return power(0.5, [&](const Expression& r) { return is_one(r) ? r : power_of(r, {1, 2}); });
        case Op::inverse: return power(-1, [&](const Expression& r) { return is_one(r) ? r : power_of(r, {-1, 1}); });
        case Op::multiply: case Op::divide: {
            const auto left = part(0), right = part(1);
            if (!left.exponent && !right.exponent) return {std::nullopt, u};
            const bool product = op == Op::multiply;
            Expression exponent = left.exponent ? *left.exponent : Expression::constant(0);
            if (right.exponent) exponent = sum_of(exponent, product ? *right.exponent : scaled(-1, *right.exponent));
            const Expression rest = is_one(right.rest) ? left.rest : product ? product_of(left.rest, right.rest) : quotient_of(left.rest, right.rest);
            return {exponent, rest};
        }
        default: return {std::nullopt, u};
    }
}

// log(u), the exponentials among its factors written as what they are the exponentials of.
Expression logarithm_of(const Expression& u) {
    const auto [exponent, rest] = split_exponential(u);
    if (!exponent) return Expression::apply(Op::log, u);
    const bool number = rest.size() == 1 && rest.nodes[0].op == Op::parameter;
    if (number && rest.values[0] > 0) return sum_of(*exponent, Expression::constant(std::log(rest.values[0])));
    return sum_of(*exponent, Expression::apply(Op::log, rest));
}

}  // namespace

void transform_rows(Transform transform, const double* v, double* out, std::size_t rows) {
    for (std::size_t i = 0; i < rows; ++i) out[i] = transformed(transform, v[i]);
}

double slope(Transform transform, double v) {
    const double u = transformed(transform, v);
    switch (transform) {
        case Transform::identity: return 1;
        case Transform::square: return std::fabs(2 * v);
        case Transform::inverse: return u * u;
        case Transform::inverse_square: return std::fabs(2 * u / v);
        case Transform::sqrt: return 0.5 / u;
        case Transform::log: return 1 / std::fabs(v);
        case Transform::exp: return u;
        case Transform::sin: return std::fabs(std::cos(v));
        case Transform::cos: return std::fabs(std::sin(v));
        case Transform::tan: return 1 + u * u;
        case Transform::asin: case Transform::acos: return 1 / std::sqrt(1 - v * v);
        case Transform::atanh: return 1 / (1 - v * v);
        case Transform::acosh: return 1 / std::sqrt(v * v - 1);
    }
    return 1;
}

bool loses_sign(Transform transform) {
    return transform == Transform::square || transform == Transform::inverse_square || transform == Transform::log;
}

Viewed seen_through(Transform transform, const Sample& sample) {
    Viewed seen;
    seen.u.resize(sample.size());
    transform_rows(transform, sample.target.data(), seen.u.data(), seen.u.size());
    for (std::size_t i = 0; i < sample.size(); ++i) {
        const double d = slope(transform, sample.target[i]);
        seen.weight.push_back(sample.weight[i] / (d * d));
    }
    const auto finite = [](double x) { return std::isfinite(x); };
    if (!std::ranges::all_of(seen.u, finite) || !std::ranges::all_of(seen.weight, finite)) seen.u.clear();
    return seen;
}

Expression inverted(Transform transform, const Expression& u, int sign) {
    if (transform == Transform::identity) return u;
    if (transform == Transform::exp) return logarithm_of(u);
    // The root of a quotient reads better than the inverse of a root.
    Expression f = transform == Transform::inverse_square
                       ? Expression::apply(Op::sqrt, quotient_of(Expression::constant(1), u))
                       : Expression::apply(undoing(transform), u);
    if (transform == Transform::inverse && u.nodes.back().op == Op::divide) {
        const auto parts = u.operands(u.size() - 1);
        f = quotient_of(u.subtree(parts[1]), u.subtree(parts[0]));
    }
    return loses_sign(transform) && sign < 0 ? scaled(-1, f) : f;
}

bool invertible(Transform transform, const Spelling& spelling) {
    if (transform == Transform::inverse_square && !spelling.has(Op::inverse)) return false;
    if (transform == Transform::acosh && spelling.has(Op::exp)) return true;  // written with two exponentials
    return spelling.has(undoing(transform));
}

int common_sign(std::span<const double> values) {
    if (std::ranges::all_of(values, [](double v) { return v > 0; })) return 1;
    if (std::ranges::all_of(values, [](double v) { return v < 0; })) return -1;
    return 0;
}

}  // namespace balmer::enumerate
