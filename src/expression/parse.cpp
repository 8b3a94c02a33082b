#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "balmer/error.hpp"
#include "balmer/expression.hpp"
#include "expression/lexer.hpp"

namespace balmer {
namespace {

constexpr int deepest_nesting = 2000;

// Recursive descent over precedence levels; writes postfix nodes as it goes.
class Parser {
public:
    Parser(std::string_view text, Vocabulary& vocabulary, UnknownName unknown, std::span<const std::string> arguments)
        : lexer_(text), vocabulary_(vocabulary), unknown_(unknown), arguments_(arguments) {
        result_.values.assign(vocabulary.parameters.size(), 1);
        advance();
    }

    Expression whole() {
        if (token_.kind == TokenKind::end) fail("the formula is empty");
        comparison();
        if (token_.kind != TokenKind::end) fail_after_operand();
        return std::move(result_);
    }

private:
    [[noreturn]] void fail(const std::string& message) { fail_at(lexer_.text(), token_.begin, message); }

    [[noreturn]] void fail_after_operand() {
        if (token_.text == ")") fail("this bracket was never opened");
        if (token_.text == "[") fail("only the name of a constant may stand before [categories]");
        if (token_.text == "]") fail("this bracket was never opened");
        if (token_.text == ",") fail("a comma is only allowed between the arguments of a function");
        if (token_.text == "=") fail("a formula has no '='; for a comparison write ==");
        if (is_operator_symbol(token_.text)) fail("unexpected '" + token_.text + "'");
        fail("expected an operator (+ - * / ^) before '" + token_.text + "'");
    }

    static bool is_operator_symbol(std::string_view symbol) {
        return symbol == "<" || symbol == ">" || symbol == "<=" || symbol == ">=" || symbol == "==" || symbol == "!=";
    }

    void advance() { token_ = lexer_.next(); }

    bool at(std::string_view symbol) const { return token_.kind == TokenKind::symbol && token_.text == symbol; }

    void expect(std::string_view symbol, const std::string& why) {
        if (!at(symbol)) fail("expected '" + std::string(symbol) + "' " + why);
        advance();
    }

    void push(Op op, int arity, std::int32_t index = 0) {
        auto& nodes = result_.nodes;
        std::size_t begin = nodes.size();
        for (int k = 0; k < arity; ++k) begin -= nodes[begin - 1].length;
        nodes.push_back({.op = op,
                         .arity = static_cast<std::uint8_t>(arity),
                         .length = static_cast<std::uint32_t>(nodes.size() + 1 - begin),
                         .index = index});
    }

    void push_number(double value) {
        result_.values.push_back(value);
        push(Op::parameter, 0, static_cast<std::int32_t>(result_.values.size() - 1));
    }

    struct Deeper {
        explicit Deeper(Parser& parser) : parser_(parser) {
            if (++parser_.depth_ > deepest_nesting)
                parser_.fail("the formula is nested deeper than " + std::to_string(deepest_nesting) + " levels");
        }
        ~Deeper() { --parser_.depth_; }
        Parser& parser_;
    };

    void comparison() {
        const Deeper deeper(*this);
        sum();
        while (token_.kind == TokenKind::symbol && is_operator_symbol(token_.text)) {
            const Op op = *find_operator(token_.text);
            advance();
            sum();
            push(op, 2);
        }
    }

    void sum() {
        product();
        while (at("+") || at("-")) {
            const Op op = at("+") ? Op::add : Op::subtract;
            advance();
            product();
            push(op, 2);
        }
    }

    void product() {
        if (!leading_inverse()) signed_factor();
        while (at("*") || at("/")) {
            const Op op = at("/") ? Op::divide : Op::multiply;
            advance();
            signed_factor();
            push(op, 2);
        }
    }

    // `1/x` is an operator of its own: a product that begins with a bare 1 and a division.
    bool leading_inverse() {
        if (token_.kind != TokenKind::number || token_.number != 1) return false;
        const Lexer lexer = lexer_;
        const Token one = token_;
        advance();
        if (!at("/")) {
            lexer_ = lexer;
            token_ = one;
            return false;
        }
        advance();
        signed_factor();
        push(Op::inverse, 1);
        return true;
    }

    // A minus directly before a bare number makes a negative number, unless a power follows: -2^x is -(2^x).
    void signed_factor() {
        const Deeper deeper(*this);
        if (at("+")) {
            advance();
            return signed_factor();
        }
        if (!at("-")) return power();
        advance();
        if (token_.kind != TokenKind::number) {
            signed_factor();
            return push(Op::negate, 1);
        }
        const double value = token_.number;
        advance();
        if (!at("^") && !at("**")) return push_number(-value);
        push_number(value);
        exponent();
        push(Op::negate, 1);
    }

    void power() {
        atom();
        if (at("^") || at("**")) exponent();
    }

    // The base has just been written. A bare number (with sign) as exponent may make a special operator; one in brackets never does.
    void exponent() {
        const Deeper deeper(*this);
        advance();
        const bool negative = at("-");
        if (negative || at("+")) advance();
        if (token_.kind == TokenKind::number) {
            const double value = token_.number;
            advance();
            if (!at("^") && !at("**")) return push_power(negative ? -value : value);
            push_number(value);
            exponent();
        } else if (at("-") || at("+")) {
            signed_factor();
        } else {
            power();
        }
        if (negative) push(Op::negate, 1);
        push(Op::power, 2);
    }

    void push_power(double value) {
        if (value == 2) return push(Op::square, 1);
        if (value == 3) return push(Op::cube, 1);
        if (value == -1) return push(Op::inverse, 1);
        if (value == 0.5) return push(Op::sqrt, 1);
        if (is_integer_exponent(value)) return push(Op::integer_power, 1, static_cast<std::int32_t>(value));
        push_number(value);
        push(Op::power, 2);
    }

    void atom() {
        if (token_.kind == TokenKind::number) {
            push_number(token_.number);
            return advance();
        }
        if (token_.kind == TokenKind::name) return name();
        if (at("(")) {
            const std::size_t open = token_.begin;
            advance();
            comparison();
            if (token_.kind == TokenKind::end) fail_at(lexer_.text(), open, "this bracket is never closed");
            if (!at(")")) fail_after_operand();
            return advance();
        }
        if (token_.kind == TokenKind::end) fail("the formula ends where a number, a name or a bracket is expected");
        fail("expected a number, a name or a bracket, found '" + token_.text + "'");
    }

    void name() {
        const Token word = token_;
        advance();
        if (!word.quoted && at("(")) return function(word);
        if (at("[")) return choice(word);
        if (find_block(word.text))
            fail_at(lexer_.text(), word.begin, "'" + word.text + "' has a value for each category: write " + word.text + "[...] everywhere");
        if (leaf(word)) return;
        if (unknown_ == UnknownName::feature) {
            vocabulary_.features.push_back(word.text);
            return push(Op::feature, 0, static_cast<std::int32_t>(vocabulary_.features.size() - 1));
        }
        if (unknown_ == UnknownName::parameter) return new_parameter(word.text);
        std::vector<std::string> known = vocabulary_.features;
        known.insert(known.end(), arguments_.begin(), arguments_.end());
        for (const auto& parameter : vocabulary_.parameters)
            if (!parameter.empty()) known.push_back(parameter);
        std::string message = "unknown name '" + word.text + "'." + suggest(word.text, known);
        if (find_operator(word.text)) message += " A function needs its argument in brackets: " + word.text + "(x).";
        else message += " Known: " + listed(known) + ".";
        fail_at(lexer_.text(), word.begin, message);
    }

    static std::string listed(const std::vector<std::string>& names) {
        std::string text;
        for (std::size_t i = 0; i < names.size() && i < 12; ++i) text += (i ? ", " : "") + names[i];
        if (names.size() > 12) text += ", ... (" + std::to_string(names.size()) + " names)";
        return text.empty() ? "pi, e and numbers" : text;
    }

    static int index_in(std::span<const std::string> names, std::string_view word) {
        const auto found = std::ranges::find(names, word);
        return found == names.end() ? -1 : static_cast<int>(found - names.begin());
    }

    bool leaf(const Token& word) {
        if (const int k = index_in(arguments_, word.text); k >= 0) return push(Op::argument, 0, k), true;
        if (const int k = index_in(vocabulary_.features, word.text); k >= 0) return push(Op::feature, 0, k), true;
        if (word.text.empty()) return false;
        if (const int k = index_in(vocabulary_.parameters, word.text); k >= 0) return push(Op::parameter, 0, k), true;
        if (word.quoted) return false;
        if (word.text == "pi") return push(Op::pi, 0), true;
        if (word.text == "e") return push(Op::euler, 0), true;
        return false;
    }

    // The values of one p[axis] are consecutive parameters of that name.
    struct Block {
        std::string name;
        std::size_t first = 0, count = 0;
    };

    // A block written before, or one of the vocabulary's.
    std::optional<Block> find_block(const std::string& name) const {
        for (const auto& block : blocks_)
            if (block.name == name) return block;
        const auto& known = vocabulary_.parameters;
        const auto first = std::ranges::find(known, name);
        if (name.empty() || first == known.end()) return std::nullopt;
        const auto end = std::find_if(first, known.end(), [&](const std::string& other) { return other != name; });
        if (end - first < 2) return std::nullopt;
        return Block{name, static_cast<std::size_t>(first - known.begin()), static_cast<std::size_t>(end - first)};
    }

    int axis_in_brackets() {
        advance();
        std::vector<std::string> known;
        for (const auto& axis : vocabulary_.categories) known.push_back(axis.name);
        if (token_.kind != TokenKind::name) fail("expected the name of a column with categories, as in p[detector]");
        const int axis = vocabulary_.find_category(token_.text);
        if (axis < 0) {
            const std::string hint = known.empty() ? " None are given here." : suggest(token_.text, known) + " Known: " + listed(known) + ".";
            fail("there are no categories called '" + token_.text + "'." + hint);
        }
        if (vocabulary_.categories[static_cast<std::size_t>(axis)].labels.size() < 2)
            fail("'" + token_.text + "' has one category only; a plain constant does the same");
        if (vocabulary_.categories[static_cast<std::size_t>(axis)].labels.size() > most_categories)
            fail("'" + token_.text + "' has " + std::to_string(vocabulary_.categories[static_cast<std::size_t>(axis)].labels.size()) +
                 " categories; at most " + std::to_string(most_categories) + " are allowed");
        advance();
        expect("]", "after the name of the categories");
        return axis;
    }

    // p[axis], its name just read.
    void choice(const Token& word) {
        const bool is_column = index_in(vocabulary_.features, word.text) >= 0;
        if (is_column || index_in(arguments_, word.text) >= 0)
            fail_at(lexer_.text(), word.begin, "'" + word.text + "' is a column; only constants have a value for each category");
        const auto axis = static_cast<std::size_t>(axis_in_brackets());
        const std::size_t count = vocabulary_.categories[axis].labels.size();
        auto block = find_block(word.text);
        if (!block && index_in(vocabulary_.parameters, word.text) >= 0)
            fail_at(lexer_.text(), word.begin, "'" + word.text + "' is one constant elsewhere in the formula; give this one another name");
        if (block && block->count != count)
            fail_at(lexer_.text(), word.begin, "'" + word.text + "' has other categories elsewhere in the formula; give this one another name");
        if (!block) block = new_block(word.text, count);
        push(Op::category, 0, static_cast<std::int32_t>(vocabulary_.features.size() + axis));
        for (std::size_t k = 0; k < count; ++k) push(Op::parameter, 0, static_cast<std::int32_t>(block->first + k));
        push(Op::choose, static_cast<int>(count) + 1);
    }

    Block new_block(const std::string& name, std::size_t count) {
        blocks_.push_back({name, result_.values.size(), count});
        if (unknown_ == UnknownName::parameter) {
            vocabulary_.parameters.resize(result_.values.size());
            vocabulary_.parameters.insert(vocabulary_.parameters.end(), count, name);
        }
        result_.values.insert(result_.values.end(), count, 1.0);
        return blocks_.back();
    }

    void new_parameter(const std::string& word) {
        // Names and values keep one numbering: unnamed numbers in between have empty names.
        vocabulary_.parameters.resize(result_.values.size());
        vocabulary_.parameters.push_back(word);
        push_number(1);
    }

    void function(const Token& word) {
        const std::size_t open = token_.begin;
        advance();
        int count = 0;
        if (!at(")")) {
            do {
                if (count > 0) advance();
                comparison();
                ++count;
            } while (at(","));
        }
        if (token_.kind == TokenKind::end) fail_at(lexer_.text(), open, "this bracket is never closed");
        if (!at(")")) fail_after_operand();
        advance();
        apply_function(word, count);
    }

    void apply_function(const Token& word, int count) {
        if (const int k = vocabulary_.find_definition(word.text); k >= 0) {
            const auto wanted = vocabulary_.definitions[static_cast<std::size_t>(k)].arguments.size();
            check_count(word, count, static_cast<int>(wanted));
            return push(Op::call, count, k);
        }
        if (const int k = index_in(vocabulary_.holes, word.text); k >= 0) return push_hole(word, count, k);
        const auto op = find_operator(word.text);
        if (op) {
            check_count(word, count, info(*op).arity);
            return push(*op, count);
        }
        if (unknown_ == UnknownName::parameter && is_new(word.text)) {
            if (count == 0) fail_at(lexer_.text(), word.begin, "an unknown function needs arguments to depend on: " + word.text + "(x)");
            vocabulary_.holes.push_back(word.text);
            return push_hole(word, count, static_cast<int>(vocabulary_.holes.size() - 1));
        }
        std::vector<std::string> known;
        for (const auto& row : operator_table())
            if (row.notation == Notation::function && row.arity > 0) known.emplace_back(row.name);
        for (const auto& definition : vocabulary_.definitions) known.push_back(definition.name);
        if (index_in(vocabulary_.features, word.text) >= 0)
            fail_at(lexer_.text(), word.begin, "'" + word.text + "' is a column, not a function; write the product out: " + word.text + "*(...)");
        fail_at(lexer_.text(), word.begin, "unknown function '" + word.text + "'." + suggest(word.text, known) +
                                               " Known: sqrt, exp, log, sin, cos ...; your own with --define \"" + word.text +
                                               "(x) = ...\".");
    }

    // Neither a column nor a constant: a name that may be an unknown function's.
    bool is_new(const std::string& word) const {
        return index_in(vocabulary_.features, word) < 0 && index_in(vocabulary_.parameters, word) < 0;
    }

    void push_hole(const Token& word, int count, int hole) {
        for (const auto& node : result_.nodes)
            if (node.op == Op::hole && node.index == hole && node.arity != count)
                fail_at(lexer_.text(), word.begin, "'" + word.text + "' has " + std::to_string(node.arity) + " argument" +
                                                       (node.arity == 1 ? "" : "s") + " where it stands first and " + std::to_string(count) +
                                                       " here; an unknown function takes the same number everywhere");
        push(Op::hole, count, hole);
    }

    void check_count(const Token& word, int count, int wanted) {
        if (count == wanted) return;
        fail_at(lexer_.text(), word.begin, "'" + word.text + "' takes " + std::to_string(wanted) + " argument" + (wanted == 1 ? "" : "s") +
                                               ", " + std::to_string(count) + " given");
    }

    Lexer lexer_;
    Vocabulary& vocabulary_;
    UnknownName unknown_;
    std::span<const std::string> arguments_;
    Token token_;
    int depth_ = 0;
    Expression result_;
    std::vector<Block> blocks_;
};

}  // namespace

Expression parse(std::string_view text, Vocabulary& vocabulary, UnknownName unknown) {
    return Parser(text, vocabulary, unknown, {}).whole();
}

Expression parse(std::string_view text, const Vocabulary& vocabulary) {
    Vocabulary copy = vocabulary;
    return Parser(text, copy, UnknownName::refuse, {}).whole();
}

Definition parse_definition(std::string_view text, const Vocabulary& vocabulary) {
    const auto equals = text.find('=');
    const std::string form = "write it as name(x, y) = formula";
    if (equals == std::string_view::npos || text.substr(equals, 2) == "==") fail_at(text, 0, "a definition has an '=': " + form);
    Lexer lexer(text.substr(0, equals));
    Token token = lexer.next();
    if (token.kind != TokenKind::name) fail_at(text, token.begin, "a definition begins with a name: " + form);
    Definition definition{.name = token.text, .arguments = {}, .body = {}};
    if (find_operator(definition.name) || vocabulary.find_definition(definition.name) >= 0)
        fail_at(text, token.begin, "'" + definition.name + "' is an operator already; choose another name");
    token = lexer.next();
    if (token.text != "(") fail_at(text, token.begin, "expected '(' after the name: " + form);
    do {
        token = lexer.next();
        if (token.kind != TokenKind::name) fail_at(text, token.begin, "expected the name of an argument: " + form);
        if (std::ranges::find(definition.arguments, token.text) != definition.arguments.end())
            fail_at(text, token.begin, "the argument '" + token.text + "' is named twice");
        definition.arguments.push_back(token.text);
        token = lexer.next();
    } while (token.text == ",");
    if (token.text != ")") fail_at(text, token.begin, "expected ',' or ')': " + form);
    token = lexer.next();
    if (token.kind != TokenKind::end) fail_at(text, token.begin, "expected '=' here: " + form);
    if (definition.arguments.size() > 3) fail_at(text, 0, "an operator of your own takes at most 3 arguments");
    Vocabulary body{.features = {}, .parameters = {}, .definitions = vocabulary.definitions, .holes = {}};
    definition.body = Parser(text.substr(equals + 1), body, UnknownName::refuse, definition.arguments).whole();
    return definition;
}

}  // namespace balmer
