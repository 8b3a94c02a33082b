#pragma once

#include "balmer/error.hpp"
#include "balmer/readers.hpp"
#include "fuzz/must_hold.hpp"

#include <string>
#include <string_view>

namespace balmer {

/// Reads any bytes as a table: an Error or a table whose parts fit together, and which reads back from its own text.
inline bool read_any_bytes(std::string_view bytes) {
    Table table;
    try {
        table = read_table_from_memory(bytes, "fuzz");
    } catch (const Error& error) {
        must_hold(std::string_view(error.what()).starts_with("fuzz"));  // every message names the file
        return false;
    }
    must_hold(table.rows > 0 && table.order.size() == table.numeric.size() + table.text.size());
    for (const Column& column : table.numeric) {
        must_hold(column.rows() == table.rows);
    }
    for (const TextColumn& column : table.text) {
        must_hold(column.codes.size() == table.rows);
        for (const std::uint32_t code : column.codes) {
            must_hold(code < column.categories.size());
        }
    }
    const std::string text = to_csv(table);
    if (text.find('\0') != std::string::npos) {
        return true;  // text entries of binary formats may hold what a text table cannot
    }
    try {
        const Table again = read_table_from_memory(text, "fuzz", {.header = Header::present, .delimiter = ','});
        must_hold(again.rows == table.rows && again.order.size() == table.order.size());
    } catch (const Error&) {
        must_hold(!table.text.empty() || table.order.front().find_first_not_of(" \t") != 0);  // numbers always read back
    }
    return true;
}

}  // namespace balmer
