#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "balmer/error.hpp"
#include "balmer/model.hpp"
#include "model/export_formats.hpp"

namespace balmer {

namespace {

struct Format {
    std::string_view name;
    std::string (*write)(const Model&);
};
constexpr std::array<Format, 9> formats = {{{"json", to_json},
                                            {"python", export_python},
                                            {"numpy", export_numpy},
                                            {"sympy", export_sympy},
                                            {"torch", export_torch},
                                            {"latex", export_latex},
                                            {"mathml", export_mathml},
                                            {"c", export_c},
                                            {"c++", export_cpp}}};

/// The model with the columns that its formulas read and no others: who calls generated code passes these alone.
Model with_used_features(const Model& model) {
    std::vector<std::int32_t> number(model.vocabulary.features.size(), -1);
    for (const Output& output : model.outputs) {
        for (const Node& node : output.expression.nodes) {
            if (node.op == Op::feature) {
                number[static_cast<std::size_t>(node.index)] = 0;
            }
        }
    }
    Model result = model;
    result.vocabulary.features.clear();
    result.feature_units.clear();
    result.box.clear();
    for (std::size_t i = 0; i < number.size(); ++i) {
        if (number[i] < 0) {
            continue;
        }
        number[i] = static_cast<std::int32_t>(result.vocabulary.features.size());
        result.vocabulary.features.push_back(model.vocabulary.features[i]);
        result.feature_units.push_back(i < model.feature_units.size() ? model.feature_units[i] : "");
        if (i < model.box.size()) {
            result.box.push_back(model.box[i]);
        }
    }
    for (Output& output : result.outputs) {
        for (Node& node : output.expression.nodes) {
            if (node.op == Op::feature) {
                node.index = number[static_cast<std::size_t>(node.index)];
            } else if (node.op == Op::category) {  // their columns follow the features
                node.index += static_cast<std::int32_t>(result.vocabulary.features.size()) - static_cast<std::int32_t>(number.size());
            }
        }
    }
    return result;
}

}  // namespace

std::vector<std::string> export_formats() {
    std::vector<std::string> names;
    for (const Format& format : formats) {
        names.emplace_back(format.name);
    }
    return names;
}

std::string export_model(const Model& model, const std::string& format) {
    for (const Format& candidate : formats) {
        if (candidate.name == format) {
            return format == "json" ? to_json(model) : candidate.write(with_used_features(model));
        }
    }
    const std::vector<std::string> known = export_formats();
    throw Error(fmt::format("unknown export format '{}'.{} Known: {}", format, suggest(format, known), fmt::join(known, ", ")));
}

}  // namespace balmer
