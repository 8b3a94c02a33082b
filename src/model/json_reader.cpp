#include "model/json_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "balmer/error.hpp"
#include "balmer/number.hpp"

namespace balmer {

namespace {

Place place_of_byte(const std::string& text, const std::string& source, std::size_t byte) {
    const std::size_t end = std::min(byte > 0 ? byte - 1 : 0, text.size());
    const auto begin = text.begin();
    const auto stop = begin + static_cast<std::ptrdiff_t>(end);
    const auto line = static_cast<std::size_t>(std::count(begin, stop, '\n')) + 1;
    const std::size_t newline = end == 0 ? std::string::npos : text.rfind('\n', end - 1);
    return {.file = source, .line = line, .column = newline == std::string::npos ? end + 1 : end - newline, .name = ""};
}

}  // namespace

JsonReader::Json JsonReader::parse(const std::string& text, const std::string& source) {
    try {
        return Json::parse(text);
    } catch (const Json::parse_error& error) {
        const std::string what = error.what();
        const auto detail = what.find("syntax error");
        throw Error(place_of_byte(text, source, error.byte),
                    fmt::format("not valid JSON: {}", detail == std::string::npos ? what : what.substr(detail)));
    }
}

void JsonReader::fail(const std::string& message) const {
    throw Error({.file = source_, .line = 0, .column = 0, .name = path_}, message);
}

void JsonReader::expected(const std::string& what) const {
    std::string found = value_->dump(-1, ' ', false, Json::error_handler_t::replace);
    constexpr std::size_t shown = 40;
    if (found.size() > shown) {
        found = found.substr(0, shown) + "...";
    }
    fail(fmt::format("expected {}, found {}", what, found));
}

bool JsonReader::has(const std::string& key) const { return value_->is_object() && value_->contains(key); }

JsonReader JsonReader::operator[](const std::string& key) const {
    if (!value_->is_object()) {
        expected("an object {...}");
    }
    if (!value_->contains(key)) {
        fail(fmt::format("the entry '{}' is missing", key));
    }
    return {(*value_)[key], source_, path_.empty() ? key : path_ + "." + key};
}

std::vector<JsonReader> JsonReader::list() const {
    if (!value_->is_array()) {
        expected("a list [...]");
    }
    std::vector<JsonReader> result;
    for (std::size_t i = 0; i < value_->size(); ++i) {
        result.push_back({(*value_)[i], source_, fmt::format("{}[{}]", path_, i)});
    }
    return result;
}

std::vector<std::pair<std::string, JsonReader>> JsonReader::members() const {
    if (!value_->is_object()) {
        expected("an object {...}");
    }
    std::vector<std::pair<std::string, JsonReader>> result;
    for (const auto& [key, item] : value_->items()) {
        result.emplace_back(key, JsonReader(item, source_, path_ + "." + key));
    }
    return result;
}

std::string JsonReader::text() const {
    if (!value_->is_string()) {
        expected("a text \"...\"");
    }
    return value_->get<std::string>();
}

double JsonReader::number() const {
    if (value_->is_number()) {
        return value_->get<double>();
    }
    if (value_->is_null()) {
        return std::nan("");
    }
    if (value_->is_string()) {
        if (const auto value = parse_double(value_->get<std::string>()); value && !std::isfinite(*value)) {
            return *value;
        }
    }
    expected("a number");
}

long long JsonReader::integer() const {
    if (!value_->is_number_integer()) {
        expected("a whole number");
    }
    return value_->get<long long>();
}

std::string JsonReader::text_or(const std::string& key, const std::string& otherwise) const {
    return has(key) ? (*this)[key].text() : otherwise;
}

double JsonReader::number_or(const std::string& key, double otherwise) const {
    return has(key) ? (*this)[key].number() : otherwise;
}

nlohmann::ordered_json json_number(double value) {
    return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(format_double(value));
}

}  // namespace balmer
