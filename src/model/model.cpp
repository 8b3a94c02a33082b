#include "balmer/model.hpp"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

namespace balmer {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Adds expressions over a common parameter table to one graph. Constants of user operators are added once per
/// operator, after the table.
class GraphBuilder {
public:
    GraphBuilder(const Model& model) : definitions_(model.vocabulary.definitions), constants_(definitions_.size()) {
        for (const Parameter& parameter : model.parameters) {
            table_.push_back(graph_.add_parameter(parameter.value));
        }
    }

    void add_output(const Expression& expression) { graph_.add_root(add(expression, table_, {})); }

    Graph take() { return std::move(graph_); }

private:
    std::uint32_t add(const Expression& expression, const std::vector<std::uint32_t>& parameters,
                      const std::vector<std::uint32_t>& arguments) {
        std::vector<std::uint32_t> stack;
        for (const Node& node : expression.nodes) {
            const auto index = static_cast<std::size_t>(node.index);
            if (node.op == Op::parameter) {
                stack.push_back(parameters.at(index));
                continue;
            }
            if (node.op == Op::argument) {
                stack.push_back(arguments.at(index));
                continue;
            }
            assert(stack.size() >= node.arity);
            const std::vector<std::uint32_t> operands(stack.end() - node.arity, stack.end());
            stack.resize(stack.size() - node.arity);
            stack.push_back(node.op == Op::call ? call(index, operands) : graph_.add(node.op, operands, node.index));
        }
        assert(stack.size() == 1);
        return stack.back();
    }

    std::uint32_t call(std::size_t definition, const std::vector<std::uint32_t>& arguments) {
        const Expression& body = definitions_[definition].body;
        auto& constants = constants_[definition];
        while (constants.size() < body.values.size()) {
            constants.push_back(graph_.add_parameter(body.values[constants.size()]));
        }
        return add(body, std::vector<std::uint32_t>(constants), arguments);
    }

    const std::vector<Definition>& definitions_;
    Graph graph_;
    std::vector<std::uint32_t> table_;
    std::vector<std::vector<std::uint32_t>> constants_;  ///< nodes of each definition's constants
};

}  // namespace

Parameter::Parameter() : lower(-infinity), upper(infinity), uncertainty(std::numeric_limits<double>::quiet_NaN()) {}

Model Model::from_expressions(std::vector<Expression> outputs, Vocabulary vocabulary) {
    Model model;
    model.link = "identity";
    model.vocabulary = std::move(vocabulary);
    model.feature_units.resize(model.vocabulary.features.size());
    std::vector<std::string> names;
    if (outputs.size() == 1) {
        names = model.vocabulary.parameters;
    } else {
        model.vocabulary.parameters.clear();
    }
    for (std::size_t k = 0; k < outputs.size(); ++k) {
        const auto first = static_cast<std::int32_t>(model.parameters.size());
        for (std::size_t i = 0; i < outputs[k].values.size(); ++i) {
            Parameter parameter;
            parameter.value = outputs[k].values[i];
            parameter.name = i < names.size() ? names[i] : "";
            model.parameters.push_back(std::move(parameter));
        }
        for (Node& node : outputs[k].nodes) {
            node.index += node.op == Op::parameter ? first : 0;
        }
        std::string name = outputs.size() == 1 ? "y" : "y" + std::to_string(k + 1);
        model.outputs.push_back({std::move(name), std::move(outputs[k])});
    }
    model.set_parameter_values(model.parameter_values());
    model.name_categories();
    return model;
}

void Model::name_categories() {
    if (vocabulary.categories.empty()) {
        return;
    }
    Vocabulary named = vocabulary;
    for (const Output& output : outputs) {
        named.parameters = parameter_names(output.expression, named);
        for (std::size_t i = 0; i < output.expression.size(); ++i) {
            const Node& node = output.expression.nodes[i];
            if (node.op != Op::choose) {
                continue;
            }
            const auto column = static_cast<std::size_t>(output.expression.nodes[i - node.arity].index);
            const CategoryAxis& axis = vocabulary.categories[column - vocabulary.features.size()];
            for (std::size_t k = 0; k < axis.labels.size(); ++k) {
                Parameter& parameter = parameters[static_cast<std::size_t>(output.expression.nodes[i - node.arity + 1 + k].index)];
                parameter.axis = axis.name;
                parameter.category = axis.labels[k];
            }
        }
    }
    for (std::size_t i = 0; i < named.parameters.size(); ++i) {
        parameters[i].name = named.parameters[i];
    }
    const bool any = std::ranges::any_of(named.parameters, [](const std::string& name) { return !name.empty(); });
    vocabulary.parameters = any ? named.parameters : std::vector<std::string>();
}

Graph Model::graph() const {
    GraphBuilder builder(*this);
    for (const Output& output : outputs) {
        builder.add_output(output.expression);
    }
    return builder.take();
}

std::vector<double> Model::parameter_values() const {
    std::vector<double> values;
    for (const Parameter& parameter : parameters) {
        values.push_back(parameter.value);
    }
    return values;
}

void Model::set_parameter_values(std::span<const double> values) {
    assert(values.size() == parameters.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        parameters[i].value = values[i];
    }
    for (Output& output : outputs) {
        output.expression.values.assign(values.begin(), values.end());
    }
}

}  // namespace balmer
