#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace balmer {

/// How fractions are written; `undecided` takes the first that appears.
enum class Decimal : std::uint8_t { point, comma, undecided };

/// How a text table is written. Delimiter ' ' means runs of blanks and tabs, '\0' that each line is one field.
struct Dialect {
    char delimiter = ',';
    Decimal decimal = Decimal::undecided;
};

/// One field of a record and what came after it.
struct Field {
    enum class End : std::uint8_t {
        field,       ///< another field of the same record follows
        record,      ///< the line ended
        incomplete,  ///< the bytes ended before the field did
    };
    std::string_view text;   ///< without blanks around it and without quotes
    End end = End::incomplete;
    bool quoted = false;
    std::size_t lines = 0;   ///< line ends inside quotes
};

/// Reads the field that begins at `at` and moves `at` behind it and its delimiter or line end (LF, CR LF or CR).
/// `scratch` holds the text when quotes had to be taken out of it.
Field scan_field(const char*& at, const char* end, char delimiter, std::string& scratch);

/// Moves `at` over empty lines and lines of blanks; returns how many.
std::size_t skip_blank_lines(const char*& at, const char* end);

/// Reads the whole record at `at`, or returns false (and leaves `at`) when the bytes end before it does. Adds the lines
/// that it spans, its own end included, to `lines`.
bool scan_record(const char*& at, const char* end, char delimiter, std::vector<std::string>& fields, std::size_t& lines);

/// Whether the field stands for a missing value: empty, NA, N/A, nan, null, none, ?, in any case.
bool is_missing(std::string_view text);

/// Whether the bytes are UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

/// A field as a message shows it: in quotes, cut after 40 bytes, with ? for control characters and for what is not UTF-8.
std::string shown(std::string_view text);

/// The number that the whole field writes; decides `decimal` when the field does.
std::optional<double> read_number(std::string_view text, Decimal& decimal, bool comma_allowed);

/// The dialect of a text from its first records.
Dialect find_dialect(std::string_view text, char delimiter_given);

}  // namespace balmer
