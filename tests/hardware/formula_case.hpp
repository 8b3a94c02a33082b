#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "balmer/lowering.hpp"
#include "balmer/model.hpp"
#include "balmer/random.hpp"

namespace balmer::testing {

/// A model of formulas whose names are features.
inline Model model_of(const std::vector<std::string>& formulas) {
    Vocabulary vocabulary;
    std::vector<Expression> expressions;
    for (const std::string& formula : formulas) {
        expressions.push_back(parse(formula, vocabulary, UnknownName::feature));
    }
    Model model = Model::from_expressions(std::move(expressions), std::move(vocabulary));
    if (formulas.size() > 1) {
        model.task = Task::classification;
        model.link = "softmax";
        for (const Output& output : model.outputs) {
            model.classes.push_back(output.name);
        }
    }
    return model;
}

/// Rows of the model's features, uniform in [low, high) and rounded to multiples of `step`.
inline Table table_of(const Model& model, std::size_t rows, double low, double high, double step, std::uint64_t seed = 1) {
    Table table;
    table.rows = rows;
    table.source = "made here";
    for (std::size_t i = 0; i < model.vocabulary.features.size(); ++i) {
        RandomStream random(seed, i);
        std::vector<double> values;
        for (std::size_t row = 0; row < rows; ++row) {
            values.push_back(step * std::floor(random.uniform(low, high) / step));
        }
        table.numeric.emplace_back(model.vocabulary.features[i], std::move(values));
        table.order.push_back(model.vocabulary.features[i]);
    }
    return table;
}

/// Root mean square difference of two columns over the second's standard deviation: computed here, not by the library.
inline double relative_error(const std::vector<double>& a, const std::vector<double>& b) {
    double square = 0, mean = 0, variance = 0;
    for (const double y : b) mean += y / static_cast<double>(b.size());
    for (std::size_t i = 0; i < b.size(); ++i) {
        square += (a[i] - b[i]) * (a[i] - b[i]);
        variance += (b[i] - mean) * (b[i] - mean);
    }
    return std::sqrt(square / variance);
}

}  // namespace balmer::testing
