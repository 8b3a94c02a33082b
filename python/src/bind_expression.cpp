#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrays.hpp"
#include "balmer/complexity.hpp"
#include "balmer/derivative.hpp"
#include "balmer/expression.hpp"
#include "balmer/model.hpp"
#include "balmer/simplify.hpp"
#include "bindings.hpp"

namespace balmer::python {
namespace {

// A formula and the names it is written with.
struct NamedExpression {
    Expression expression;
    Vocabulary vocabulary;

    Model model() const { return Model::from_expressions({expression}, vocabulary); }
};

NamedExpression parse_formula(const std::string& text, const std::optional<std::vector<std::string>>& features,
                              const std::vector<std::string>& definitions) {
    Vocabulary vocabulary;
    if (features) vocabulary.features = *features;
    for (const auto& definition : definitions) vocabulary.definitions.push_back(parse_definition(definition, vocabulary));
    auto expression = parse(text, vocabulary, features ? UnknownName::refuse : UnknownName::feature);
    return {std::move(expression), std::move(vocabulary)};
}

NamedExpression derived(const NamedExpression& formula, const std::string& by) {
    const auto& names = formula.vocabulary.features;
    const auto found = std::ranges::find(names, by);
    if (found == names.end())
        throw Error(fmt::format("the formula has no variable '{}'.{} It has: {}", by, suggest(by, names),
                                names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
    const By variable{.kind = By::Kind::feature, .index = static_cast<std::int32_t>(found - names.begin())};
    return {derivative(formula.expression, variable, formula.vocabulary.definitions), formula.vocabulary};
}

NamedExpression simplified(const NamedExpression& formula, const std::string& measure) {
    SimplifyOptions options;
    options.cost = ComplexityMeasure::from_name(measure);
    return {simplify(formula.expression, formula.vocabulary.definitions, options).expression, formula.vocabulary};
}

auto values(const NamedExpression& formula, const std::vector<std::string>& names, const Block& block) {
    const Table table = table_of(names, block, "X");
    std::vector<std::vector<double>> result;
    {
        nb::gil_scoped_release released;
        result = predict(formula.model(), table);
    }
    return to_array(result, table.rows);
}

}  // namespace

void bind_expression(nb::module_& module) {
    nb::class_<NamedExpression>(module, "Expression")
        .def("text", [](const NamedExpression& f, int digits) { return print(f.expression, f.vocabulary, {.digits = digits}); }, nb::arg("digits"))
        .def("latex", [](const NamedExpression& f, int digits) { return latex(f.expression, f.vocabulary, {.digits = digits}); }, nb::arg("digits"))
        .def("export", [](const NamedExpression& f, const std::string& format) { return export_model(f.model(), format); }, nb::arg("format"))
        .def("complexity", [](const NamedExpression& f, const std::string& measure) { return ComplexityMeasure::from_name(measure)(f.expression); },
             nb::arg("measure"))
        .def("derivative", &derived, nb::arg("by"))
        .def("simplify", &simplified, nb::arg("measure"))
        .def("evaluate", &values, nb::arg("names"), nb::arg("block"))
        .def("model", &NamedExpression::model)
        .def_prop_ro("features", [](const NamedExpression& f) { return f.vocabulary.features; })
        .def_prop_ro("constants", [](const NamedExpression& f) { return f.expression.values; })
        .def("__eq__", [](const NamedExpression& a, const NamedExpression& b) {
            return a.expression == b.expression && a.vocabulary.features == b.vocabulary.features;
        });
    module.def("parse", &parse_formula, nb::arg("text"), nb::arg("features").none(), nb::arg("define"));
}

}  // namespace balmer::python
