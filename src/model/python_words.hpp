#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "balmer/model.hpp"
#include "model/emit.hpp"
#include "model/names.hpp"

namespace balmer {

/// Python's keywords, the built-in names and those that exported modules define, `helpers` among them.
std::set<std::string> python_reserved_words(std::span<const Helper> helpers);

/// "# ..." lines with what describe() knows.
std::string python_head(const Model& model, const ModelNames& names);

/// The lines of a formula that name its parts, each behind `indent`.
std::string python_lines(const Code& code, std::string_view indent);

/// A function for each of the user's operators.
std::string python_definitions(const Model& model, const ModelNames& names, const std::set<std::string>& reserved, Emitter& emitter);

/// The helpers that `emitter` has used so far.
std::string python_helpers(const Emitter& emitter);

/// A Python string literal.
std::string python_text(const std::string& text);

/// A Python list of string literals.
std::string python_list(const std::vector<std::string>& texts);

/// "values_p = {"left": 1.0, "right": 2.0}": numbers as keys where all labels are numbers.
std::string python_table(const std::string& name, const CategoryAxis& axis, std::span<const double> values);

/// A double as Python reads it back.
std::string python_number(double value);

}  // namespace balmer
