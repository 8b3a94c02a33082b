#include "data/text_fields.hpp"

#include "balmer/number.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

namespace balmer {

namespace {

bool is_blank(char c, char delimiter) { return c == ' ' || (c == '\t' && delimiter != '\t'); }
bool is_line_end(char c) { return c == '\n' || c == '\r'; }

/// Moves over a line end; false when a CR is the last byte, since an LF may follow.
bool pass_line_end(const char*& at, const char* end) {
    if (*at == '\r') {
        if (at + 1 == end) {
            return false;
        }
        at += at[1] == '\n' ? 2 : 1;
    } else {
        ++at;
    }
    return true;
}

/// What follows a field whose text ended at `at`.
Field::End pass_field_end(const char*& at, const char* end, char delimiter) {
    while (at < end && is_blank(*at, delimiter)) {
        ++at;
    }
    if (at == end) {
        return Field::End::incomplete;
    }
    if (is_line_end(*at)) {
        return pass_line_end(at, end) ? Field::End::record : Field::End::incomplete;
    }
    at += delimiter == ' ' ? 0 : 1;
    return Field::End::field;
}

bool ends_field(char c, char delimiter) {
    return is_line_end(c) || (delimiter == ' ' ? c == ' ' || c == '\t' : c == delimiter && delimiter != '\0');
}

/// The part between quotes; `at` stands behind the opening one and is left behind the closing one.
bool scan_quoted(const char*& at, const char* end, std::string& text, std::size_t& lines) {
    text.clear();
    while (true) {
        const char* quote = static_cast<const char*>(std::memchr(at, '"', static_cast<std::size_t>(end - at)));
        if (quote == nullptr || quote + 1 == end) {
            return false;
        }
        text.append(at, quote);
        at = quote + 1;
        if (*at != '"') {
            break;
        }
        text += '"';
        ++at;
    }
    lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    return true;
}

}  // namespace

Field scan_field(const char*& at, const char* end, char delimiter, std::string& scratch) {
    Field field;
    const char* p = at;
    while (p < end && is_blank(*p, delimiter)) {
        ++p;
    }
    if (p < end && *p == '"') {
        field.quoted = true;
        ++p;
        if (!scan_quoted(p, end, scratch, field.lines)) {
            return field;
        }
        for (; p < end && !ends_field(*p, delimiter); ++p) {
            if (!is_blank(*p, delimiter)) {
                scratch += *p;
            }
        }
        field.text = scratch;
    } else {
        const char* begin = p;
        while (p < end && !ends_field(*p, delimiter)) {
            ++p;
        }
        const char* last = p;
        while (last > begin && is_blank(last[-1], delimiter)) {
            --last;
        }
        field.text = {begin, static_cast<std::size_t>(last - begin)};
    }
    field.end = pass_field_end(p, end, delimiter);
    if (field.end != Field::End::incomplete) {
        at = p;
    }
    return field;
}

std::size_t skip_blank_lines(const char*& at, const char* end) {
    std::size_t lines = 0;
    while (true) {
        const char* p = at;
        while (p < end && *p == ' ') {
            ++p;
        }
        if (p == end || !is_line_end(*p) || !pass_line_end(p, end)) {
            return lines;
        }
        at = p;
        ++lines;
    }
}

bool scan_record(const char*& at, const char* end, char delimiter, std::vector<std::string>& fields, std::size_t& lines) {
    const char* p = at;
    std::string scratch;
    std::size_t inside = 0;
    fields.clear();
    while (true) {
        const Field field = scan_field(p, end, delimiter, scratch);
        if (field.end == Field::End::incomplete) {
            return false;
        }
        fields.emplace_back(field.text);
        inside += field.lines;
        if (field.end == Field::End::record) {
            at = p;
            lines += inside + 1;
            return true;
        }
    }
}

bool is_missing(std::string_view text) {
    static constexpr std::array<std::string_view, 10> words{"", "na", "n/a", "#n/a", "nan", "-nan", "+nan", "null", "none", "?"};
    if (text.size() > 4) {
        return false;
    }
    std::array<char, 4> lower{};
    std::transform(text.begin(), text.end(), lower.begin(),
                   [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
    return std::find(words.begin(), words.end(), std::string_view(lower.data(), text.size())) != words.end();
}

namespace {

/// Bytes of the character at the start of `text`, 0 when it is none.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    const std::size_t length = first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
    if (length == 0 || text.size() < length) {
        return 0;
    }
    const unsigned char least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned char most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (byte(1) < least || byte(1) > most) {
        return 0;
    }
    for (std::size_t i = 2; i < length; ++i) {
        if (byte(i) < 0x80 || byte(i) > 0xbf) {
            return 0;
        }
    }
    return length;
}

}  // namespace

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0) {
            return false;
        }
        text.remove_prefix(length);
    }
    return true;
}

std::string shown(std::string_view text) {
    constexpr std::size_t most = 40;
    std::string result = "'";
    for (std::string_view rest = text; !rest.empty();) {
        const std::size_t length = utf8_length(rest);
        if (result.size() + length > most + 1) {
            return result + "...'";
        }
        const bool readable = length > 1 || (length == 1 && rest[0] >= ' ' && rest[0] != 0x7f);
        result += readable ? rest.substr(0, length) : rest[0] == '\n' ? " " : "?";
        rest.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return result + "'";
}

std::optional<double> read_number(std::string_view text, Decimal& decimal, bool comma_allowed) {
    if (const auto value = parse_double(text)) {
        if (text.find('.') != std::string_view::npos) {
            if (decimal == Decimal::comma) {
                return std::nullopt;  // 1.234 among 0,5 may be thousands
            }
            decimal = Decimal::point;
        }
        return value;
    }
    const std::size_t comma = text.find(',');
    if (!comma_allowed || decimal == Decimal::point || comma == std::string_view::npos || text.size() > 400) {
        return std::nullopt;
    }
    std::string pointed(text);
    pointed[comma] = '.';
    if (text.find('.') != std::string_view::npos) {
        return std::nullopt;
    }
    const auto value = parse_double(pointed);
    if (value) {
        decimal = Decimal::comma;
    }
    return value;
}

namespace {

/// How a sample of records looks when it is split at one delimiter.
struct Trial {
    char delimiter = '\0';
    std::size_t first = 0;      ///< fields of the first record
    std::size_t records = 0;
    std::size_t agreeing = 0;   ///< records with as many fields as the first
};

constexpr std::size_t sampled_records = 100;

Trial try_delimiter(std::string_view text, char delimiter) {
    Trial trial{.delimiter = delimiter};
    const char* at = text.data();
    const char* end = at + text.size();
    std::vector<std::string> fields;
    std::size_t lines = 0;
    while (trial.records < sampled_records) {
        skip_blank_lines(at, end);
        if (at == end || !scan_record(at, end, delimiter, fields, lines)) {
            break;
        }
        trial.first = trial.records == 0 ? fields.size() : trial.first;
        trial.agreeing += fields.size() == trial.first;
        ++trial.records;
    }
    return trial;
}

/// A delimiter that splits all records alike wins, in the order tab, semicolon, comma, blanks; else one that splits the
/// first record (the file is then ragged, which the reader reports); blanks only when most records agree, since names
/// and sentences hold blanks too.
char find_delimiter(std::string_view text) {
    std::vector<Trial> trials;
    for (const char delimiter : {'\t', ';', ',', ' '}) {
        const Trial trial = try_delimiter(text, delimiter);
        if (trial.first > 1 && trial.agreeing == trial.records) {
            return delimiter;
        }
        trials.push_back(trial);
    }
    const Trial* best = nullptr;
    for (const Trial& trial : trials) {
        const bool plausible = trial.first > 1 && (trial.delimiter != ' ' || 2 * trial.agreeing > trial.records + 1);
        if (plausible && (best == nullptr || trial.agreeing > best->agreeing)) {
            best = &trial;
        }
    }
    return best == nullptr ? '\0' : best->delimiter;
}

/// Points and commas as the numbers of the sample have them.
Decimal find_decimal(std::string_view text, char delimiter) {
    const char* at = text.data();
    const char* end = at + text.size();
    std::vector<std::string> fields;
    std::size_t lines = 0;
    std::size_t points = 0, commas = 0;
    for (std::size_t record = 0; record < sampled_records; ++record) {
        skip_blank_lines(at, end);
        if (at == end || !scan_record(at, end, delimiter, fields, lines)) {
            break;
        }
        for (const std::string& field : fields) {
            Decimal decimal = Decimal::undecided;
            if (read_number(field, decimal, delimiter != ',')) {
                points += decimal == Decimal::point;
                commas += decimal == Decimal::comma;
            }
        }
    }
    return points > 0 ? Decimal::point : commas > 0 ? Decimal::comma : Decimal::undecided;
}

}  // namespace

Dialect find_dialect(std::string_view text, char delimiter_given) {
    Dialect dialect;
    dialect.delimiter = delimiter_given == '\0' ? find_delimiter(text) : delimiter_given;
    dialect.decimal = find_decimal(text, dialect.delimiter);
    return dialect;
}

}  // namespace balmer
