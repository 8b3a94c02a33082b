#pragma once

#include <string>
#include <string_view>

#include "expression/typeset.hpp"

namespace balmer::report {

/// A coordinate with at most one digit behind the point, for small files.
std::string coordinate(double value);

/// A number for readers: `digits` significant digits, no trailing zeros, powers of ten as 1.2e-05.
std::string rounded(double value, int digits = 4);

/// Colours and fonts of pages and drawings, for a light and a dark background.
std::string_view style_sheet();

/// A drawing that stands alone: an <svg> element made here, with the style sheet inside.
std::string standalone(const std::string& svg);

}  // namespace balmer::report
