#include "model/names.hpp"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <string_view>

namespace balmer {

namespace {

/// Runs of other characters become one underscore, none at the end.
std::string to_identifier(std::string_view text, std::string_view fallback) {
    std::string name;
    for (const char c : text) {
        if (std::isalnum(static_cast<unsigned char>(c)) || c == '_') {
            name += c;
        } else if (!name.empty() && name.back() != '_') {
            name += '_';
        }
    }
    while (name.size() > 1 && name.back() == '_' && text.back() != '_') {
        name.pop_back();
    }
    if (name.empty() || name == "_") {
        return std::string(fallback);
    }
    return std::isdigit(static_cast<unsigned char>(name[0])) ? fmt::format("{}_{}", fallback, name) : name;
}

bool is_ascii_identifier(std::string_view text) { return to_identifier(text, "") == text && !text.empty(); }

/// Names that formulas already use: columns, operators, constants.
std::set<std::string> formula_words(const Model& model) {
    std::set<std::string> words = {"pi", "e"};
    words.insert(model.vocabulary.features.begin(), model.vocabulary.features.end());
    for (const Definition& definition : model.vocabulary.definitions) {
        words.insert(definition.name);
    }
    for (const CategoryAxis& axis : model.vocabulary.categories) {
        words.insert(axis.name);
    }
    for (const OperatorInfo& row : operator_table()) {
        words.emplace(row.name);
    }
    return words;
}

}  // namespace

std::string UniqueNames::take(std::string_view wanted, std::string_view fallback) {
    const std::string base = to_identifier(wanted, fallback);
    std::string name = base;
    for (int i = 2; !taken_.insert(name).second; ++i) {
        name = fmt::format("{}_{}", base, i);
    }
    return name;
}

ModelNames name_model(const Model& model, std::set<std::string> reserved) {
    UniqueNames unique(std::move(reserved));
    // Generated code calls its own names balmer_...
    const auto take = [&unique](const std::string& wanted, const std::string& fallback) {
        return unique.take(wanted.rfind("balmer_", 0) == 0 ? fallback + "_" + wanted : wanted, fallback);
    };
    UniqueNames outputs({});
    ModelNames names;
    for (const std::string& feature : model.vocabulary.features) {
        names.features.push_back(take(feature, "x"));
    }
    for (const Output& output : model.outputs) {
        names.outputs.push_back(outputs.take(output.name, "y"));
    }
    for (const Definition& definition : model.vocabulary.definitions) {
        names.definitions.push_back(take(definition.name, "f"));
    }
    for (const CategoryAxis& axis : model.vocabulary.categories) {
        names.categories.push_back(take(axis.name, "category"));
        names.axes.push_back(axis);
    }
    names.parameters.resize(model.parameters.size());
    for (std::size_t i = 0; i < model.parameters.size(); ++i) {
        const Parameter& parameter = model.parameters[i];
        const int axis = model.vocabulary.find_category(parameter.axis);
        if (axis >= 0 && parameter.category == names.axes[static_cast<std::size_t>(axis)].labels.front()) {
            names.parameters[i] = take("values_" + parameter.name, "values");
        }
    }
    return names;
}

std::vector<std::string> argument_names(const Definition& definition, std::set<std::string> reserved) {
    UniqueNames unique(std::move(reserved));
    std::vector<std::string> names;
    for (const std::string& argument : definition.arguments) {
        names.push_back(unique.take(argument, "a"));
    }
    return names;
}

std::vector<std::string> output_names(const Model& model) {
    std::vector<std::string> names;
    for (const Output& output : model.outputs) {
        names.push_back(output.name);
    }
    return names;
}

std::vector<std::string> ModelNames::arguments() const {
    std::vector<std::string> result = features;
    result.insert(result.end(), categories.begin(), categories.end());
    return result;
}

std::vector<std::string> label_parameters(const Model& model) {
    std::set<std::string> taken = formula_words(model);
    std::vector<std::string> labels;
    for (const Parameter& parameter : model.parameters) {
        const bool usable = is_ascii_identifier(parameter.name) && taken.insert(parameter.name).second;
        labels.push_back(usable ? parameter.name : "");
    }
    constexpr std::array<std::string_view, 4> prefixes = {"p", "c", "k", "parameter_"};
    std::string prefix(prefixes.back());
    for (const std::string_view candidate : prefixes) {
        bool is_free = true;
        for (std::size_t i = 0; i < labels.size(); ++i) {
            is_free = is_free && taken.count(fmt::format("{}{}", candidate, i)) == 0;
        }
        if (is_free) {
            prefix = candidate;
            break;
        }
    }
    // The values of one p[axis] share a label.
    const auto continues = [&model](std::size_t i) {
        const Parameter& parameter = model.parameters[i];
        const int axis = model.vocabulary.find_category(parameter.axis);
        return axis >= 0 && parameter.category != model.vocabulary.categories[static_cast<std::size_t>(axis)].labels.front();
    };
    UniqueNames unique(std::move(taken));
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (continues(i)) {
            labels[i] = labels[i - 1];
        } else if (labels[i].empty()) {
            labels[i] = unique.take(fmt::format("{}{}", prefix, i), "p");
        }
    }
    return labels;
}

std::string one_line(std::string_view text) {
    std::string line;
    for (const char c : text) {
        line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return line.ends_with('\\') ? line + "." : line;
}

}  // namespace balmer
