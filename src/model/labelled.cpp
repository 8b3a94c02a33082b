#include "model/labelled.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace balmer {

namespace {

/// Columns and, after them, the labels: a label in a formula is then printed and parsed as a column is, whatever the
/// value behind it.
Vocabulary with_labels(const Vocabulary& vocabulary, std::span<const std::string> labels) {
    Vocabulary result = vocabulary;
    result.parameters.clear();
    result.features.insert(result.features.end(), labels.begin(), labels.end());
    return result;
}

}  // namespace

std::string print_labelled(const Expression& expression, const Vocabulary& vocabulary, std::span<const std::string> labels) {
    const auto features = static_cast<std::int32_t>(vocabulary.features.size());
    Expression text = expression;
    text.values.clear();
    for (Node& node : text.nodes) {
        if (node.op == Op::parameter) {
            node.op = Op::feature;
            node.index += features;
        }
    }
    return print(text, with_labels(vocabulary, labels));
}

Expression parse_labelled(const std::string& text, const Vocabulary& vocabulary, std::span<const std::string> labels,
                          std::vector<double>& literals) {
    const auto features = static_cast<std::int32_t>(vocabulary.features.size());
    const auto first_literal = static_cast<std::int32_t>(labels.size() + literals.size());
    Expression expression = parse(text, with_labels(vocabulary, labels));
    literals.insert(literals.end(), expression.values.begin(), expression.values.end());
    for (Node& node : expression.nodes) {
        if (node.op == Op::parameter) {
            node.index += first_literal;
        } else if (node.op == Op::feature && node.index >= features) {
            node.op = Op::parameter;
            node.index -= features;
        }
    }
    expression.values.clear();
    return expression;
}

std::string print_definition(const Definition& definition, const Vocabulary& vocabulary) {
    Vocabulary names{.features = definition.arguments, .parameters = {}, .definitions = vocabulary.definitions, .holes = {}};
    Expression body = definition.body;
    for (Node& node : body.nodes) {
        node.op = node.op == Op::argument ? Op::feature : node.op;
    }
    return fmt::format("{}({}) = {}", definition.name, fmt::join(definition.arguments, ", "), print(body, names));
}

}  // namespace balmer
