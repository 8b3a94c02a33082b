#pragma once

#include <span>
#include <string>
#include <vector>

#include "balmer/model.hpp"

namespace balmer {

/// A formula over the parameter table as text in which every parameter stands by its label.
std::string print_labelled(const Expression& expression, const Vocabulary& vocabulary, std::span<const std::string> labels);

/// The inverse: labels become parameter indices. Numbers written in the formula become new parameters with indices from
/// labels.size() on; their values are appended to `literals`. Throws balmer::Error as parse() does.
Expression parse_labelled(const std::string& text, const Vocabulary& vocabulary, std::span<const std::string> labels,
                          std::vector<double>& literals);

/// "gauss2(x, s) = exp(-(x/s)^2)", which parse_definition() reads back.
std::string print_definition(const Definition& definition, const Vocabulary& vocabulary);

}  // namespace balmer
