#include <fmt/format.h>

#include <cctype>
#include <string>
#include <vector>

#include "balmer/expression.hpp"
#include "expression/typeset.hpp"

namespace balmer {

namespace in_mathml {
namespace {

constexpr int atom = 9;
constexpr int closed = 8;  ///< stands without brackets anywhere but as the base of a power
constexpr int comparison_level = 1, sum_level = 2, product_level = 3, sign_level = 4;

struct Piece {
    std::string text;
    int precedence = atom;
    bool is_signed = false;  ///< begins with a minus
    bool is_number = false;
};

std::string row(const std::string& content) { return "<mrow>" + content + "</mrow>"; }
std::string sign(std::string_view symbol) { return fmt::format("<mo>{}</mo>", symbol); }
std::string bracketed(const std::string& content) { return row("<mo>(</mo>" + content + "<mo>)</mo>"); }
std::string superscript(const std::string& base, const std::string& exponent) { return "<msup>" + row(base) + row(exponent) + "</msup>"; }
std::string fraction(const std::string& over, const std::string& under) { return "<mfrac>" + row(over) + row(under) + "</mfrac>"; }
std::string whole_number(int n) {
    return n < 0 ? fmt::format("<mo>&#x2212;</mo><mn>{}</mn>", -static_cast<long>(n)) : fmt::format("<mn>{}</mn>", n);
}

std::string word(const std::string& text) {
    if (std::isdigit(static_cast<unsigned char>(text[0]))) {
        return "<mn>" + text + "</mn>";
    }
    const std::string_view greek = greek_letter(text);
    return fmt::format("<mi>{}</mi>", greek.empty() ? text : std::string(greek));
}

std::string name_text(std::string_view name) {
    const NameParts parts = name_parts(name);
    if (parts.is_plain) {
        return "<mtext>" + escaped(parts.base) + "</mtext>";
    }
    if (parts.subscripts.empty()) {
        return word(parts.base);
    }
    std::string below;
    for (const std::string& subscript : parts.subscripts) {
        below += (below.empty() ? "" : "<mo>,</mo>") + word(subscript);
    }
    return "<msub>" + word(parts.base) + row(below) + "</msub>";
}

std::string left(const Piece& piece, int level) { return piece.precedence >= level ? piece.text : bracketed(piece.text); }
std::string right(const Piece& piece, int level) {
    return piece.precedence > level && !piece.is_signed ? piece.text : bracketed(piece.text);
}
std::string base(const Piece& piece) { return piece.precedence == atom ? piece.text : bracketed(piece.text); }

std::string arguments(std::span<const Piece> operands) {
    std::string text;
    for (const Piece& operand : operands) {
        text += (text.empty() ? "" : "<mo>,</mo>") + operand.text;
    }
    return bracketed(text);
}

Piece function(const std::string& name, std::span<const Piece> operands) {
    return {row(fmt::format("<mi>{}</mi><mo>&#x2061;</mo>{}", escaped(name), arguments(operands))), closed};
}

Piece infix(Op op, const Piece& a, const Piece& b) {
    const int level = info(op).precedence;
    std::string symbol;
    switch (op) {
        case Op::multiply: symbol = b.is_number ? "&#x22C5;" : "&#x2062;"; break;
        case Op::subtract: symbol = "&#x2212;"; break;
        case Op::less_equal: symbol = "&#x2264;"; break;
        case Op::greater_equal: symbol = "&#x2265;"; break;
        case Op::not_equal: symbol = "&#x2260;"; break;
        case Op::equal: symbol = "="; break;
        default: symbol = escaped(info(op).name);
    }
    return {row(left(a, level + (level == comparison_level ? 1 : 0)) + sign(symbol) + right(b, level)), level, a.is_signed && a.precedence >= level};
}

Piece conditional(std::span<const Piece> x) {
    const auto cell = [](const std::string& text) { return "<mtd>" + text + "</mtd>"; };
    return {row("<mo>{</mo><mtable><mtr>" + cell(x[1].text) + cell(x[0].text) + "</mtr><mtr>" + cell(x[2].text) +
                cell("<mtext>otherwise</mtext>") + "</mtr></mtable>"),
            0};
}

/// Operators with a two-dimensional form of their own; the others are functions by name.
Piece apply(const Node& node, std::span<const Piece> x) {
    switch (node.op) {
        case Op::divide: return {fraction(x[0].text, x[1].text), closed};
        case Op::inverse: return {fraction("<mn>1</mn>", x[0].text), closed};
        case Op::negate: return {row(sign("&#x2212;") + right(x[0], sign_level)), sign_level, true};
        case Op::power: return {superscript(base(x[0]), x[1].text), closed};
        case Op::integer_power: return {superscript(base(x[0]), whole_number(node.index)), closed};
        case Op::square: return {superscript(base(x[0]), "<mn>2</mn>"), closed};
        case Op::cube: return {superscript(base(x[0]), "<mn>3</mn>"), closed};
        case Op::sqrt: return {"<msqrt>" + x[0].text + "</msqrt>", closed};
        case Op::cbrt: return {"<mroot>" + row(x[0].text) + "<mn>3</mn></mroot>", closed};
        case Op::abs: return {row("<mo>|</mo>" + x[0].text + "<mo>|</mo>")};
        case Op::floor: return {row("<mo>&#x230A;</mo>" + x[0].text + "<mo>&#x230B;</mo>")};
        case Op::exp: return {superscript("<mi>e</mi>", x[0].text), closed};
        case Op::expm1: return {bracketed(superscript("<mi>e</mi>", x[0].text) + sign("&#x2212;") + "<mn>1</mn>")};
        case Op::gauss:
            return {superscript("<mi>e</mi>", sign("&#x2212;") + superscript(base(x[0]), "<mn>2</mn>")), closed};
        case Op::log: return function("ln", x);
        case Op::log1p: return function("ln", std::vector<Piece>{{"<mn>1</mn>" + sign("+") + right(x[0], sum_level)}});
        case Op::log2:
        case Op::log10:
            return {row(fmt::format("<msub><mi>log</mi><mn>{}</mn></msub><mo>&#x2061;</mo>{}", node.op == Op::log2 ? 2 : 10, arguments(x))), closed};
        case Op::hypot:
            return {"<msqrt>" + superscript(base(x[0]), "<mn>2</mn>") + sign("+") + superscript(base(x[1]), "<mn>2</mn>") + "</msqrt>", closed};
        case Op::relu: return function("max", std::vector<Piece>{{"<mn>0</mn>"}, x[0]});
        case Op::step: return function("θ", x);
        case Op::conditional: return conditional(x);
        default:
            return info(node.op).notation == Notation::infix ? infix(node.op, x[0], x[1]) : function(std::string(info(node.op).name), x);
    }
}

Piece number(std::size_t index, double value, const PrintOptions& options) {
    const NumberParts parts = number_parts(value, index, options);
    const std::string minus = parts.is_negative ? sign("&#x2212;") : "";
    const std::string mantissa = parts.mantissa == "inf" ? "<mi>&#x221E;</mi>" : "<mn>" + parts.mantissa + "</mn>";
    if (parts.exponent == 0) {
        const std::string text = parts.is_negative ? row(minus + mantissa) : mantissa;
        return {text, parts.is_negative ? sign_level : atom, parts.is_negative, true};
    }
    return {row(minus + mantissa + sign("&#x22C5;") + superscript("<mn>10</mn>", whole_number(parts.exponent))), product_level,
            parts.is_negative, true};
}

Piece leaf(const Node& node, const Expression& expression, const Vocabulary& vocabulary, std::span<const std::string> names,
           const PrintOptions& options) {
    const auto index = static_cast<std::size_t>(node.index);
    switch (node.op) {
        case Op::feature: return {name_text(index < vocabulary.features.size() ? vocabulary.features[index] : fmt::format("x{}", index))};
        case Op::argument: return {name_text(fmt::format("x{}", index + 1))};
        case Op::category: {
            const std::size_t axis = index - vocabulary.features.size();
            return {name_text(axis < vocabulary.categories.size() ? vocabulary.categories[axis].name : fmt::format("x{}", index))};
        }
        case Op::pi: return {"<mi>π</mi>"};
        case Op::euler: return {"<mi>e</mi>"};
        default:
            if (!names[index].empty()) {
                return {name_text(names[index])};
            }
            return number(index, expression.values[index], options);
    }
}

}  // namespace
}  // namespace in_mathml

std::string mathml(const Expression& expression, const Vocabulary& vocabulary, const PrintOptions& options) {
    using namespace in_mathml;
    const std::vector<std::string> names = parameter_names(expression, vocabulary);
    std::vector<Piece> stack;
    for (const Node& node : expression.nodes) {
        const std::size_t first = stack.size() - node.arity;
        const std::span<const Piece> operands = std::span(stack).subspan(first);
        Piece piece;
        if (node.op == Op::call) {
            piece = function(vocabulary.definitions[static_cast<std::size_t>(node.index)].name, operands);
        } else if (node.op == Op::hole) {
            piece = function(vocabulary.holes[static_cast<std::size_t>(node.index)], operands);
        } else if (node.op == Op::choose) {
            piece = {"<msub>" + operands[1].text + row(operands[0].text) + "</msub>"};
        } else {
            piece = node.arity == 0 ? leaf(node, expression, vocabulary, names, options) : apply(node, operands);
        }
        stack.resize(first);
        stack.push_back(std::move(piece));
    }
    return stack.empty() ? "" : stack.back().text;
}

}  // namespace balmer
