#include <fmt/format.h>

#include <cmath>

#include "model/emit.hpp"
#include "model/export_formats.hpp"

namespace balmer {

namespace {

PrintOptions with_uncertainties(const Model& model) {
    PrintOptions options;
    for (const Parameter& parameter : model.parameters) {
        options.uncertainties.push_back(parameter.uncertainty);
    }
    return options;
}

bool is_named(const Model& model, std::size_t index) {
    return index < model.vocabulary.parameters.size() && !model.vocabulary.parameters[index].empty();
}

/// A formula that is one name, or one constant.
Expression leaf(Op op) { return op == Op::feature ? Expression::feature(0) : Expression::constant(0); }

/// p, or the name of one value of p[axis]: p_left.
std::string name_of(const Parameter& parameter) {
    return parameter.axis.empty() ? parameter.name : parameter.name + "_" + parameter.category;
}

std::string latex_name(const std::string& name) {
    return latex(leaf(Op::feature), Vocabulary{.features = {name}, .parameters = {}, .definitions = {}, .holes = {}});
}

std::string mathml_name(const std::string& name) {
    return mathml(leaf(Op::feature), Vocabulary{.features = {name}, .parameters = {}, .definitions = {}, .holes = {}});
}

/// The parameter's value alone: its expression and options.
std::pair<Expression, PrintOptions> value_of(const Parameter& parameter) {
    return {Expression::constant(parameter.value), PrintOptions{.digits = 0, .uncertainties = {parameter.uncertainty}}};
}

}  // namespace

std::string export_latex(const Model& model) {
    const PrintOptions options = with_uncertainties(model);
    std::vector<std::string> lines;
    for (const Output& output : model.outputs) {
        lines.push_back(fmt::format("  {} &= {}", latex_name(output.name), latex(output.expression, model.vocabulary, options)));
    }
    for (std::size_t i = 0; i < model.parameters.size(); ++i) {
        if (!is_named(model, i)) {
            continue;
        }
        const Parameter& parameter = model.parameters[i];
        const auto [value, digits] = value_of(parameter);
        const std::string unit = parameter.unit.empty() ? "" : fmt::format("\\,\\mathrm{{{}}}", one_line(parameter.unit));
        lines.push_back(fmt::format("  {} &= {}{}", latex_name(name_of(parameter)), latex(value, {}, digits), unit));
    }
    return fmt::format("\\begin{{align}}\n{}\n\\end{{align}}\n", joined(lines, " \\\\\n"));
}

std::string export_mathml(const Model& model) {
    const PrintOptions options = with_uncertainties(model);
    std::string text;
    const auto add = [&text](const std::string& name, const std::string& value) {
        text += fmt::format("<math xmlns=\"http://www.w3.org/1998/Math/MathML\" display=\"block\"><mrow>{}<mo>=</mo>{}</mrow></math>\n",
                            name, value);
    };
    for (const Output& output : model.outputs) {
        add(mathml_name(output.name), mathml(output.expression, model.vocabulary, options));
    }
    for (std::size_t i = 0; i < model.parameters.size(); ++i) {
        if (is_named(model, i)) {
            const auto [value, digits] = value_of(model.parameters[i]);
            add(mathml_name(name_of(model.parameters[i])), mathml(value, {}, digits));
        }
    }
    return text;
}

}  // namespace balmer
