#include "search/neural/domain.hpp"

#include <limits>
#include <optional>

namespace balmer::neural {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// Where operand `operand` of a restricted operator may lie: a little inside its domain, so that slopes stay of ordinary size. Of divisors the
// positive half, a sign goes into the numerator.
struct Interval {
    int operand;
    double low, high;
};

std::optional<Interval> interval_of(Op op, std::int32_t index) {
    constexpr double margin = 0.05, of_root = 0.01;
    switch (op) {
        case Op::divide: return Interval{1, margin, infinity};
        case Op::inverse:
        case Op::log:
        case Op::log2:
        case Op::log10:
        case Op::power: return Interval{0, margin, infinity};
        case Op::sqrt: return Interval{0, of_root, infinity};
        case Op::log1p: return Interval{0, margin - 1, infinity};
        case Op::asin:
        case Op::acos:
        case Op::atanh: return Interval{0, of_root - 1, 1 - of_root};
        case Op::acosh: return Interval{0, 1 + of_root, infinity};
        case Op::integer_power: return index < 0 ? std::optional(Interval{0, margin, infinity}) : std::nullopt;
        default: return std::nullopt;
    }
}

Expression distance(const Expression& above, const Expression& below) { return Expression::apply(Op::relu, Expression::apply(Op::subtract, above, below)); }

void add_to(Expression& sum, const Expression& term) { sum = sum.empty() ? term : Expression::apply(Op::add, sum, term); }

}  // namespace

GuardedFormula guarded(const Expression& body) {
    GuardedFormula result;
    std::vector<Expression> stack;
    for (const auto& node : body.nodes) {
        if (node.arity == 0) {
            Expression leaf{.nodes = {node}, .values = {}};
            if (node.op == Op::parameter) leaf = Expression::constant(body.values[static_cast<std::size_t>(node.index)]);
            stack.push_back(std::move(leaf));
            continue;
        }
        std::vector<Expression> operands(stack.end() - node.arity, stack.end());
        stack.resize(stack.size() - node.arity);
        if (const auto interval = interval_of(node.op, node.index)) {
            auto& operand = operands[static_cast<std::size_t>(interval->operand)];
            const Expression given = operand;
            if (interval->low > -infinity) {
                operand = Expression::apply(Op::max, operand, Expression::constant(interval->low));
                add_to(result.outside, distance(Expression::constant(interval->low), given));
            }
            if (interval->high < infinity) {
                operand = Expression::apply(Op::min, operand, Expression::constant(interval->high));
                add_to(result.outside, distance(given, Expression::constant(interval->high)));
            }
        }
        stack.push_back(Expression::apply(node.op, operands, node.index));
    }
    result.value = std::move(stack.back());
    return result;
}

}  // namespace balmer::neural
