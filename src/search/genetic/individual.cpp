#include "search/genetic/individual.hpp"

#include <algorithm>

namespace balmer::genetic {

Expression dressed(const Expression& core, double scale, double offset, Dressing dressing) {
    const auto scaled = [&] { return Expression::apply(Op::multiply, core, Expression::constant(scale)); };
    switch (dressing) {
        case Dressing::plain: return core;
        case Dressing::scaled: return scaled();
        case Dressing::shifted: return Expression::apply(Op::add, core, Expression::constant(offset));
        case Dressing::reflected: return Expression::apply(Op::subtract, Expression::constant(offset), core);
        case Dressing::full: return Expression::apply(Op::add, scaled(), Expression::constant(offset));
    }
    return core;
}

bool reads_features(const Expression& expression) {
    return std::ranges::any_of(expression.nodes, [](const Node& n) { return n.op == Op::feature || n.op == Op::category; });
}

Expression without_affine_map(Expression expression) {
    while (true) {
        const Op op = expression.nodes.back().op;
        const bool affine =
            op == Op::add || op == Op::subtract || op == Op::multiply || op == Op::divide || op == Op::negate;
        if (!affine || expression.nodes.back().arity == 0)
            return expression;
        const auto operands = expression.operands(expression.size() - 1);
        if (op == Op::negate) {
            expression = expression.subtree(operands[0]);
            continue;
        }
        const auto constant = [&](std::size_t k) {
            for (std::size_t i = expression.begin_of(operands[k]); i <= operands[k]; ++i)
                if (expression.nodes[i].op == Op::feature || expression.nodes[i].op == Op::category)
                    return false;
            return true;
        };
        if (constant(1)) {
            expression = expression.subtree(operands[0]);
        } else if (constant(0) && op != Op::divide) {
            expression = expression.subtree(operands[1]);
        } else {
            return expression;
        }
    }
}

}  // namespace balmer::genetic
