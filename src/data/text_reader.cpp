#include "balmer/error.hpp"
#include "data/formats.hpp"
#include "data/growing_column.hpp"
#include "data/text_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <utility>

namespace balmer {

namespace {

constexpr std::size_t block_size = std::size_t{1} << 18;
constexpr std::size_t largest_record = std::size_t{1} << 26;
constexpr std::size_t sampled_for_types = 1000;

enum class Kind : std::uint8_t { number, text, skipped };

/// A column of the file while it is read.
struct ReadColumn {
    std::string name;
    Kind kind = Kind::number;
    std::size_t numbers = 0;  ///< entries that were numbers
    GrowingColumn values;
    GrowingText texts;
    NonFinite bad;
};

/// A span of bytes that moves along the source. Holds at least one whole record, a line end behind the last one.
class Window {
public:
    explicit Window(ByteSource& source) : source_(source) { more(); }

    const char* end() const { return buffer_.data() + filled_; }
    bool at_end() const { return ended_; }
    std::string_view rest() const { return {at, static_cast<std::size_t>(end() - at)}; }

    /// Drops what lies before `at` and reads on. False when nothing is left to read.
    bool more() {
        if (ended_) {
            return false;
        }
        const std::size_t kept = at == nullptr ? 0 : static_cast<std::size_t>(end() - at);
        if (kept > 0) {
            std::memmove(buffer_.data(), at, kept);
        }
        buffer_.resize(kept + std::max(block_size, kept) + 1);
        at = buffer_.data();
        const std::size_t wanted = buffer_.size() - kept - 1;
        const std::size_t got = source_.read(buffer_.data() + kept, wanted);
        filled_ = kept + got;
        if (got < wanted) {
            ended_ = true;
            if (filled_ > 0 && buffer_[filled_ - 1] != '\n') {
                buffer_[filled_++] = '\n';
            }
        }
        return true;
    }

    const char* at = nullptr;

private:
    ByteSource& source_;
    std::vector<char> buffer_;
    std::size_t filled_ = 0;
    bool ended_ = false;
};

class TextReader {
public:
    TextReader(ByteSource& source, const ReadOptions& options) : source_(source), options_(options), window_(source) {}

    Table read() {
        check_encoding();
        skip_comments();
        dialect_ = find_dialect(window_.rest(), options_.delimiter);
        read_header();
        find_types();
        while (next_record_begins()) {
            if (!read_record()) {
                need_more();
            }
        }
        return finish();
    }

private:
    [[noreturn]] void fail(const std::string& message, std::size_t column = 0, std::string name = {}) const {
        throw Error(Place{source_.name(), line_, column, std::move(name)}, message);
    }

    void check_encoding() {
        std::string_view text = window_.rest();
        if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
            fail("the text is UTF-16. Save it as UTF-8, for example with iconv -f UTF-16 -t UTF-8.");
        }
        if (text.starts_with("\xef\xbb\xbf")) {
            window_.at += 3;
            text = window_.rest();
        }
        if (text.find('\0') != std::string_view::npos) {
            fail("this is neither a text table nor .npy, .npz, IDX or HDF5.");
        }
        line_ += skip_blank_lines(window_.at, window_.end());
        if (window_.rest().empty()) {
            throw Error(Place{.file = source_.name()}, "the file is empty. A table has a row of names and rows of numbers.");
        }
    }

    /// Lines with # before the table; the last one may hold the names.
    void skip_comments() {
        while (window_.at < window_.end() && *window_.at == '#') {
            const char* line_end = std::find(window_.at, window_.end(), '\n');
            if (line_end == window_.end()) {
                need_more();
                continue;
            }
            comment_.assign(window_.at + 1, line_end + 1);
            comment_line_ = line_;
            window_.at = line_end + 1;
            ++line_;
            line_ += skip_blank_lines(window_.at, window_.end());
        }
    }

    /// More bytes for the record that begins at the window's start, or Error.
    void need_more() {
        if (window_.rest().size() > largest_record) {
            fail(fmt::format("this line, or a quote that begins in it, does not end within {} MiB. Is a quote missing?",
                             largest_record >> 20));
        }
        if (!window_.more()) {
            fail("a quote that begins in this line does not end. Add the missing \".");
        }
    }

    /// Moves to the next record; false at the end of the file.
    bool next_record_begins() {
        while (true) {
            line_ += skip_blank_lines(window_.at, window_.end());
            if (window_.at < window_.end()) {
                return true;
            }
            if (!window_.more()) {
                return false;
            }
        }
    }

    std::vector<std::string> first_record(std::size_t& lines) {
        std::vector<std::string> fields;
        while (true) {
            const char* at = window_.at;
            if (scan_record(at, window_.end(), dialect_.delimiter, fields, lines)) {
                after_first_ = static_cast<std::size_t>(at - window_.at);
                return fields;
            }
            need_more();
        }
    }

    void read_header() {
        if (!next_record_begins()) {
            fail("the file holds comments only. A table has a row of names and rows of numbers.");
        }
        std::size_t lines = 0;
        const std::vector<std::string> fields = first_record(lines);
        if (first_row_is_data(fields)) {
            name_by_comment_or_number(fields.size());
        } else {
            check_names(fields);
            set_names(fields);
            has_header_ = true;
            window_.at += after_first_;
            line_ += lines;
        }
        select_columns();
        if (!next_record_begins()) {
            fail("the file holds a header only, no rows.");
        }
    }

    bool first_row_is_data(const std::vector<std::string>& fields) {
        if (options_.header != Header::automatic) {
            return options_.header == Header::absent;
        }
        std::size_t numbers = 0;
        const std::string* text = nullptr;
        for (const std::string& field : fields) {
            Decimal decimal = dialect_.decimal;
            const bool is_number = !is_missing(field) && read_number(field, decimal, dialect_.delimiter != ',').has_value();
            numbers += is_number;
            text = is_number || is_missing(field) || text != nullptr ? text : &field;
        }
        if (numbers > 0 && text != nullptr) {
            fail(fmt::format("the first row is neither names nor numbers: it holds {} and {} of {} fields are numbers. Add a row "
                             "with the names of the columns.",
                             shown(*text), numbers, fields.size()));
        }
        return numbers > 0;
    }

    void name_by_comment_or_number(std::size_t count) {
        std::vector<std::string> names;
        std::size_t lines = 0;
        const char* at = comment_.data();
        if (!scan_record(at, comment_.data() + comment_.size(), dialect_.delimiter, names, lines) || names.size() != count ||
            std::any_of(names.begin(), names.end(), [](const std::string& name) { return name.empty(); })) {
            names.clear();
            for (std::size_t i = 0; i < count; ++i) {
                names.push_back(fmt::format("x{}", i));
            }
        } else {
            const std::size_t line = std::exchange(line_, comment_line_);
            check_names(names);
            line_ = line;
        }
        set_names(names);
    }

    void check_names(const std::vector<std::string>& names) const {
        std::map<std::string_view, std::size_t> first;
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (names[i].empty()) {
                fail(fmt::format("this column has no name. Name it or remove it{}.",
                                 i == 0                  ? " (pandas: to_csv(..., index=False))"
                                 : i + 1 == names.size() ? " (the header ends with a delimiter)"
                                                         : ""),
                     i + 1);
            }
            const auto [found, is_new] = first.emplace(names[i], i);
            if (!is_new) {
                fail(fmt::format("the name {} is that of column {} already. Rename one of them.", shown(names[i]),
                                 found->second + 1),
                     i + 1);
            }
        }
    }

    void set_names(const std::vector<std::string>& names) {
        for (const std::string& name : names) {
            columns_.emplace_back();
            columns_.back().name = name;
            columns_.back().bad.column = name;
        }
        numbers_.resize(names.size());
        texts_.resize(names.size());
    }

    void select_columns() {
        if (options_.columns.empty()) {
            return;
        }
        for (ReadColumn& column : columns_) {
            column.kind = Kind::skipped;
        }
        std::vector<std::string> names;
        for (const ReadColumn& column : columns_) {
            names.push_back(column.name);
        }
        for (const std::string& wanted : options_.columns) {
            const auto found = std::find(names.begin(), names.end(), wanted);
            if (found == names.end()) {
                fail(fmt::format("there is no column '{}'.{}", wanted, suggest(wanted, names)));
            }
            columns_[static_cast<std::size_t>(found - names.begin())].kind = Kind::number;
        }
    }

    /// A column is text when most of the entries sampled are.
    void find_types() {
        std::vector<std::size_t> texts(columns_.size()), numbers(columns_.size());
        const char* at = window_.at;
        std::vector<std::string> fields;
        std::size_t lines = 0;
        for (std::size_t record = 0; record < sampled_for_types; ++record) {
            skip_blank_lines(at, window_.end());
            if (at == window_.end() || !scan_record(at, window_.end(), dialect_.delimiter, fields, lines)) {
                break;
            }
            for (std::size_t i = 0; i < std::min(fields.size(), columns_.size()); ++i) {
                Decimal decimal = dialect_.decimal;
                if (!is_missing(fields[i])) {
                    ++(read_number(fields[i], decimal, dialect_.delimiter != ',') ? numbers : texts)[i];
                }
            }
        }
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (columns_[i].kind == Kind::number && texts[i] > numbers[i]) {
                columns_[i].kind = Kind::text;
            }
        }
    }

    /// The usual field: a plain number with its delimiter or line end behind it. Leaves `at` where anything is unusual.
    std::optional<Field::End> read_plain_number(const char*& at, std::size_t column) {
        const char* const end = window_.end();
        const char* p = at;
        while (p < end && *p == ' ') {
            ++p;
        }
        double value = 0;
        const auto [behind, code] = std::from_chars(p, end, value);
        if (code != std::errc() || behind == end || !std::isfinite(value) || dialect_.decimal == Decimal::comma) {
            return std::nullopt;
        }
        const bool is_field = *behind == dialect_.delimiter && dialect_.delimiter != ' ' && dialect_.delimiter != '\0';
        if (!is_field && *behind != '\n') {
            return std::nullopt;
        }
        at = behind + 1;
        numbers_[column] = value;
        ++columns_[column].numbers;
        return is_field ? Field::End::field : Field::End::record;
    }

    /// Any field of any column.
    Field::End read_field(const char*& at, std::size_t column) {
        const Field field = scan_field(at, window_.end(), dialect_.delimiter, scratch_);
        if (field.end == Field::End::incomplete) {
            return field.end;
        }
        ReadColumn& into = columns_[column];
        if (into.kind == Kind::number) {
            read_unusual_number(field.text, column);
        }
        if (into.kind == Kind::text) {
            texts_[column].assign(field.text);
        }
        lines_inside_ += field.lines;
        return field.end;
    }

    void read_unusual_number(std::string_view text, std::size_t column) {
        ReadColumn& into = columns_[column];
        numbers_[column] = std::numeric_limits<double>::quiet_NaN();
        if (is_missing(text)) {
            return;
        }
        if (const auto value = read_number(text, dialect_.decimal, dialect_.delimiter != ',')) {
            numbers_[column] = *value;
            ++into.numbers;
        } else if (into.numbers == 0 && into.bad.missing == into.values.size()) {
            into.kind = Kind::text;  // so far all entries were missing
            for (std::size_t row = 0; row < into.values.size(); ++row) {
                into.texts.push("");
            }
        } else {
            fail(fmt::format("{} is text in a column of numbers. Correct it, leave the field empty (missing), or read other columns.",
                             shown(text)),
                 column + 1, into.name);
        }
    }

    /// One record from the window's start, kept when it is whole; false when more bytes are needed.
    bool read_record() {
        const char* at = window_.at;
        lines_inside_ = 0;
        const std::size_t count = columns_.size();
        Field::End end = Field::End::field;
        std::size_t column = 0;
        for (; column < count && end == Field::End::field; ++column) {
            const auto plain = columns_[column].kind == Kind::number ? read_plain_number(at, column) : std::nullopt;
            end = plain ? *plain : read_field(at, column);
        }
        if (end == Field::End::incomplete) {
            return false;
        }
        if (end == Field::End::field || column < count) {
            return refuse_ragged(column, end, at);
        }
        window_.at = at;
        keep_record();
        line_ += lines_inside_ + 1;
        return true;
    }

    /// Counts the fields of a record that has too few or too many of them; false when its end is not in the window yet.
    bool refuse_ragged(std::size_t found, Field::End end, const char* at) {
        while (end == Field::End::field) {
            end = scan_field(at, window_.end(), dialect_.delimiter, scratch_).end;
            ++found;
        }
        if (end == Field::End::incomplete) {
            return false;
        }
        const std::string delimiter = dialect_.delimiter == '\t'   ? "tabs"
                                      : dialect_.delimiter == ' ' ? "blanks"
                                                                  : std::string(1, dialect_.delimiter);
        fail(fmt::format("{} field{} found where the {} has {}. Correct the line; a field that holds the delimiter ({}) needs "
                         "quotes around it.",
                         found, found == 1 ? "" : "s", has_header_ ? "header" : "first row", columns_.size(), delimiter));
    }

    void keep_record() {
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            ReadColumn& column = columns_[i];
            if (column.kind == Kind::text) {
                column.texts.push(texts_[i]);
            } else if (column.kind == Kind::number) {
                if (!std::isfinite(numbers_[i])) [[unlikely]] {
                    note_non_finite(column.bad, numbers_[i]);
                }
                column.values.push(numbers_[i]);
            }
        }
        ++rows_;
    }

    void note_non_finite(NonFinite& bad, double value) const {
        if (bad.missing + bad.infinite == 0) {
            bad.first_row = rows_;
            bad.first_line = line_;
        }
        ++(std::isnan(value) ? bad.missing : bad.infinite);
    }

    Table finish() {
        Table table;
        table.rows = rows_;
        table.source = source_.name();
        for (ReadColumn& column : columns_) {
            if (column.kind == Kind::skipped) {
                continue;
            }
            table.order.push_back(column.name);
            if (column.kind == Kind::text) {
                table.text.push_back(column.texts.finish(column.name));
            } else {
                table.numeric.push_back(column.values.finish(column.name));
                if (column.bad.missing + column.bad.infinite > 0) {
                    table.non_finite.push_back(column.bad);
                }
            }
        }
        return table;
    }

    ByteSource& source_;
    const ReadOptions& options_;
    Window window_;
    Dialect dialect_;
    std::string comment_;
    std::size_t comment_line_ = 0;
    std::size_t line_ = 1;         // of the record at the window's start
    std::size_t lines_inside_ = 0; // line ends inside quotes of the current record
    std::size_t after_first_ = 0;  // bytes of the first record
    std::size_t rows_ = 0;
    bool has_header_ = false;
    std::vector<ReadColumn> columns_;
    std::vector<double> numbers_;      // of the current record
    std::vector<std::string> texts_;
    std::string scratch_;
};

}  // namespace

Table read_text(ByteSource& source, const ReadOptions& options) { return TextReader(source, options).read(); }

}  // namespace balmer
