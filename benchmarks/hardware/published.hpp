#pragma once

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "balmer/lowering.hpp"
#include "balmer/model.hpp"
#include "balmer/readers.hpp"

namespace balmer::benchmark {

/// Replica jets with standardised features under the names of the published formulas, and their classes.
struct Jets {
    Table table;
    std::vector<std::uint32_t> labels;

    /// Rows begin, begin + step, ... of it.
    Jets every(std::size_t begin, std::size_t step, std::size_t limit) const {
        Jets part;
        part.table.source = table.source;
        for (std::size_t row = begin; row < labels.size() && part.labels.size() < limit; row += step) {
            part.labels.push_back(labels[row]);
        }
        part.table.rows = part.labels.size();
        for (const Column& column : table.numeric) {
            std::vector<double> values;
            for (std::size_t i = 0; i < part.labels.size(); ++i) {
                values.push_back(column[begin + i * step]);
            }
            part.table.numeric.emplace_back(column.name(), std::move(values));
            part.table.order.push_back(column.name());
        }
        return part;
    }
};

/// Reads the jets folder: replica_train.npz, columns.txt, scaler_train80.csv.
inline Jets read_jets(const std::filesystem::path& folder) {
    const Table raw = read_table(folder / "replica_train.npz");
    const Table scaler = read_table(folder / "scaler_train80.csv");
    const Column& mean = scaler.numeric[*scaler.find_numeric("mean")];
    const Column& scale = scaler.numeric[*scaler.find_numeric("scale")];
    std::ifstream file(folder / "columns.txt");
    std::string line;
    std::getline(file, line);
    Jets jets;
    jets.table.rows = raw.rows;
    jets.table.source = "replica jets";
    std::size_t begin = 0;
    for (std::size_t i = 0; begin < line.size(); ++i) {
        const std::size_t end = std::min(line.find(',', begin), line.size());
        std::string name = line.substr(begin, end - begin);
        begin = end + 1;
        if (name.ends_with("_mmdt") && name != "mass_mmdt") {
            name.resize(name.size() - 5);  // as the published formulas call it
        }
        const Column& column = raw.numeric[*raw.find_numeric("x" + std::to_string(i))];
        std::vector<double> values;
        for (const double x : column.values()) {
            values.push_back((x - mean[i]) / scale[i]);
        }
        jets.table.numeric.emplace_back(name, std::move(values));
        jets.table.order.push_back(name);
    }
    for (const double y : raw.numeric[*raw.find_numeric("y")].values()) {
        jets.labels.push_back(static_cast<std::uint32_t>(y));
    }
    return jets;
}

/// Marks a model of k > 1 outputs as a classifier.
inline void make_classifier(Model& model, const std::vector<std::string>& targets) {
    for (std::size_t k = 0; k < targets.size(); ++k) {
        model.outputs[k].name = targets[k];
    }
    if (targets.size() > 1) {
        model.task = Task::classification;
        model.link = "softmax";
        model.classes = targets;
    }
}

/// Formulas of a text file, separated by ';': scores of the classes g, q, t, w, z.
inline Model read_formulas(const std::filesystem::path& path) {
    std::ifstream file(path);
    Vocabulary vocabulary;
    std::vector<Expression> formulas;
    for (std::string text; std::getline(file, text, ';');) {
        formulas.push_back(parse(text, vocabulary, UnknownName::feature));
    }
    Model model = Model::from_expressions(std::move(formulas), std::move(vocabulary));
    make_classifier(model, {"g", "q", "t", "w", "z"});
    return model;
}

/// A published model of reference_formulas.json: one output per target; a classifier when it has several.
inline Model read_published(const std::filesystem::path& path, const std::string& name) {
    std::ifstream file(path);
    const auto json = nlohmann::ordered_json::parse(file);
    Vocabulary vocabulary;
    std::vector<Expression> formulas;
    std::vector<std::string> targets;
    for (const auto& entry : json["models"]) {
        if (entry["model"] == name) {
            formulas.push_back(parse(entry["formula"].get<std::string>(), vocabulary, UnknownName::feature));
            targets.push_back(entry["target"].get<std::string>());
        }
    }
    Model model = Model::from_expressions(std::move(formulas), std::move(vocabulary));
    make_classifier(model, targets);
    return model;
}

/// Share of rows whose largest output is the label.
inline double accuracy(const std::vector<std::vector<double>>& scores, const std::vector<std::uint32_t>& labels) {
    std::size_t right = 0;
    for (std::size_t row = 0; row < labels.size(); ++row) {
        std::size_t best = 0;
        for (std::size_t k = 1; k < scores.size(); ++k) {
            best = scores[k][row] > scores[best][row] ? k : best;
        }
        right += best == labels[row] ? 1 : 0;
    }
    return static_cast<double>(right) / static_cast<double>(std::max<std::size_t>(1, labels.size()));
}

}  // namespace balmer::benchmark
