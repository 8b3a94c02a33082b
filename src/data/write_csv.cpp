#include "balmer/atomic_file.hpp"
#include "balmer/readers.hpp"

#include <charconv>
#include <cmath>

namespace balmer {

namespace {

void append_number(std::string& text, double value) {
    if (std::isnan(value)) {
        text += "nan";
        return;
    }
    char buffer[32];
    text.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

/// A field as the reader gives it back: in quotes when it is empty, holds a delimiter, quote, line end or outer blank, or
/// begins like a byte order mark.
void append_text(std::string& text, const std::string& field) {
    const bool plain = !field.empty() && field.find_first_of(",;\t\"\n\r#") == std::string::npos && field.front() != ' ' &&
                       field.back() != ' ' && std::string_view("\xff\xfe\xef").find(field.front()) == std::string_view::npos;
    if (plain) {
        text += field;
        return;
    }
    text += '"';
    for (const char c : field) {
        text.append(c == '"' ? 2 : 1, c);
    }
    text += '"';
}

}  // namespace

std::string to_csv(const Table& table) {
    std::string text;
    for (std::size_t i = 0; i < table.order.size(); ++i) {
        text += i == 0 ? "" : ",";
        append_text(text, table.order[i]);
    }
    text += '\n';
    std::vector<std::pair<const Column*, const TextColumn*>> columns;
    for (const std::string& name : table.order) {
        const auto number = table.find_numeric(name);
        const auto word = table.find_text(name);
        columns.emplace_back(number ? &table.numeric[*number] : nullptr, word ? &table.text[*word] : nullptr);
    }
    for (std::size_t row = 0; row < table.rows; ++row) {
        bool first = true;
        for (const auto& [number, word] : columns) {
            text += first ? "" : ",";
            first = false;
            if (number != nullptr) {
                append_number(text, (*number)[row]);
            } else if (word != nullptr) {
                append_text(text, word->categories[word->codes[row]]);
            }
        }
        text += '\n';
    }
    return text;
}

void write_csv(const Table& table, const std::filesystem::path& path) { write_file_atomically(path, to_csv(table)); }

}  // namespace balmer
