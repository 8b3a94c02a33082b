#include "balmer/derivative.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <string>
#include <utility>

#include "balmer/error.hpp"
#include "expression/simplify/canonical.hpp"

namespace balmer {
namespace {

/// The derivative formulas of the operator table, parsed once: features 0 to 2 are the arguments a, b, c, feature 3 is f.
const Expression& partial(Op op, std::size_t argument) {
    static const auto all = [] {
        std::array<std::array<Expression, 3>, op_count> formulas;
        const Vocabulary names{{"a", "b", "c", "f"}, {}, {}, {}};
        for (const auto& row : operator_table())
            for (std::size_t i = 0; i < 3; ++i)
                if (!row.derivative[i].empty()) formulas[static_cast<std::size_t>(row.op)][i] = parse(row.derivative[i], names);
        return formulas;
    }();
    return all[static_cast<std::size_t>(op)][argument];
}

bool is_number(const Expression& expression, double value) {
    return expression.size() == 1 && expression.nodes[0].op == Op::parameter && expression.values[0] == value;
}

/// Forward differentiation over the postfix array. Parameters keep their index while derivatives are built; the numbers that
/// derivatives bring are appended to one table of values.
class Differentiation {
public:
    Differentiation(const Expression& formula, By by) : formula_(formula), by_(by), values_(formula.values) {}

    Expression run() {
        for (std::size_t at = 0; at < formula_.size(); ++at) {
            const Node& node = formula_.nodes[at];
            if (node.op == Op::hole)
                throw Error("A formula with an unknown function has no derivative yet; fit the function first.");
            const std::size_t base = stack_.size() - node.arity;
            Nodes result = node.arity == 0 ? leaf(node) : inner(at, base);
            stack_.resize(base);
            stack_.push_back(std::move(result));
        }
        Nodes root = std::move(stack_.back());
        if (root.empty()) root = number(0);
        return {std::move(root), std::move(values_)};
    }

private:
    using Nodes = std::vector<Node>;  ///< empty: zero

    Nodes number(double value) {
        values_.push_back(value);
        return {{Op::parameter, 0, 1, static_cast<std::int32_t>(values_.size() - 1)}};
    }

    Nodes leaf(const Node& node) {
        const Op wanted = by_.kind == By::Kind::feature ? Op::feature : Op::parameter;
        return node.op == wanted && node.index == by_.index ? number(1) : Nodes{};
    }

    Nodes subtree(std::size_t at) const {
        return {formula_.nodes.begin() + static_cast<std::ptrdiff_t>(formula_.begin_of(at)),
                formula_.nodes.begin() + static_cast<std::ptrdiff_t>(at) + 1};
    }

    static Nodes apply(Op op, std::initializer_list<const Nodes*> operands, std::int32_t index = 0) {
        Nodes result;
        for (const auto* operand : operands) result.insert(result.end(), operand->begin(), operand->end());
        const auto length = static_cast<std::uint32_t>(result.size() + 1);
        result.push_back({op, static_cast<std::uint8_t>(operands.size()), length, index});
        return result;
    }

    // A derivative formula with the arguments of the node at `at` put in.
    Nodes filled(const Expression& formula, std::size_t at, const std::vector<std::size_t>& operands) {
        std::vector<Nodes> stack;
        for (const auto& node : formula.nodes) {
            if (node.op == Op::feature) {
                stack.push_back(subtree(node.index == 3 ? at : operands[static_cast<std::size_t>(node.index)]));
            } else if (node.op == Op::parameter) {
                stack.push_back(number(formula.values[static_cast<std::size_t>(node.index)]));
            } else if (node.arity == 0) {
                stack.push_back({node});
            } else {
                Nodes joined;
                for (std::size_t i = stack.size() - node.arity; i < stack.size(); ++i)
                    joined.insert(joined.end(), stack[i].begin(), stack[i].end());
                joined.push_back({node.op, node.arity, static_cast<std::uint32_t>(joined.size() + 1), node.index});
                stack.resize(stack.size() - node.arity);
                stack.push_back(std::move(joined));
            }
        }
        return std::move(stack.back());
    }

    // if, min and max choose a branch: a product with 0 would be NaN where the other branch has no value.
    Nodes chosen(std::size_t at, std::size_t base, const std::vector<std::size_t>& operands) {
        const Op op = formula_.nodes[at].op;
        const std::size_t first = op == Op::conditional ? 1 : 0;
        std::array<Nodes, 2> branch{std::move(stack_[base + first]), std::move(stack_[base + first + 1])};
        if (branch[0].empty() && branch[1].empty()) return {};
        for (auto& nodes : branch)
            if (nodes.empty()) nodes = number(0);
        Nodes condition = subtree(operands[0]);
        if (op != Op::conditional) {
            const Nodes other = subtree(operands[1]);
            condition = apply(op == Op::min ? Op::less_equal : Op::greater_equal, {&condition, &other});
        }
        return apply(Op::conditional, {&condition, &branch[0], &branch[1]});
    }

    // A value of p[axis] changes it in the rows of its category.
    Nodes of_choice(std::size_t at, std::size_t base) {
        const Node& node = formula_.nodes[at];
        const auto values = std::span(stack_).subspan(base + 1, node.arity - 1u);
        if (std::ranges::all_of(values, [](const Nodes& nodes) { return nodes.empty(); })) return {};
        Nodes result = subtree(formula_.operands(at)[0]);
        for (const auto& value : values) {
            const Nodes term = value.empty() ? number(0) : value;
            result.insert(result.end(), term.begin(), term.end());
        }
        result.push_back({Op::choose, node.arity, static_cast<std::uint32_t>(result.size() + 1), 0});
        return result;
    }

    Nodes inner(std::size_t at, std::size_t base) {
        const Node& node = formula_.nodes[at];
        if (node.op == Op::choose) return of_choice(at, base);
        const auto operands = formula_.operands(at);
        if (node.op == Op::conditional || node.op == Op::min || node.op == Op::max) return chosen(at, base, operands);
        Nodes sum;
        for (std::size_t i = 0; i < operands.size(); ++i) {
            Nodes& inside = stack_[base + i];
            if (inside.empty()) continue;
            Nodes term;
            if (node.op == Op::integer_power) {
                const Nodes exponent = number(node.index), argument = subtree(operands[0]);
                const Nodes lowered = apply(Op::integer_power, {&argument}, node.index - 1);
                const Nodes slope = apply(Op::multiply, {&exponent, &lowered});
                term = apply(Op::multiply, {&slope, &inside});
            } else {
                const auto& formula = partial(node.op, i);
                if (is_number(formula, 0)) continue;
                const Nodes slope = filled(formula, at, operands);
                term = is_number(formula, 1) ? std::move(inside) : apply(Op::multiply, {&slope, &inside});
            }
            sum = sum.empty() ? std::move(term) : apply(Op::add, {&sum, &term});
        }
        return sum;
    }

    const Expression& formula_;
    By by_;
    std::vector<double> values_;
    std::vector<Nodes> stack_;
};

}  // namespace

Expression derivative(const Expression& expression, By by, std::span<const Definition> definitions) {
    const Expression formula = inlined(expression, definitions);
    const bool keep = by.kind == By::Kind::parameter || by.parameters == By::Parameters::keep;
    const auto raw = Differentiation(formula, by).run();
    return canonical_keeping(raw, keep ? formula.values.size() : 0);
}

}  // namespace balmer
