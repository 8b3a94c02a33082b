#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "balmer/error.hpp"
#include "balmer/evaluate.hpp"
#include "balmer/model.hpp"
#include "balmer/number.hpp"

namespace balmer {

namespace {

/// Which features the outputs read.
std::vector<bool> used_features(const Model& model) {
    std::vector<bool> used(model.vocabulary.features.size(), false);
    for (const Output& output : model.outputs) {
        for (const Node& node : output.expression.nodes) {
            if (node.op == Op::feature) {
                used.at(static_cast<std::size_t>(node.index)) = true;
            }
        }
    }
    return used;
}

std::string complaint(const std::string& name, const Table& table) {
    if (table.find_text(name)) {
        return fmt::format("column '{}' holds text, the model needs numbers there", name);
    }
    const std::string hint = suggest(name, table.order);
    return fmt::format("column '{}' is missing{}", name, hint.empty() ? "" : "." + hint);
}

/// One pointer per feature; those that no output reads may be missing and get `unread`, a column of any numbers.
std::vector<const double*> feature_columns(const Model& model, const Table& table, const std::vector<double>& unread) {
    const std::vector<bool> used = used_features(model);
    std::vector<const double*> columns(used.size(), unread.data());
    std::vector<std::string> complaints;
    for (std::size_t i = 0; i < used.size(); ++i) {
        const std::string& name = model.vocabulary.features[i];
        const auto found = table.find_numeric(name);
        if (found) {
            columns[i] = table.numeric[*found].values().data();
        } else if (used[i]) {
            complaints.push_back(complaint(name, table));
        }
    }
    if (!complaints.empty()) {
        constexpr std::size_t shown = 5;
        const std::string more = complaints.size() > shown ? fmt::format("; and {} more", complaints.size() - shown) : "";
        complaints.resize(std::min(complaints.size(), shown));
        std::vector<std::string> needed;
        for (std::size_t i = 0; i < used.size(); ++i) {
            if (used[i]) {
                needed.push_back(model.vocabulary.features[i]);
            }
        }
        throw Error({.file = table.source, .line = 0, .column = 0, .name = ""},
                    fmt::format("{}{}{} The model reads the columns {}; the table has {}", fmt::join(complaints, "; "), more, more.empty() && complaints.back().ends_with('?') ? "" : ".",
                                fmt::join(needed, ", "), fmt::join(table.order, ", ")));
    }
    return columns;
}

bool reads_category(const Model& model, std::size_t column) {
    return std::ranges::any_of(model.outputs, [column](const Output& output) {
        return std::ranges::any_of(output.expression.nodes, [column](const Node& node) {
            return node.op == Op::category && static_cast<std::size_t>(node.index) == column;
        });
    });
}

/// The code of every row's label, NaN where it is missing.
std::vector<double> category_codes(const CategoryAxis& axis, const Table& table) {
    const auto text = table.find_text(axis.name);
    const auto number = table.find_numeric(axis.name);
    if (!text && !number) {
        throw Error({.file = table.source, .line = 0, .column = 0, .name = axis.name},
                    fmt::format("the model needs the categories in this column, which is missing.{} The table has {}",
                                suggest(axis.name, table.order), fmt::join(table.order, ", ")));
    }
    std::vector<double> codes(table.rows, std::nan(""));
    for (std::size_t row = 0; row < table.rows; ++row) {
        const bool is_missing = number && std::isnan(table.numeric[*number][row]);
        const std::string label = text      ? table.text[*text].categories[table.text[*text].codes[row]]
                                  : number ? format_double(table.numeric[*number][row])
                                           : "";
        if (is_missing || label.empty()) {
            continue;
        }
        const auto known = std::ranges::find(axis.labels, label);
        if (known == axis.labels.end()) {
            throw Error({.file = table.source, .line = 0, .column = 0, .name = axis.name},
                        fmt::format("row {} has the category '{}', which the model was not fitted to.{} It knows {}", row + 1, label,
                                    suggest(label, axis.labels), fmt::join(axis.labels, ", ")));
        }
        codes[row] = static_cast<double>(known - axis.labels.begin());
    }
    return codes;
}

}  // namespace

std::vector<std::vector<double>> predict(const Model& model, const Table& table) {
    const std::vector<double> unread(table.rows);
    std::vector<const double*> columns = feature_columns(model, table, unread);
    std::vector<std::vector<double>> codes;
    const std::size_t features = columns.size();
    for (std::size_t a = 0; a < model.vocabulary.categories.size(); ++a) {
        const bool is_read = reads_category(model, features + a);
        codes.push_back(is_read ? category_codes(model.vocabulary.categories[a], table) : std::vector<double>(table.rows));
        columns.push_back(codes.back().data());
    }
    const Graph graph = model.graph();
    const Program program(graph);
    std::vector<std::vector<double>> result(model.outputs.size(), std::vector<double>(table.rows));
    std::vector<double*> output;
    for (auto& values : result) {
        output.push_back(values.data());
    }
    if (table.rows > 0) {
        evaluate(program, graph.values(), Columns<double>{.column = columns, .rows = table.rows}, output);
    }
    return result;
}

std::vector<std::uint32_t> classify(const Model& model, const std::vector<std::vector<double>>& scores) {
    const std::size_t rows = scores.empty() ? 0 : scores[0].size();
    std::vector<std::uint32_t> codes(rows, 0);
    for (std::size_t row = 0; row < rows; ++row) {
        if (model.outputs.size() == 1) {
            codes[row] = scores[0][row] > 0 ? 1 : 0;
            continue;
        }
        double best = std::nan("");
        for (std::size_t k = 0; k < scores.size(); ++k) {
            if (scores[k][row] > best || (std::isnan(best) && !std::isnan(scores[k][row]))) {
                best = scores[k][row];
                codes[row] = static_cast<std::uint32_t>(k);
            }
        }
    }
    return codes;
}

std::vector<std::vector<double>> probabilities(const Model& model, const std::vector<std::vector<double>>& scores) {
    const std::size_t rows = scores.empty() ? 0 : scores[0].size();
    if (model.outputs.size() == 1) {
        std::vector<std::vector<double>> result(2, std::vector<double>(rows));
        for (std::size_t row = 0; row < rows; ++row) {
            result[0][row] = 1 / (1 + std::exp(scores[0][row]));
            result[1][row] = 1 / (1 + std::exp(-scores[0][row]));
        }
        return result;
    }
    std::vector<std::vector<double>> result = scores;
    for (std::size_t row = 0; row < rows; ++row) {
        double largest = -std::numeric_limits<double>::infinity();
        double sum = 0;
        for (const auto& score : scores) {
            largest = std::max(largest, score[row]);
        }
        for (auto& column : result) {
            column[row] = std::exp(column[row] - largest);  // at most 1: no overflow
            sum += column[row];
        }
        for (auto& column : result) {
            column[row] /= sum;
        }
    }
    return result;
}

}  // namespace balmer
