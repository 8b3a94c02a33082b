#include "balmer/expression.hpp"

#include <algorithm>
#include <cassert>

namespace balmer {
namespace {

// Appends nodes [begin, end) of `from`, its parameters numbered from `into.values.size()` in order of appearance.
void append_renumbered(Expression& into, const Expression& from, std::size_t begin, std::size_t end) {
    std::vector<std::int32_t> number(from.values.size(), -1);
    for (std::size_t i = begin; i < end; ++i) {
        Node node = from.nodes[i];
        if (node.op == Op::parameter) {
            auto& target = number[static_cast<std::size_t>(node.index)];
            if (target < 0) {
                target = static_cast<std::int32_t>(into.values.size());
                into.values.push_back(from.values[static_cast<std::size_t>(node.index)]);
            }
            node.index = target;
        }
        into.nodes.push_back(node);
    }
}

}  // namespace

Expression Expression::constant(double value) {
    return {.nodes = {{.op = Op::parameter, .arity = 0, .length = 1, .index = 0}}, .values = {value}};
}

Expression Expression::feature(std::int32_t index) {
    return {.nodes = {{.op = Op::feature, .arity = 0, .length = 1, .index = index}}, .values = {}};
}

Expression Expression::apply(Op op, std::span<const Expression> operands, std::int32_t index) {
    Expression result;
    for (const auto& operand : operands) append_renumbered(result, operand, 0, operand.size());
    result.nodes.push_back({.op = op,
                            .arity = static_cast<std::uint8_t>(operands.size()),
                            .length = static_cast<std::uint32_t>(result.size() + 1),
                            .index = index});
    return result;
}

Expression Expression::apply(Op op, const Expression& a) { return apply(op, std::span(&a, 1)); }

Expression Expression::apply(Op op, const Expression& a, const Expression& b) {
    const Expression operands[] = {a, b};
    return apply(op, operands);
}

std::vector<std::size_t> Expression::operands(std::size_t position) const {
    std::vector<std::size_t> result(nodes[position].arity);
    std::size_t end = position;
    for (std::size_t k = result.size(); k-- > 0;) {
        result[k] = end - 1;
        end -= nodes[end - 1].length;
    }
    return result;
}

Expression Expression::subtree(std::size_t position) const {
    Expression result;
    append_renumbered(result, *this, begin_of(position), position + 1);
    return result;
}

Expression Expression::replaced(std::size_t position, const Expression& by) const {
    const std::size_t begin = begin_of(position);
    const auto growth = static_cast<std::int64_t>(by.size()) - static_cast<std::int64_t>(position + 1 - begin);
    Expression result;
    result.nodes.reserve(static_cast<std::size_t>(static_cast<std::int64_t>(size()) + growth));
    result.values = values;
    result.nodes.assign(nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(begin));
    append_renumbered(result, by, 0, by.size());
    for (std::size_t i = position + 1; i < size(); ++i) {
        Node node = nodes[i];
        // Ancestors are the later nodes whose subtree holds the place.
        if (i + 1 - node.length <= begin)
            node.length = static_cast<std::uint32_t>(static_cast<std::int64_t>(node.length) + growth);
        result.nodes.push_back(node);
    }
    return result.compacted();
}

Expression Expression::compacted() const {
    Expression result;
    result.nodes.reserve(size());
    append_renumbered(result, *this, 0, size());
    return result;
}

std::size_t Expression::depth() const {
    std::vector<std::size_t> stack;
    for (const auto& node : nodes) {
        std::size_t deepest = 0;
        for (int k = 0; k < node.arity; ++k) {
            deepest = std::max(deepest, stack.back());
            stack.pop_back();
        }
        stack.push_back(deepest + 1);
    }
    return stack.empty() ? 0 : stack.back();
}

int Vocabulary::find_definition(std::string_view name) const {
    for (std::size_t i = 0; i < definitions.size(); ++i)
        if (definitions[i].name == name) return static_cast<int>(i);
    return -1;
}

int Vocabulary::find_category(std::string_view name) const {
    for (std::size_t i = 0; i < categories.size(); ++i)
        if (categories[i].name == name) return static_cast<int>(i);
    return -1;
}

namespace {

using Nodes = std::vector<Node>;

// The body's or formula's nodes with calls replaced. Parameters of the outer formula keep their numbers; those of bodies are appended.
Nodes inline_nodes(const Expression& from, std::span<const Nodes> arguments, std::span<const Definition> definitions,
                   bool is_body, std::vector<double>& values) {
    std::vector<Nodes> stack;
    for (Node node : from.nodes) {
        if (node.op == Op::argument) {
            stack.push_back(arguments[static_cast<std::size_t>(node.index)]);
            continue;
        }
        if (node.op == Op::parameter && is_body) {
            values.push_back(from.values[static_cast<std::size_t>(node.index)]);
            node.index = static_cast<std::int32_t>(values.size() - 1);
        }
        const std::span<const Nodes> taken(stack.data() + stack.size() - node.arity, node.arity);
        Nodes made;
        if (node.op == Op::call) {
            made = inline_nodes(definitions[static_cast<std::size_t>(node.index)].body, taken, definitions, true, values);
        } else {
            for (const auto& operand : taken) made.insert(made.end(), operand.begin(), operand.end());
            node.length = static_cast<std::uint32_t>(made.size() + 1);
            made.push_back(node);
        }
        stack.resize(stack.size() - node.arity);
        stack.push_back(std::move(made));
    }
    assert(stack.size() == 1);
    return std::move(stack.back());
}

}  // namespace

Expression inlined(const Expression& expression, std::span<const Definition> definitions) {
    if (std::ranges::none_of(expression.nodes, [](const Node& n) { return n.op == Op::call; })) return expression;
    Expression result;
    result.values = expression.values;
    result.nodes = inline_nodes(expression, {}, definitions, false, result.values);
    return result;
}

}  // namespace balmer
