#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace balmer {

/// A value within a JSON document that knows its path, so that complaints can say where they apply. Keys that nobody
/// asks for are ignored.
class JsonReader {
public:
    using Json = nlohmann::ordered_json;

    /// Parses a document; throws balmer::Error with line and column for text that is no JSON.
    static Json parse(const std::string& text, const std::string& source);

    JsonReader(const Json& value, std::string source, std::string path)
        : value_(&value), source_(std::move(source)), path_(std::move(path)) {}

    /// Throws balmer::Error at this place.
    [[noreturn]] void fail(const std::string& message) const;
    /// Throws "expected X, found Y".
    [[noreturn]] void expected(const std::string& what) const;

    bool has(const std::string& key) const;
    /// The member `key`; throws when it is missing.
    JsonReader operator[](const std::string& key) const;
    /// The elements of a list.
    std::vector<JsonReader> list() const;
    /// Keys and values of an object.
    std::vector<std::pair<std::string, JsonReader>> members() const;

    std::string text() const;
    /// A number, or "inf", "-inf", "nan" as text, or null for NaN.
    double number() const;
    /// A whole number.
    long long integer() const;
    std::string text_or(const std::string& key, const std::string& otherwise) const;
    double number_or(const std::string& key, double otherwise) const;

    const std::string& source() const { return source_; }
    const std::string& path() const { return path_; }

private:
    const Json* value_;
    std::string source_;
    std::string path_;
};

/// A number as JSON: finite ones as they are, others as text (JSON has no infinity).
nlohmann::ordered_json json_number(double value);

}  // namespace balmer
