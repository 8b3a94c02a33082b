#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "balmer/dataset.hpp"
#include "balmer/expression.hpp"
#include "balmer/graph.hpp"

namespace balmer {

/// Whether a fit may move a parameter.
enum class ParameterStatus : std::uint8_t { free, fixed, snapped };

/// One constant of a model.
struct Parameter {
    std::string name;  ///< "" when it has none; the values of one p[axis] share theirs and stand one after the other
    std::string axis, category;  ///< p[axis]: the axis, and the category whose value this is; else ""
    double value = 0;
    ParameterStatus status = ParameterStatus::free;
    double lower, upper;              ///< bounds, infinite by default
    double uncertainty;               ///< standard error, NaN when unknown
    std::string unit;
    std::string snapped_to;           ///< "1/2", "2*pi" ... for snapped values

    Parameter();
};

/// One output of a model: its name and formula; parameter indices point into Model::parameters.
struct Output {
    std::string name;       ///< target column, or class label
    Expression expression;  ///< its values are a copy of the whole table's
};

/// How outputs become predictions.
enum class Task : std::uint8_t {
    regression,      ///< prediction = outputs
    classification,  ///< k outputs: softmax; one output: logistic for two classes
};

/// Range of one feature in the training data.
struct FeatureRange {
    double lower = 0, upper = 0;
};

/// What a user keeps: formulas, constants, names, data box, provenance. Saved as versioned JSON; a model written today loads for ever.
struct Model {
    Task task = Task::regression;
    Vocabulary vocabulary;                 ///< feature names, user operators, category axes
    std::vector<std::string> feature_units;
    std::vector<Output> outputs;
    std::vector<Parameter> parameters;
    std::vector<double> covariance;        ///< p x p row-major of the free parameters in order, empty when unknown
    std::vector<std::string> classes;      ///< labels by code
    std::vector<FeatureRange> box;         ///< per feature, empty when unknown
    std::map<std::string, double> metrics; ///< loss, validation, r2, accuracy, complexity, ...
    std::map<std::string, std::string> provenance;  ///< version, seed, data fingerprint, source, created
    std::string link;                      ///< classification: "softmax" or "logistic"; else "identity"

    /// Builds the table from k expressions (each expression's values appended in order, all free).
    static Model from_expressions(std::vector<Expression> outputs, Vocabulary vocabulary);
    /// Gives the values of every p[axis] their axis, category and name; from_expressions and readers call it.
    void name_categories();
    /// One graph with one root per output, user operators inlined. Its values are the parameter table, then the constants of
    /// user operators (once per operator), which no fit may move.
    Graph graph() const;
    /// Values of the parameter table, in order.
    std::vector<double> parameter_values() const;
    /// Writes values back into table and expressions; `values` has one entry per parameter.
    void set_parameter_values(std::span<const double> values);
};

/// Predictions of all outputs for the data's columns by name: result[k][row], the bits of evaluate(). Columns that no formula reads
/// may be missing or extra. Throws balmer::Error naming the missing columns, with near names, or a category that the model does not know
/// and its row. A row whose category is missing is NaN.
std::vector<std::vector<double>> predict(const Model& model, const Table& table);
/// Class codes from scores[k][row] (argmax, the first of equals; one output: score > 0 is class 1). A score that is NaN never wins; a
/// row of nothing but NaN gets code 0.
std::vector<std::uint32_t> classify(const Model& model, const std::vector<std::vector<double>>& scores);
/// Class probabilities from scores[k][row]: softmax or logistic, result[class][row].
std::vector<std::vector<double>> probabilities(const Model& model, const std::vector<std::vector<double>>& scores);

/// JSON text of a model.
std::string to_json(const Model& model);
/// And back: checks schema and version; throws balmer::Error that says what is wrong and where in `source`, the file's name.
Model model_from_json(const std::string& text, const std::string& source);
/// Writes the JSON text to a file, atomically. Throws balmer::Error naming path and reason.
void save(const Model& model, const std::filesystem::path& path);
/// Reads a model from its JSON file. Throws balmer::Error.
Model load_model(const std::filesystem::path& path);

/// Formats of `balmer export`: json python numpy sympy torch latex mathml c c++.
std::vector<std::string> export_formats();
/// The model as text in one of those formats. Throws balmer::Error for unknown formats ("did you mean").
std::string export_model(const Model& model, const std::string& format);

}  // namespace balmer
