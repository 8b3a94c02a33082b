#include "balmer/form.hpp"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "balmer/error.hpp"
#include "expression/lexer.hpp"

namespace balmer {
namespace {

using Nodes = std::vector<Node>;

bool depends_on_columns(const Expression& expression, std::size_t position) {
    for (std::size_t i = expression.begin_of(position); i <= position; ++i)
        if (expression.nodes[i].op == Op::feature || expression.nodes[i].op == Op::category) return true;
    return false;
}

// A hole's formula over the nodes of its arguments; its parameters begin at `first`.
Nodes written_in(const Expression& hole, std::span<const Nodes> arguments, std::int32_t first) {
    Nodes result;
    std::vector<std::uint32_t> lengths;
    for (Node node : hole.nodes) {
        if (node.op == Op::feature) {
            const Nodes& argument = arguments[static_cast<std::size_t>(node.index)];
            result.insert(result.end(), argument.begin(), argument.end());
            lengths.push_back(argument.back().length);
            continue;
        }
        node.length = 1;
        for (std::size_t k = 0; k < node.arity; ++k) node.length += lengths[lengths.size() - 1 - k];
        lengths.resize(lengths.size() - node.arity);
        lengths.push_back(node.length);
        if (node.op == Op::parameter) node.index += first;
        result.push_back(node);
    }
    return result;
}

}  // namespace

Form parse_form(std::string_view text, const Vocabulary& given) {
    Vocabulary vocabulary = given;
    vocabulary.parameters.clear();
    vocabulary.holes.clear();
    Form form;
    form.expression = parse(text, vocabulary, UnknownName::parameter);
    form.parameters = vocabulary.parameters;
    form.parameters.resize(form.expression.values.size());
    for (const auto& name : vocabulary.holes) form.holes.push_back({.name = name, .arguments = {}});
    for (std::size_t i = 0; i < form.expression.size(); ++i) {
        const Node& node = form.expression.nodes[i];
        if (node.op != Op::hole) continue;
        Hole& hole = form.holes[static_cast<std::size_t>(node.index)];
        if (!hole.arguments.empty()) continue;
        if (!depends_on_columns(form.expression, i))
            throw Error(fmt::format("the unknown function '{}' depends on no column. The columns are {}", hole.name, fmt::join(given.features, ", ")));
        for (const auto operand : form.expression.operands(i)) {
            const auto part = [&] {
                Expression argument;
                argument.nodes.assign(form.expression.nodes.begin() + static_cast<std::ptrdiff_t>(form.expression.begin_of(operand)),
                                      form.expression.nodes.begin() + static_cast<std::ptrdiff_t>(operand) + 1);
                argument.values = form.expression.values;
                return argument;
            }();
            hole.arguments.push_back(print(part, vocabulary));
        }
    }
    return form;
}

Expression filled(const Expression& form, std::span<const Expression> holes) {
    Expression result;
    result.values = form.values;
    std::vector<std::int32_t> first;
    for (const auto& hole : holes) {
        first.push_back(static_cast<std::int32_t>(result.values.size()));
        result.values.insert(result.values.end(), hole.values.begin(), hole.values.end());
    }
    std::vector<Nodes> stack;
    for (Node node : form.nodes) {
        const std::span<const Nodes> operands(stack.data() + stack.size() - node.arity, node.arity);
        Nodes made;
        if (node.op == Op::hole) {
            const auto hole = static_cast<std::size_t>(node.index);
            made = written_in(holes[hole], operands, first[hole]);
        } else {
            for (const auto& operand : operands) made.insert(made.end(), operand.begin(), operand.end());
            node.length = static_cast<std::uint32_t>(made.size() + 1);
            made.push_back(node);
        }
        stack.resize(stack.size() - node.arity);
        stack.push_back(std::move(made));
    }
    assert(stack.size() == 1);
    result.nodes = std::move(stack.back());
    return result;
}

bool has_holes(const Expression& expression) {
    return std::ranges::any_of(expression.nodes, [](const Node& node) { return node.op == Op::hole; });
}

std::string print_hole(const Hole& hole, const Expression& found, const Vocabulary& vocabulary, const PrintOptions& options) {
    std::vector<std::string> names = hole.arguments;
    const bool are_names = std::ranges::all_of(names, [](const std::string& name) { return is_identifier(name); });
    for (std::size_t k = 0; k < names.size() && !are_names; ++k) names[k] = names.size() == 1 ? "u" : fmt::format("u{}", k + 1);
    const Vocabulary inside{.features = names, .parameters = {}, .definitions = vocabulary.definitions, .holes = {}};
    return fmt::format("{}({}) = {}", hole.name, fmt::join(names, ", "), print(found, inside, options));
}

}  // namespace balmer
