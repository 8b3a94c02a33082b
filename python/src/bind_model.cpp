#include <cmath>
#include <string>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrays.hpp"
#include "balmer/model.hpp"
#include "bindings.hpp"

namespace balmer::python {
namespace {

std::string status_name(ParameterStatus status) {
    switch (status) {
        case ParameterStatus::free: return "free";
        case ParameterStatus::fixed: return "fixed";
        case ParameterStatus::snapped: return "snapped";
    }
    return "";
}

nb::list parameter_rows(const Model& model) {
    nb::list rows;
    for (const auto& parameter : model.parameters) {
        nb::dict row;
        row["name"] = parameter.name;
        row["axis"] = parameter.axis;
        row["category"] = parameter.category;
        row["value"] = parameter.value;
        row["uncertainty"] = parameter.uncertainty;
        row["status"] = status_name(parameter.status);
        row["snapped_to"] = parameter.snapped_to;
        row["unit"] = parameter.unit;
        rows.append(row);
    }
    return rows;
}

// (name, formula) of each output.
std::vector<std::pair<std::string, std::string>> formulas(const Model& model, int digits) {
    std::vector<std::pair<std::string, std::string>> result;
    for (const auto& output : model.outputs) result.emplace_back(output.name, print(output.expression, model.vocabulary, {.digits = digits}));
    return result;
}

std::vector<std::string> latex_formulas(const Model& model, int digits) {
    std::vector<std::string> result;
    for (const auto& output : model.outputs) result.push_back(latex(output.expression, model.vocabulary, {.digits = digits}));
    return result;
}

// Outputs of shape (outputs, rows).
auto scores(const Model& model, const std::vector<std::string>& names, const Block& block, const std::vector<TextBlock>& texts) {
    Table table = table_of(names, block, "X");
    add_texts(table, texts);
    std::vector<std::vector<double>> values;
    {
        nb::gil_scoped_release released;
        values = predict(model, table);
    }
    return to_array(values, table.rows);
}

std::vector<std::vector<double>> rows_of(const nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu>& array) {
    std::vector<std::vector<double>> values;
    for (std::size_t k = 0; k < array.shape(0); ++k)
        values.emplace_back(array.data() + k * array.shape(1), array.data() + (k + 1) * array.shape(1));
    return values;
}

std::vector<std::pair<double, double>> box_of(const Model& model) {
    std::vector<std::pair<double, double>> box;
    for (const auto& range : model.box) box.emplace_back(range.lower, range.upper);
    return box;
}

}  // namespace

void bind_model(nb::module_& module) {
    using Scores = nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
    nb::class_<Model>(module, "Model")
        .def_static("from_json", [](const std::string& text, const std::string& source) { return model_from_json(text, source); },
                    nb::arg("text"), nb::arg("source"))
        .def_static("load", [](const std::string& path) { return load_model(path); }, nb::arg("path"))
        .def("to_json", [](const Model& model) { return to_json(model); })
        .def("save", [](const Model& model, const std::string& path) { save(model, path); }, nb::arg("path"))
        .def("export", [](const Model& model, const std::string& format) { return export_model(model, format); }, nb::arg("format"))
        .def("formulas", &formulas, nb::arg("digits"))
        .def("latex_formulas", &latex_formulas, nb::arg("digits"))
        .def("scores", &scores, nb::arg("names"), nb::arg("block"), nb::arg("texts"))
        .def("classify", [](const Model& model, const Scores& array) { return classify(model, rows_of(array)); }, nb::arg("scores"))
        .def("probabilities", [](const Model& model, const Scores& array) { return to_array(probabilities(model, rows_of(array)), array.shape(1)); },
             nb::arg("scores"))
        .def_prop_ro("features", [](const Model& model) { return model.vocabulary.features; })
        .def_prop_ro("categories", [](const Model& model) {
            std::map<std::string, std::vector<std::string>> axes;
            for (const auto& axis : model.vocabulary.categories) axes[axis.name] = axis.labels;
            return axes;
        })
        .def_prop_ro("classes", [](const Model& model) { return model.classes; })
        .def_prop_ro("is_classifier", [](const Model& model) { return model.task == Task::classification; })
        .def_prop_ro("metrics", [](const Model& model) { return model.metrics; })
        .def_prop_ro("provenance", [](const Model& model) { return model.provenance; })
        .def_prop_ro("box", &box_of)
        .def_prop_ro("covariance", [](const Model& model) { return model.covariance; })
        .def("parameter_rows", &parameter_rows);
}

}  // namespace balmer::python
