#pragma once

#include <set>
#include <string>

#include "balmer/model.hpp"
#include "model/names.hpp"

namespace balmer {

/// Python's keywords, the built-in names and those that exported modules define.
std::set<std::string> python_reserved_words();

/// "# ..." lines with what describe() knows.
std::string python_head(const Model& model, const ModelNames& names);

/// A Python string literal.
std::string python_text(const std::string& text);

/// A Python list of string literals.
std::string python_list(const std::vector<std::string>& texts);

/// "values_p = {"left": 1.0, "right": 2.0}": numbers as keys where all labels are numbers.
std::string python_table(const std::string& name, const CategoryAxis& axis, std::span<const double> values);

/// A double as Python reads it back.
std::string python_number(double value);

}  // namespace balmer
