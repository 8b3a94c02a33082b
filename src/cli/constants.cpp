#include "cli/constants.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "balmer/number.hpp"
#include "balmer/uncertain_number.hpp"

namespace balmer::cli {
namespace {

bool is_first_of_table(const Model& model, std::size_t i) {
    const auto& parameter = model.parameters[i];
    const int axis = model.vocabulary.find_category(parameter.axis);
    return axis >= 0 && model.vocabulary.categories[static_cast<std::size_t>(axis)].labels.front() == parameter.category;
}

// A standard error so much larger than the value says that the data leave it open, as they do for the steepness between classes that never mix.
bool is_open(const Parameter& parameter) {
    constexpr double most = 10;
    return parameter.uncertainty > most * std::fabs(parameter.value);
}

std::string with_error(const Parameter& parameter) {
    if (!is_open(parameter)) return format_uncertain(parameter.value, parameter.uncertainty);
    const std::string error = std::isfinite(parameter.uncertainty) ? fmt::format("standard error {:.2g}: ", parameter.uncertainty) : "";
    return fmt::format("{:.6g} ({}the data do not determine it)", parameter.value, error);
}

std::string value_text(const Parameter& parameter) {
    const std::string value = format_double(parameter.value);
    return std::isnan(parameter.uncertainty) ? value : fmt::format("{} = {}", value, with_error(parameter));
}

// The table that begins at parameter `first`.
std::string table_text(const Model& model, std::size_t first) {
    const auto& axis = model.vocabulary.categories[static_cast<std::size_t>(model.vocabulary.find_category(model.parameters[first].axis))];
    std::size_t width = 0;
    for (const auto& label : axis.labels) width = std::max(width, label.size());
    std::string text = fmt::format("  {}[{}]:\n", model.parameters[first].name, axis.name);
    for (std::size_t k = 0; k < axis.labels.size(); ++k)
        text += fmt::format("    {:<{}}  {}\n", axis.labels[k], width, value_text(model.parameters[first + k]));
    return text;
}

}  // namespace

std::string category_tables(const Model& model) {
    std::string text;
    for (std::size_t i = 0; i < model.parameters.size(); ++i)
        if (is_first_of_table(model, i)) text += table_text(model, i);
    return text;
}

std::string fitted_constants(const Model& model) {
    std::string text;
    for (const auto& parameter : model.parameters) {
        if (!parameter.axis.empty() || parameter.status != ParameterStatus::free || std::isnan(parameter.uncertainty)) continue;
        if (parameter.name.empty()) text += fmt::format("  {}\n", with_error(parameter));
        else text += fmt::format("  {} = {}\n", parameter.name, value_text(parameter));
    }
    return text + category_tables(model);
}

}  // namespace balmer::cli
