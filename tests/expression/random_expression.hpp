#pragma once

#include <cmath>
#include <vector>

#include "balmer/expression.hpp"
#include "balmer/random.hpp"

namespace balmer::testing {

/// Operators that random formulas are made of.
struct RandomGrammar {
    std::vector<Op> unary;
    std::vector<Op> binary;
    int features = 3;
    double whole_constants = .5;  ///< share of constants that are small whole numbers
    double comparisons = 0;       ///< chance that an inner node is if(a < b, c, d)
};

/// Every fixed-arity operator of the table.
inline RandomGrammar every_operator() {
    RandomGrammar grammar;
    for (const auto& row : operator_table()) {
        if (row.op == Op::conditional) continue;
        if (row.arity == 1) grammar.unary.push_back(row.op);
        if (row.arity == 2) grammar.binary.push_back(row.op);
    }
    grammar.comparisons = .03;
    return grammar;
}

/// What searches use by default.
inline RandomGrammar common_operators() {
    return {{Op::negate, Op::square, Op::cube, Op::sqrt, Op::exp, Op::log, Op::sin, Op::cos, Op::tanh, Op::inverse, Op::abs},
            {Op::add, Op::add, Op::subtract, Op::multiply, Op::multiply, Op::divide}};
}

inline Expression random_leaf(RandomStream& random, const RandomGrammar& grammar) {
    const double u = random.uniform();
    if (u < .65) return Expression::feature(static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(grammar.features))));
    if (u < .68) {
        Expression leaf;
        leaf.nodes.push_back({random.chance(.5) ? Op::pi : Op::euler, 0, 1, 0});
        return leaf;
    }
    if (random.chance(grammar.whole_constants)) return Expression::constant(static_cast<double>(random.below(7)) - 3);
    return Expression::constant(static_cast<double>(random.below(600)) / 100 - 3);
}

/// A random formula of about `size` nodes.
inline Expression random_expression(RandomStream& random, const RandomGrammar& grammar, int size) {
    if (size <= 1) return random_leaf(random, grammar);
    if (size >= 7 && random.chance(grammar.comparisons)) {
        const auto part = (size - 3) / 4;
        const Op comparison = static_cast<Op>(static_cast<int>(Op::less) + static_cast<int>(random.below(6)));
        const auto a = random_expression(random, grammar, part), b = random_expression(random, grammar, part);
        const auto c = random_expression(random, grammar, part), d = random_expression(random, grammar, part);
        return Expression::apply(Op::conditional, std::vector{Expression::apply(comparison, a, b), c, d});
    }
    if (size == 2 || random.chance(.35)) {
        const Op op = grammar.unary[random.below(grammar.unary.size())];
        const auto a = random_expression(random, grammar, size - 1);
        if (op != Op::integer_power) return Expression::apply(op, a);
        const std::int32_t exponents[] = {-4, -3, -2, 4, 5, 6};
        return Expression::apply(op, std::vector{a}, exponents[random.below(6)]);
    }
    const Op op = grammar.binary[random.below(grammar.binary.size())];
    const int left = 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(size - 2)));
    const auto a = random_expression(random, grammar, left);
    const auto b = random_expression(random, grammar, size - 1 - left);
    return Expression::apply(op, a, b);
}

/// The slow, obvious value of a formula at a point.
inline double value_at(const Expression& expression, std::span<const double> point) {
    std::vector<double> stack;
    for (const auto& node : expression.nodes) {
        if (node.op == Op::parameter) {
            stack.push_back(expression.values[static_cast<std::size_t>(node.index)]);
        } else if (node.op == Op::feature) {
            stack.push_back(point[static_cast<std::size_t>(node.index)]);
        } else if (node.arity == 0) {
            stack.push_back(apply(node.op, 0));
        } else {
            double operand[3] = {};
            for (int i = node.arity; i-- > 0; stack.pop_back()) operand[i] = stack.back();
            stack.push_back(node.op == Op::integer_power ? integer_power(operand[0], node.index)
                                                         : apply(node.op, operand[0], operand[1], operand[2]));
        }
    }
    return stack.back();
}

/// Whether a formula and everything on the way to its value is finite at a point.
inline bool finite_throughout(const Expression& expression, std::span<const double> point) {
    for (std::size_t at = 0; at < expression.size(); ++at)
        if (!std::isfinite(value_at(expression.subtree(at), point))) return false;
    return true;
}

/// How far rounding alone may move the value of a formula at a point: the largest change when every operand of every
/// node in turn is moved by a few units in the last place. Infinite where that leaves the domain.
inline double rounding_scale(const Expression& expression, std::span<const double> point) {
    const double value = value_at(expression, point);
    double scale = std::fabs(value) * 4e-16 + 1e-300;
    for (std::size_t at = 0; at < expression.size(); ++at) {
        const auto part = expression.subtree(at);
        const double v = value_at(part, point);
        for (const double move : {1 + 1e-13, 1 - 1e-13}) {
            const double moved = value_at(expression.replaced(at, Expression::constant(v * move)), point);
            const double change = std::fabs(moved - value);
            scale = std::isfinite(change) ? std::max(scale, change) : INFINITY;
        }
    }
    return scale;
}

}  // namespace balmer::testing
