#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "balmer/atomic_file.hpp"
#include "balmer/error.hpp"
#include "balmer/model.hpp"
#include "model/json_reader.hpp"
#include "model/labelled.hpp"
#include "model/names.hpp"
#include "model/pretty_json.hpp"

// The schema is described in docs/specs/model.md; tests/golden/model_version_1.json must load for ever.

namespace balmer {

namespace {

using Json = nlohmann::ordered_json;

// Version 2 knows category axes; what has none is written as version 1, which older programs read.
constexpr long long first_version = 1, newest_version = 2;
constexpr std::array<std::pair<std::string_view, Task>, 2> task_names = {
    {{"regression", Task::regression}, {"classification", Task::classification}}};
constexpr std::array<std::pair<std::string_view, ParameterStatus>, 3> status_names = {
    {{"free", ParameterStatus::free}, {"fixed", ParameterStatus::fixed}, {"snapped", ParameterStatus::snapped}}};

template <class Value, std::size_t N>
std::string name_of(const std::array<std::pair<std::string_view, Value>, N>& names, Value value) {
    for (const auto& [name, candidate] : names) {
        if (candidate == value) {
            return std::string(name);
        }
    }
    return {};
}

template <class Value, std::size_t N>
Value value_of(const std::array<std::pair<std::string_view, Value>, N>& names, const JsonReader& json) {
    const std::string word = json.text();
    std::vector<std::string> known;
    for (const auto& [name, value] : names) {
        if (name == word) {
            return value;
        }
        known.emplace_back(name);
    }
    json.fail(fmt::format("unknown word '{}'.{} Known: {}", word, suggest(word, known), fmt::join(known, ", ")));
}

Json features_to_json(const Model& model) {
    Json list = Json::array();
    for (std::size_t i = 0; i < model.vocabulary.features.size(); ++i) {
        Json feature = {{"name", model.vocabulary.features[i]}};
        if (i < model.feature_units.size() && !model.feature_units[i].empty()) {
            feature["unit"] = model.feature_units[i];
        }
        if (i < model.box.size()) {
            feature["lower"] = json_number(model.box[i].lower);
            feature["upper"] = json_number(model.box[i].upper);
        }
        list.push_back(std::move(feature));
    }
    return list;
}

Json parameter_to_json(const Parameter& parameter, const std::string& label) {
    Json json = {{"let", label}};
    if (!parameter.axis.empty()) {
        json["axis"] = parameter.axis;
        json["category"] = parameter.category;
    }
    json["value"] = json_number(parameter.value);
    if (!std::isnan(parameter.uncertainty)) {
        json["uncertainty"] = json_number(parameter.uncertainty);
    }
    json["status"] = name_of(status_names, parameter.status);
    if (!parameter.snapped_to.empty()) {
        json["snapped_to"] = parameter.snapped_to;
    }
    if (!parameter.unit.empty()) {
        json["unit"] = parameter.unit;
    }
    if (parameter.lower > -std::numeric_limits<double>::infinity()) {
        json["lower"] = json_number(parameter.lower);
    }
    if (parameter.upper < std::numeric_limits<double>::infinity()) {
        json["upper"] = json_number(parameter.upper);
    }
    if (!parameter.name.empty()) {
        json["name"] = parameter.name;
    }
    return json;
}

std::size_t count_free(const Model& model) {
    std::size_t count = 0;
    for (const Parameter& parameter : model.parameters) {
        count += parameter.status == ParameterStatus::free ? 1 : 0;
    }
    return count;
}

Json covariance_to_json(const Model& model) {
    const std::size_t p = count_free(model);
    Json rows = Json::array();
    for (std::size_t i = 0; p > 0 && i * p < model.covariance.size(); ++i) {
        Json row = Json::array();
        for (std::size_t j = 0; j < p && i * p + j < model.covariance.size(); ++j) {
            row.push_back(json_number(model.covariance[i * p + j]));
        }
        rows.push_back(std::move(row));
    }
    return rows;
}

// Reading.

void check_version(const JsonReader& root) {
    constexpr std::string_view key = "balmer_model";
    if (!root.has(std::string(key))) {
        root.fail("this is not a balmer model: the entry 'balmer_model' with the version of the format is missing. "
                  "Models lie in a run folder under models/, or come from `balmer export RUN --to json`");
    }
    const JsonReader version = root[std::string(key)];
    if (version.integer() < first_version || version.integer() > newest_version) {
        version.fail(fmt::format("the file has version {} of the model format, this program reads versions {} to {}; a newer "
                                 "balmer may read it",
                                 version.integer(), first_version, newest_version));
    }
}

void read_features(const JsonReader& root, Model& model) {
    bool has_box = true;
    for (const JsonReader& feature : root["features"].list()) {
        const std::string name = feature["name"].text();
        for (const std::string& other : model.vocabulary.features) {
            if (other == name) {
                feature.fail(fmt::format("two features are called '{}'", name));
            }
        }
        model.vocabulary.features.push_back(name);
        model.feature_units.push_back(feature.text_or("unit", ""));
        has_box = has_box && feature.has("lower") && feature.has("upper");
        model.box.push_back({feature.number_or("lower", 0), feature.number_or("upper", 0)});
    }
    if (!has_box) {
        model.box.clear();
    }
}

void read_categories(const JsonReader& root, Model& model) {
    if (!root.has("categories")) {
        return;
    }
    for (const JsonReader& entry : root["categories"].list()) {
        CategoryAxis axis{.name = entry["name"].text(), .labels = {}};
        if (model.vocabulary.find_category(axis.name) >= 0) {
            entry.fail(fmt::format("two category axes are called '{}'", axis.name));
        }
        for (const JsonReader& label : entry["labels"].list()) {
            if (std::ranges::find(axis.labels, label.text()) != axis.labels.end()) {
                label.fail(fmt::format("the category '{}' stands twice", label.text()));
            }
            axis.labels.push_back(label.text());
        }
        model.vocabulary.categories.push_back(std::move(axis));
    }
}

void read_definitions(const JsonReader& root, Model& model) {
    if (!root.has("definitions")) {
        return;
    }
    for (const JsonReader& definition : root["definitions"].list()) {
        try {
            model.vocabulary.definitions.push_back(parse_definition(definition.text(), model.vocabulary));
        } catch (const Error& error) {
            definition.fail(error.message());
        }
    }
}

/// Labels differ from each other, but the values of one p[axis] share theirs and stand in the order of the axis.
void check_label(const JsonReader& entry, const std::string& label, const std::vector<std::string>& labels, const Parameter& parameter,
                 const Model& model) {
    if (parameter.axis.empty()) {
        if (std::ranges::find(labels, label) != labels.end()) {
            entry.fail(fmt::format("two constants are called '{}'", label));
        }
        return;
    }
    const int axis = model.vocabulary.find_category(parameter.axis);
    if (axis < 0) {
        entry["axis"].fail(fmt::format("there is no category axis '{}'", parameter.axis));
    }
    const std::vector<std::string>& known = model.vocabulary.categories[static_cast<std::size_t>(axis)].labels;
    std::size_t before = 0;  // values of the same constant directly before this one
    while (before < labels.size() && labels[labels.size() - 1 - before] == label) {
        ++before;
    }
    const bool is_whole = std::ranges::count(labels, label) == static_cast<std::ptrdiff_t>(before);
    if (!is_whole || before >= known.size() || known[before] != parameter.category) {
        entry.fail(fmt::format("the values of '{}' stand together, one for each category of '{}' in the order of its labels", label, parameter.axis));
    }
}

/// Fills the parameter table; returns the labels.
std::vector<std::string> read_parameters(const JsonReader& root, Model& model) {
    std::vector<std::string> labels;
    if (!root.has("let")) {
        return labels;
    }
    for (const JsonReader& entry : root["let"].list()) {
        Parameter parameter;
        const std::string label = entry["let"].text();
        parameter.axis = entry.text_or("axis", "");
        parameter.category = entry.text_or("category", "");
        check_label(entry, label, labels, parameter, model);
        labels.push_back(label);
        parameter.value = entry["value"].number();
        parameter.uncertainty = entry.number_or("uncertainty", parameter.uncertainty);
        parameter.status = entry.has("status") ? value_of(status_names, entry["status"]) : ParameterStatus::free;
        parameter.snapped_to = entry.text_or("snapped_to", "");
        parameter.unit = entry.text_or("unit", "");
        parameter.lower = entry.number_or("lower", parameter.lower);
        parameter.upper = entry.number_or("upper", parameter.upper);
        parameter.name = entry.text_or("name", "");
        model.parameters.push_back(std::move(parameter));
    }
    return labels;
}

/// What a formula takes for the values of p[axis] are those in the table.
void check_choices(const JsonReader& root, const Model& model) {
    for (const Output& output : model.outputs) {
        for (std::size_t i = 0; i < output.expression.size(); ++i) {
            const Node& node = output.expression.nodes[i];
            if (node.op != Op::choose) {
                continue;
            }
            const auto first = static_cast<std::size_t>(output.expression.nodes[i - node.arity + 1].index);
            const auto column = static_cast<std::size_t>(output.expression.nodes[i - node.arity].index);
            const CategoryAxis& axis = model.vocabulary.categories[column - model.vocabulary.features.size()];
            if (first >= model.parameters.size() || model.parameters[first].axis != axis.name) {
                root["outputs"].fail(fmt::format("the formula of '{}' has a constant with categories of '{}' whose values do not stand under 'let'",
                                                 output.name, axis.name));
            }
        }
    }
}

void read_outputs(const JsonReader& root, Model& model, const std::vector<std::string>& labels) {
    std::vector<double> literals;
    for (const JsonReader& output : root["outputs"].list()) {
        const JsonReader formula = output["formula"];
        try {
            model.outputs.push_back({output["name"].text(), parse_labelled(formula.text(), model.vocabulary, labels, literals)});
        } catch (const Error& error) {
            if (!error.place().file.empty()) {
                throw;
            }
            formula.fail(error.message());
        }
    }
    if (model.outputs.empty()) {
        root["outputs"].fail("a model has at least one output");
    }
    for (const double value : literals) {  // numbers somebody wrote into a formula: no fit moves them
        Parameter parameter;
        parameter.value = value;
        parameter.status = ParameterStatus::fixed;
        model.parameters.push_back(std::move(parameter));
    }
    model.set_parameter_values(model.parameter_values());
    check_choices(root, model);
    const bool named = std::any_of(model.parameters.begin(), model.parameters.end(),
                                   [](const Parameter& parameter) { return !parameter.name.empty(); });
    for (std::size_t i = 0; named && i < model.parameters.size(); ++i) {
        model.vocabulary.parameters.push_back(model.parameters[i].name);
    }
}

void read_covariance(const JsonReader& root, Model& model) {
    if (!root.has("covariance")) {
        return;
    }
    const std::size_t p = count_free(model);
    const auto rows = root["covariance"].list();
    for (const JsonReader& row : rows) {
        const auto entries = row.list();
        if (entries.size() != p || rows.size() != p) {
            row.fail(fmt::format("the covariance has one row and one column per free constant: {} x {}", p, p));
        }
        for (const JsonReader& entry : entries) {
            model.covariance.push_back(entry.number());
        }
    }
}

void read_classes(const JsonReader& root, Model& model) {
    model.link = root.text_or("link", "identity");
    const std::vector<std::string> links = {"identity", "logistic", "softmax"};
    if (std::find(links.begin(), links.end(), model.link) == links.end()) {
        root["link"].fail(fmt::format("unknown link '{}'.{} Known: {}", model.link, suggest(model.link, links), fmt::join(links, ", ")));
    }
    if (root.has("classes")) {
        for (const JsonReader& label : root["classes"].list()) {
            model.classes.push_back(label.text());
        }
    }
    const std::size_t scores = model.outputs.size() == 1 ? 2 : model.outputs.size();
    if (model.task == Task::classification && model.classes.size() != scores) {
        root["outputs"].fail(fmt::format("{} formulas cannot score {} classes: one formula per class, or one for two classes",
                                         model.outputs.size(), model.classes.size()));
    }
}

void read_remarks(const JsonReader& root, Model& model) {
    if (root.has("metrics")) {
        for (const auto& [key, value] : root["metrics"].members()) {
            model.metrics[key] = value.number();
        }
    }
    if (root.has("provenance")) {
        for (const auto& [key, value] : root["provenance"].members()) {
            model.provenance[key] = value.text();
        }
    }
}

}  // namespace

std::string to_json(const Model& model) {
    const std::vector<std::string> labels = label_parameters(model);
    Json json;
    json["balmer_model"] = model.vocabulary.categories.empty() ? first_version : newest_version;
    json["task"] = name_of(task_names, model.task);
    json["link"] = model.link.empty() ? "identity" : model.link;
    json["outputs"] = Json::array();
    for (const Output& output : model.outputs) {
        json["outputs"].push_back(
            {{"name", output.name}, {"formula", print_labelled(output.expression, model.vocabulary, labels)}});
    }
    json["let"] = Json::array();
    for (std::size_t i = 0; i < labels.size(); ++i) {
        json["let"].push_back(parameter_to_json(model.parameters[i], labels[i]));
    }
    if (!model.covariance.empty()) {
        json["covariance"] = covariance_to_json(model);
    }
    json["features"] = features_to_json(model);
    for (const CategoryAxis& axis : model.vocabulary.categories) {
        json["categories"].push_back({{"name", axis.name}, {"labels", axis.labels}});
    }
    json["definitions"] = Json::array();
    for (const Definition& definition : model.vocabulary.definitions) {
        json["definitions"].push_back(print_definition(definition, model.vocabulary));
    }
    json["classes"] = model.classes;
    json["metrics"] = Json::object();
    for (const auto& [key, value] : model.metrics) {
        json["metrics"][key] = json_number(value);
    }
    json["provenance"] = Json::object();
    for (const auto& [key, value] : model.provenance) {
        json["provenance"][key] = value;
    }
    return pretty_json(json);
}

Model model_from_json(const std::string& text, const std::string& source) {
    const Json json = JsonReader::parse(text, source);
    const JsonReader root(json, source, "");
    check_version(root);
    Model model;
    model.task = root.has("task") ? value_of(task_names, root["task"]) : Task::regression;
    read_features(root, model);
    read_categories(root, model);
    read_definitions(root, model);
    const std::vector<std::string> labels = read_parameters(root, model);
    read_outputs(root, model, labels);
    read_covariance(root, model);
    read_classes(root, model);
    read_remarks(root, model);
    return model;
}

void save(const Model& model, const std::filesystem::path& path) { write_file_atomically(path, to_json(model)); }

Model load_model(const std::filesystem::path& path) { return model_from_json(read_file(path), path.string()); }

}  // namespace balmer
