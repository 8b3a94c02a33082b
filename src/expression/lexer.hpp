#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace balmer {

/// Kinds of words in a formula.
enum class TokenKind { number, name, symbol, end };

/// One word of a formula and where it begins.
struct Token {
    TokenKind kind = TokenKind::end;
    std::string text;        ///< a quoted name without its backquotes
    double number = 0;
    std::size_t begin = 0;   ///< byte offset
    std::size_t end = 0;
    bool quoted = false;     ///< `a name with spaces`
};

/// Splits a formula into words, one at a time.
class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) {}
    /// The next word; TokenKind::end at the end. Throws balmer::Error at a character that belongs to no word.
    Token next();
    std::string_view text() const { return text_; }

private:
    Token number();
    Token name();
    Token quoted();

    std::string_view text_;
    std::size_t position_ = 0;
};

/// Throws balmer::Error: the message, the formula and a caret under byte `begin`.
[[noreturn]] void fail_at(std::string_view text, std::size_t begin, const std::string& message);

/// True for names that need no backquotes: a letter or _ first, then letters, digits, _ (any UTF-8 letter counts).
bool is_identifier(std::string_view name);

/// True when `x^value` is read as Op::integer_power: a whole number without an operator of its own, at most 1,000.
bool is_integer_exponent(double value);

}  // namespace balmer
