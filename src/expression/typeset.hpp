#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "balmer/expression.hpp"

namespace balmer {

/// A column or constant name taken apart for print: "pt1" is pt with subscript 1, "m_mu" is m with subscript mu.
struct NameParts {
    std::string base;                     ///< letters; the whole name when it is no identifier
    std::vector<std::string> subscripts;  ///< words and digits
    bool is_plain = false;                ///< no identifier: set as text
};
NameParts name_parts(std::string_view name);

/// Text as it may stand between tags and in attributes of XML and HTML.
std::string escaped(std::string_view text);

/// The UTF-8 letter of a Greek name ("alpha"), or an empty view.
std::string_view greek_letter(std::string_view name);

/// A number as it is printed: "1.057(3)" and the exponent of ten beside it, 0 when there is none.
struct NumberParts {
    std::string mantissa;
    int exponent = 0;
    bool is_negative = false;
};
/// The parameter at `index`: rounded to options.digits, or with its uncertainty where options has one.
NumberParts number_parts(double value, std::size_t index, const PrintOptions& options);

}  // namespace balmer
