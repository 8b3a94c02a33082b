#include "expression/lexer.hpp"

#include <cctype>
#include <charconv>
#include <cmath>

#include "balmer/error.hpp"

namespace balmer {
namespace {

bool starts_name(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80) != 0; }
bool continues_name(char c) { return starts_name(c) || std::isdigit(static_cast<unsigned char>(c)); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Characters before `position`: continuation bytes of UTF-8 take no room on the screen.
std::size_t columns_before(std::string_view text, std::size_t position) {
    std::size_t columns = 0;
    for (std::size_t i = 0; i < position && i < text.size(); ++i) columns += (text[i] & 0xC0) != 0x80;
    return columns;
}

}  // namespace

void fail_at(std::string_view text, std::size_t begin, const std::string& message) {
    constexpr std::size_t window = 60;  // bytes of context each side, for long formulas
    std::size_t from = begin > window ? begin - window : 0;
    while (from > 0 && (text[from] & 0xC0) == 0x80) --from;
    std::string shown(text.substr(from, 2 * window));
    for (char& c : shown)
        if (c == '\n' || c == '\t' || c == '\r') c = ' ';
    const std::string prefix = from > 0 ? "..." : "";
    const std::size_t caret = prefix.size() + columns_before(shown, begin - from);
    throw Error(message + "\n  " + prefix + shown + "\n  " + std::string(caret, ' ') + "^");
}

bool is_identifier(std::string_view name) {
    if (name.empty() || !starts_name(name[0])) return false;
    for (const char c : name)
        if (!continues_name(c)) return false;
    return true;
}

bool is_integer_exponent(double value) {
    return value == std::floor(value) && std::fabs(value) <= 1000 && value != 0 && value != 1 && value != 2 && value != 3 &&
           value != -1;
}

Token Lexer::next() {
    while (position_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[position_]))) ++position_;
    Token token{.begin = position_, .end = position_};
    if (position_ == text_.size()) return token;
    const char c = text_[position_];
    const bool point_first = c == '.' && position_ + 1 < text_.size() && is_digit(text_[position_ + 1]);
    if (is_digit(c) || point_first) return number();
    if (starts_name(c)) return name();
    if (c == '`') return quoted();
    token.kind = TokenKind::symbol;
    for (const std::string_view pair : {"**", "<=", ">=", "==", "!="})
        if (text_.substr(position_, 2) == pair) token.text = pair;
    if (token.text.empty() && std::string_view("+-*/^(),<>=[]").find(c) != std::string_view::npos) token.text = c;
    if (token.text.empty()) {
        std::string hint;
        if (c == '{' || c == '}') hint = "; use round brackets";
        if (c == '%' || c == '&' || c == '|') hint = "; the operators are + - * / ^ and comparisons";
        fail_at(text_, position_, "unexpected character '" + std::string(1, c) + "' in the formula" + hint);
    }
    position_ += token.text.size();
    token.end = position_;
    return token;
}

Token Lexer::number() {
    Token token{.kind = TokenKind::number, .begin = position_};
    const char* first = text_.data() + position_;
    const auto [last, error] = std::from_chars(first, text_.data() + text_.size(), token.number);
    if (error == std::errc::result_out_of_range) fail_at(text_, position_, "this number does not fit a double (1e-308 to 1e308)");
    position_ += static_cast<std::size_t>(last - first);
    token.end = position_;
    token.text = text_.substr(token.begin, token.end - token.begin);
    if (position_ < text_.size() && (starts_name(text_[position_]) || text_[position_] == '('))
        fail_at(text_, position_, "write the product out: " + token.text + "*...");
    return token;
}

Token Lexer::name() {
    Token token{.kind = TokenKind::name, .begin = position_};
    while (position_ < text_.size() && continues_name(text_[position_])) ++position_;
    token.end = position_;
    token.text = text_.substr(token.begin, token.end - token.begin);
    return token;
}

Token Lexer::quoted() {
    const auto close = text_.find('`', position_ + 1);
    if (close == std::string_view::npos) fail_at(text_, position_, "this backquote is never closed");
    Token token{.kind = TokenKind::name, .begin = position_, .end = close + 1, .quoted = true};
    token.text = text_.substr(position_ + 1, close - position_ - 1);
    position_ = close + 1;
    return token;
}

}  // namespace balmer
