#include "model/pretty_json.hpp"

namespace balmer {

namespace {

constexpr std::size_t line_width = 110;

/// Bytes that are no UTF-8 become the replacement character: a file of ours is always readable.
std::string compact(const nlohmann::ordered_json& value) {
    return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

bool holds_objects(const nlohmann::ordered_json& value) {
    for (const auto& item : value) {
        if (item.is_structured() && !item.empty()) {
            return true;
        }
    }
    return false;
}

/// "a": 1, "b": 2 with blanks after separators, which nlohmann's compact form leaves out.
std::string on_one_line(const nlohmann::ordered_json& value) {
    std::string text = value.is_object() ? "{" : "[";
    bool first = true;
    for (const auto& [key, item] : value.items()) {
        text += first ? "" : ", ";
        first = false;
        if (value.is_object()) {
            text += compact(key) + ": ";
        }
        text += compact(item);
    }
    return text + (value.is_object() ? "}" : "]");
}

void write(const nlohmann::ordered_json& value, std::size_t indent, std::string& text) {
    if (!value.is_structured()) {
        text += compact(value);
        return;
    }
    if (!holds_objects(value)) {
        const std::string line = on_one_line(value);
        if (indent + line.size() <= line_width) {
            text += line;
            return;
        }
    }
    text += value.is_object() ? "{" : "[";
    bool first = true;
    for (const auto& [key, item] : value.items()) {
        text += first ? "\n" : ",\n";
        first = false;
        text += std::string(indent + 2, ' ');
        if (value.is_object()) {
            text += compact(key) + ": ";
        }
        write(item, indent + 2, text);
    }
    text += "\n" + std::string(indent, ' ') + (value.is_object() ? "}" : "]");
}

}  // namespace

std::string pretty_json(const nlohmann::ordered_json& value) {
    std::string text;
    write(value, 0, text);
    return text + "\n";
}

}  // namespace balmer
