#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <vector>

#include "balmer/expression.hpp"
#include "balmer/number.hpp"
#include "expression/lexer.hpp"

namespace balmer {
namespace {

constexpr int atom = 9;
constexpr int comparison_level = 1, product_level = 3, sign_level = 4, power_level = 5;

// A piece of text and how tightly it holds together.
struct Piece {
    std::string text;
    int precedence = atom;
    bool is_number = false;
    double number = 0;
    std::size_t parameter = 0;  ///< index, of a leaf that is one
};

std::string number_text(double value, int digits) {
    if (digits <= 0) return format_double(value);
    // A factor near one keeps what tells it from one: 0.99999, not 1.
    constexpr int more = 3;
    double rounded = value;
    for (int d = digits; d <= digits + more; ++d) {
        char buffer[64];
        const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, d).ptr;
        // Read back and write shortest: no trailing zeros, one style of exponent.
        std::from_chars(buffer, end, rounded);
        if (rounded == value || std::fabs(rounded) != 1) break;
    }
    return format_double(rounded);
}

class Printer {
public:
    Printer(const Expression& expression, const Vocabulary& vocabulary, const PrintOptions& options)
        : expression_(expression), vocabulary_(vocabulary), options_(options),
          names_(has_choices(expression) ? parameter_names(expression, vocabulary) : std::vector<std::string>()) {}

    std::string whole() {
        for (const auto& node : expression_.nodes) {
            const std::size_t first = stack_.size() - node.arity;
            Piece made = write(node, std::span(stack_).subspan(first));
            stack_.resize(first);
            stack_.push_back(std::move(made));
        }
        return stack_.empty() ? "" : std::move(stack_.back().text);
    }

private:
    static std::string bracketed(Piece&& piece, bool needed) {
        return needed ? "(" + piece.text + ")" : std::move(piece.text);
    }
    static std::string at_least(Piece& piece, int precedence) {
        return bracketed(std::move(piece), piece.precedence < precedence);
    }

    std::string quoted(const std::string& name) const { return is_identifier(name) ? name : "`" + name + "`"; }

    bool is_taken(std::string_view word) const {
        return std::ranges::find(vocabulary_.features, word) != vocabulary_.features.end() ||
               std::ranges::find(vocabulary_.parameters, word) != vocabulary_.parameters.end();
    }

    Piece number(double value) const {
        return {.text = number_text(value, options_.digits), .precedence = atom, .is_number = true, .number = value};
    }

    Piece leaf(const Node& node) const {
        const auto index = static_cast<std::size_t>(node.index);
        switch (node.op) {
            case Op::category: {
                const std::size_t axis = index - vocabulary_.features.size();
                return {axis < vocabulary_.categories.size() ? quoted(vocabulary_.categories[axis].name) : "x" + std::to_string(index)};
            }
            case Op::feature:
                return {index < vocabulary_.features.size() ? quoted(vocabulary_.features[index]) : "x" + std::to_string(index)};
            case Op::parameter:
                if (index < vocabulary_.parameters.size() && !vocabulary_.parameters[index].empty())
                    return {.text = quoted(vocabulary_.parameters[index]), .parameter = index};
                {
                    Piece piece = number(expression_.values[index]);
                    piece.parameter = index;
                    return piece;
                }
            case Op::argument: return {"argument" + std::to_string(index)};
            case Op::pi: return is_taken("pi") ? number(apply(Op::pi, 0)) : Piece{"pi"};
            default: return is_taken("e") ? number(apply(Op::euler, 0)) : Piece{"e"};
        }
    }

    Piece call(const std::string& name, std::span<Piece> operands) const {
        std::string text = name + "(";
        for (std::size_t k = 0; k < operands.size(); ++k) text += (k ? ", " : "") + operands[k].text;
        return {text + ")"};
    }

    static bool is_negative_number(const Piece& piece) { return piece.is_number && piece.text.starts_with('-'); }

    Piece infix(const Node& node, Piece& a, Piece& b) const {
        const auto& row = info(node.op);
        if (node.op == Op::power) return power(a, b);
        const int level = row.precedence;
        // Bare 1/x reads as the operator inverse.
        const bool bare_one = node.op == Op::divide && a.is_number && a.number == 1;
        std::string left = bracketed(std::move(a), bare_one || a.precedence < level + (level == comparison_level ? 1 : 0));
        const std::string right = at_least(b, level + 1);
        if (level == product_level) left += row.name;
        else left.append(" ").append(row.name).append(" ");
        left += right;
        return {std::move(left), level};
    }

    Piece power(Piece& base, Piece& exponent) const {
        const double value = exponent.number;
        const bool reads_otherwise = exponent.is_number && (value == 2 || value == 3 || value == -1 || value == 0.5 || is_integer_exponent(value));
        const bool exponent_holds = exponent.precedence >= sign_level && !reads_otherwise;
        return {bracketed(std::move(base), base.precedence <= power_level || is_negative_number(base)) + "^" +
                    bracketed(std::move(exponent), !exponent_holds),
                power_level};
    }

    Piece postfix_power(const Node& node, Piece& base) const {
        const int n = node.op == Op::square ? 2 : node.op == Op::cube ? 3 : node.index;
        return {bracketed(std::move(base), base.precedence <= power_level || is_negative_number(base)) + "^" + std::to_string(n),
                power_level};
    }

    Piece write(const Node& node, std::span<Piece> operands) const {
        const auto& row = info(node.op);
        const auto index = static_cast<std::size_t>(node.index);
        if (node.op == Op::call) return call(vocabulary_.definitions[index].name, operands);
        if (node.op == Op::hole) return call(vocabulary_.holes[index], operands);
        if (node.op == Op::choose) return {quoted(names_[operands[1].parameter]) + "[" + operands[0].text + "]"};
        if (node.op == Op::inverse) return {"1/" + at_least(operands[0], product_level + 1), product_level};
        switch (row.notation) {
            case Notation::leaf: return leaf(node);
            case Notation::infix: return infix(node, operands[0], operands[1]);
            case Notation::postfix_power: return postfix_power(node, operands[0]);
            case Notation::prefix: {
                const bool positive_number = operands[0].is_number && !is_negative_number(operands[0]);
                return {"-" + bracketed(std::move(operands[0]), positive_number || operands[0].precedence < sign_level), sign_level};
            }
            case Notation::function: break;
        }
        return call(std::string(row.name), operands);
    }

    const Expression& expression_;
    const Vocabulary& vocabulary_;
    const PrintOptions& options_;
    std::vector<std::string> names_;  ///< of parameters, when some have categories
    std::vector<Piece> stack_;
};

}  // namespace

std::string print(const Expression& expression, const Vocabulary& vocabulary, const PrintOptions& options) {
    return Printer(expression, vocabulary, options).whole();
}

}  // namespace balmer
