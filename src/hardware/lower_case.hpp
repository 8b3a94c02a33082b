#pragma once

#include <string>
#include <string_view>

namespace balmer {

/// The text in lower case: names that differ in case alone are one name in VHDL.
std::string lower_case(std::string_view text);

}  // namespace balmer
