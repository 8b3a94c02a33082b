#include "search/enumerate/spelling.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace balmer::enumerate {
namespace {

bool is_number(const Expression& e) { return e.size() == 1 && e.nodes[0].op == Op::parameter; }
bool is_number(const Expression& e, double value) { return is_number(e) && e.values[0] == value; }

}  // namespace

std::optional<Fraction> nearest_fraction(double x, double tolerance) {
    for (const int d : {1, 2, 3, 4, 6}) {
        const double n = std::round(x * d);
        if (std::fabs(x - n / d) <= tolerance && std::fabs(n) <= 12.0 * d) return Fraction{static_cast<int>(n), d};
    }
    return std::nullopt;
}

double short_decimal(double x, double tolerance) {
    if (x == 0 || !std::isfinite(x)) return x;
    const double unit = std::pow(10.0, std::floor(std::log10(std::fabs(x))) - 3);
    const double near = unit < 1 ? std::round(x / unit) / std::round(1 / unit) : std::round(x / unit) * unit;
    return std::fabs(near - x) <= tolerance * std::fabs(x) ? near : x;
}

Expression with_short_decimals(Expression formula, double tolerance) {
    for (double& x : formula.values) x = short_decimal(x, tolerance);
    return formula;
}

Spelling::Spelling(std::span<const Op> operators) {
    const auto set = [&](Op op) { allowed_[static_cast<std::size_t>(op)] = true; };
    for (const Op op : {Op::parameter, Op::feature, Op::argument, Op::pi, Op::euler, Op::call, Op::negate}) set(op);
    for (const Op op : operators) set(op);
    const bool products = has(Op::multiply) || has(Op::power);
    if (products) {
        set(Op::square);
        set(Op::cube);
        set(Op::integer_power);
    }
    if (has(Op::divide)) set(Op::inverse);
    if (has(Op::power)) set(Op::sqrt);
}

bool Spelling::allows(const Expression& expression) const {
    return !expression.empty() && std::ranges::all_of(expression.nodes, [&](const Node& node) { return has(node.op); });
}

Expression scaled(double c, const Expression& e) {
    if (c == 1) return e;
    if (is_number(e)) return Expression::constant(c * e.values[0]);
    if (c == -1) return e.nodes.back().op == Op::negate ? e.subtree(e.size() - 2) : Expression::apply(Op::negate, e);
    return Expression::apply(Op::multiply, Expression::constant(c), e);
}

Expression sum_of(const Expression& a, const Expression& b) {
    if (is_number(b, 0)) return a;
    if (is_number(a, 0)) return b;
    if (is_number(a) && is_number(b)) return Expression::constant(a.values[0] + b.values[0]);
    if (is_number(b) && b.values[0] < 0) return Expression::apply(Op::subtract, a, Expression::constant(-b.values[0]));
    if (b.nodes.back().op == Op::negate) return Expression::apply(Op::subtract, a, b.subtree(b.size() - 2));
    if (a.nodes.back().op == Op::negate) return Expression::apply(Op::subtract, b, a.subtree(a.size() - 2));
    return Expression::apply(Op::add, a, b);
}

Expression product_of(const Expression& a, const Expression& b) {
    if (is_number(a)) return scaled(a.values[0], b);
    if (is_number(b)) return scaled(b.values[0], a);
    return Expression::apply(Op::multiply, a, b);
}

Expression quotient_of(const Expression& a, const Expression& b) {
    if (is_number(b)) return scaled(1 / b.values[0], a);
    if (is_number(a, 1)) return Expression::apply(Op::inverse, b);
    return Expression::apply(Op::divide, a, b);
}

Expression power_of(const Expression& base, Fraction p) {
    if (p.n == 0) return Expression::constant(1);
    if (p.n < 0) return Expression::apply(Op::inverse, power_of(base, {-p.n, p.d}));
    if (p.d == 1) {
        if (p.n == 1) return base;
        if (p.n == 2) return Expression::apply(Op::square, base);
        if (p.n == 3) return Expression::apply(Op::cube, base);
        return Expression::apply(Op::integer_power, std::span(&base, 1), p.n);
    }
    if (p.d == 2) return Expression::apply(Op::sqrt, power_of(base, {p.n, 1}));
    if (p.d == 4) return Expression::apply(Op::sqrt, Expression::apply(Op::sqrt, power_of(base, {p.n, 1})));
    if (p.d == 3 && p.n == 1) return Expression::apply(Op::cbrt, base);
    return Expression::apply(Op::power, base, Expression::constant(p.value()));
}

Expression monomial_of(double c, std::span<const Power> powers) {
    // [0] numerator, [1] denominator; inside the root and outside.
    std::vector<Expression> outside[2], inside[2];
    const auto halves = std::ranges::count_if(powers, [](const Power& p) { return p.exponent.d == 2; });
    for (const auto& [base, p] : powers) {
        if (p.n == 0) continue;
        const Fraction size{std::abs(p.n), p.d};
        if (p.d == 2 && halves > 1)
            inside[p.n < 0].push_back(power_of(base, {size.n, 1}));
        else
            outside[p.n < 0].push_back(power_of(base, size));
    }
    const auto product = [](const std::vector<Expression>& factors) {
        Expression result = factors.front();
        for (std::size_t i = 1; i < factors.size(); ++i) result = product_of(result, factors[i]);
        return result;
    };
    const auto ratio = [&](std::vector<Expression>* sides) {
        const Expression top = sides[0].empty() ? Expression::constant(1) : product(sides[0]);
        return sides[1].empty() ? top : quotient_of(top, product(sides[1]));
    };
    if (!inside[0].empty() || !inside[1].empty()) outside[0].push_back(Expression::apply(Op::sqrt, ratio(inside)));
    if (c == -1 || c == 1) return scaled(c, ratio(outside));
    if (outside[0].empty())
        outside[0].push_back(Expression::constant(c));
    else
        outside[0].front() = scaled(c, outside[0].front());
    return ratio(outside);
}

}  // namespace balmer::enumerate
