#include "model/labelled.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace balmer {

namespace {

Vocabulary with_labels(const Vocabulary& vocabulary, std::span<const std::string> labels) {
    Vocabulary result = vocabulary;
    result.parameters.assign(labels.begin(), labels.end());
    return result;
}

}  // namespace

std::string print_labelled(const Expression& expression, const Vocabulary& vocabulary, std::span<const std::string> labels) {
    return print(expression, with_labels(vocabulary, labels));
}

Expression parse_labelled(const std::string& text, const Vocabulary& vocabulary, std::span<const std::string> labels,
                          std::vector<double>& literals) {
    const auto known = static_cast<std::int32_t>(labels.size()), before = static_cast<std::int32_t>(literals.size());
    Expression expression = parse(text, with_labels(vocabulary, labels));
    literals.insert(literals.end(), expression.values.begin() + known, expression.values.end());
    for (Node& node : expression.nodes) {
        if (node.op == Op::parameter && node.index >= known) {
            node.index += before;
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
