#include "search/divide/formula.hpp"

#include <algorithm>
#include <cmath>

#include "balmer/evaluate.hpp"

namespace balmer::divide {
namespace {

bool is_number(const Expression& e, double value) { return e.size() == 1 && e.nodes[0].op == Op::parameter && e.values[0] == value; }

Expression raised(const Expression& base, Rational p) {  // p > 0
    const auto whole = [&](std::int64_t n) {
        if (n == 1) return base;
        if (n == 2) return Expression::apply(Op::square, base);
        if (n == 3) return Expression::apply(Op::cube, base);
        return Expression::apply(Op::integer_power, std::span(&base, 1), static_cast<std::int32_t>(n));
    };
    if (p.denominator == 1) return whole(p.numerator);
    if (p.denominator == 2 && p.numerator == 3) return Expression::apply(Op::multiply, base, Expression::apply(Op::sqrt, base));
    if (p.denominator == 2) return Expression::apply(Op::sqrt, whole(p.numerator));
    if (p.denominator == 4) return Expression::apply(Op::sqrt, Expression::apply(Op::sqrt, whole(p.numerator)));
    return Expression::apply(Op::power, base, Expression::constant(p.value()));
}

}  // namespace

Expression with_features(const Expression& formula, std::span<const Expression> by) {
    std::vector<Expression> stack;
    for (const auto& node : formula.nodes) {
        if (node.op == Op::feature) {
            stack.push_back(by[static_cast<std::size_t>(node.index)]);
        } else if (node.op == Op::parameter) {
            stack.push_back(Expression::constant(formula.values[static_cast<std::size_t>(node.index)]));
        } else {
            const std::size_t base = stack.size() - node.arity;
            Expression result = Expression::apply(node.op, std::span(stack).subspan(base), node.index);
            stack.resize(base);
            stack.push_back(std::move(result));
        }
    }
    return stack.back();
}

std::optional<Rational> nearest_rational(double x, double tolerance) {
    constexpr double largest = 6;
    for (const int d : {1, 2, 3, 4, 6}) {
        const double n = std::round(x * d);
        if (std::fabs(x - n / d) <= tolerance && std::fabs(n) <= largest * d) return Rational::make(static_cast<std::int64_t>(n), d);
    }
    return std::nullopt;
}

Rational ratio(Rational n, Rational m) { return n * Rational::make(m.denominator, m.numerator); }

Expression product(const Expression& a, const Expression& b) {
    if (is_number(a, 1)) return b;
    if (is_number(b, 1)) return a;
    return Expression::apply(Op::multiply, a, b);
}

Expression quotient(const Expression& a, const Expression& b) {
    if (is_number(b, 1)) return a;
    if (is_number(a, 1)) return Expression::apply(Op::inverse, b);
    return Expression::apply(Op::divide, a, b);
}

Expression sum(const Expression& a, const Expression& b) {
    if (is_number(a, 0)) return b;
    if (is_number(b, 0)) return a;
    return Expression::apply(Op::add, a, b);
}

Expression difference(const Expression& a, const Expression& b) {
    if (is_number(b, 0)) return a;
    return Expression::apply(Op::subtract, a, b);
}

Expression monomial(std::span<const Factor> factors) {
    Expression above = Expression::constant(1), below = Expression::constant(1);
    for (const auto& [base, exponent] : factors) {
        if (exponent.numerator > 0) above = product(above, raised(base, exponent));
        if (exponent.numerator < 0) below = product(below, raised(base, {-exponent.numerator, exponent.denominator}));
    }
    return quotient(above, below);
}

bool operators_allow(std::span<const Op> operators, const Expression& formula) {
    const auto has = [&](Op op) { return std::ranges::find(operators, op) != operators.end(); };
    const bool products = has(Op::multiply) || has(Op::power);
    return std::ranges::all_of(formula.nodes, [&](const Node& node) {
        switch (node.op) {
            case Op::square: case Op::cube: case Op::integer_power: return products || has(node.op);
            case Op::inverse: return has(Op::divide) || has(Op::inverse);
            case Op::sqrt: return has(Op::sqrt) || has(Op::power);
            case Op::negate: case Op::call: case Op::pi: case Op::euler: return true;
            default: return node.arity == 0 || has(node.op);
        }
    });
}

std::vector<double> values_of(const Expression& formula, std::span<const std::vector<double>> columns, std::span<const Definition> definitions) {
    std::vector<const double*> pointers;
    for (const auto& column : columns) pointers.push_back(column.data());
    std::vector<double> values(columns.empty() ? 0 : columns[0].size());
    double* const out[] = {values.data()};
    evaluate(Program(formula, definitions), formula.values, Columns<double>{.column = pointers, .rows = values.size()}, out);
    return values;
}

bool all_finite(std::span<const double> values) {
    return std::ranges::all_of(values, [](double v) { return std::isfinite(v); });
}

}  // namespace balmer::divide
