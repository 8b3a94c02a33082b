#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace balmer {

/// JSON for people: two blanks of indent, but what fits on a line of 110 characters and holds no nested list of
/// objects stays on one line. Ends with a newline.
std::string pretty_json(const nlohmann::ordered_json& value);

}  // namespace balmer
