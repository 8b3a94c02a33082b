#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "balmer/expression.hpp"
#include "expression/typeset.hpp"

// Each operator's template stands in the operator table; here operands get the brackets that their place asks for.

namespace balmer {

namespace in_latex {
namespace {

constexpr int atom = 9;
constexpr int closed = 8;  ///< stands without brackets anywhere but as the base of a power
constexpr int sum_level = 2, product_level = 3, sign_level = 4;

struct Piece {
    std::string text;
    int precedence = atom;
    std::size_t function_name = 0;  ///< length of "\sin" in "\sin\left(x\right)", else 0
};

std::string word(const std::string& text) {
    if (text.size() == 1 || std::isdigit(static_cast<unsigned char>(text[0]))) {
        return text;
    }
    return greek_letter(text).empty() ? "\\mathrm{" + text + "}" : "\\" + text;
}

std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (std::string_view("&%$#_{}").find(c) != std::string_view::npos) {
            result += std::string("\\") + c;
        } else if (c == '\\') {
            result += "\\textbackslash{}";
        } else if (c == '~' || c == '^') {
            result += fmt::format("\\{}{{}}", c);
        } else {
            result += c;
        }
    }
    return result;
}

/// "\mathrm{pt}_{1}"
std::string name_text(std::string_view name) {
    const NameParts parts = name_parts(name);
    if (parts.is_plain) {
        return "\\text{" + escaped(parts.base) + "}";
    }
    std::string text = word(parts.base);
    for (std::size_t i = 0; i < parts.subscripts.size(); ++i) {
        text += (i == 0 ? "_{" : ",") + word(parts.subscripts[i]);
    }
    return text + (parts.subscripts.empty() ? "" : "}");
}

std::string bracketed(const std::string& text) { return "\\left(" + text + "\\right)"; }

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> starts) {
    return std::ranges::any_of(starts, [text](std::string_view start) { return text.starts_with(start); });
}

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> ends) {
    return std::ranges::any_of(ends, [text](std::string_view end) { return text.ends_with(end); });
}

/// Whether the template itself encloses the placeholder between `before` and `after`.
bool is_enclosed(std::string_view before, std::string_view after) {
    return ends_with_any(before, {"{", "\\left(", "\\left|", "\\lfloor", ", ", "& ", "cases} ", "\\\\ "}) &&
           starts_with_any(after, {"}", "\\right", ", ", " &", " \\\\"});
}

class LatexWriter {
public:
    LatexWriter(const Vocabulary& vocabulary, const PrintOptions& options, const Expression& expression)
        : vocabulary_(vocabulary), options_(options), values_(expression.values), names_(parameter_names(expression, vocabulary)) {}

    Piece write(const Node& node, std::span<const Piece> operands) const {
        if (node.op == Op::choose) {  // operands: the category, then parameters by name
            return {.text = operands[1].text + "_{" + operands[0].text + "}"};
        }
        if (node.arity == 0 && node.op != Op::call && node.op != Op::hole) {
            return leaf(node);
        }
        const auto index = static_cast<std::size_t>(node.index);
        if (node.op == Op::call) {
            return call(vocabulary_.definitions[index].name, operands);
        }
        if (node.op == Op::hole) {
            return call(vocabulary_.holes[index], operands);
        }
        if (node.op == Op::multiply) {
            return product(operands[0], operands[1]);
        }
        if (node.op == Op::add && operands[1].text.starts_with('-')) {
            return {left(operands[0], sum_level) + " - " + right({.text = operands[1].text.substr(1), .precedence = operands[1].precedence}, sum_level), sum_level};
        }
        return from_template(node, operands);
    }

private:
    Piece leaf(const Node& node) const {
        const auto index = static_cast<std::size_t>(node.index);
        switch (node.op) {
            case Op::feature: return {.text = index < vocabulary_.features.size() ? name_text(vocabulary_.features[index]) : fmt::format("x_{{{}}}", index)};
            case Op::category: {
                const std::size_t axis = index - vocabulary_.features.size();
                return {.text = axis < vocabulary_.categories.size() ? name_text(vocabulary_.categories[axis].name) : fmt::format("x_{{{}}}", index)};
            }
            case Op::parameter:
                if (!names_[index].empty()) {
                    return {.text = name_text(names_[index])};
                }
                return number(index);
            case Op::argument: return {.text = fmt::format("x_{{{}}}", index + 1)};
            default: return {.text = std::string(info(node.op).latex)};
        }
    }

    Piece number(std::size_t index) const {
        const NumberParts parts = number_parts(values_[index], index, options_);
        const std::string sign = parts.is_negative ? "-" : "";
        if (parts.mantissa == "inf") {
            return {.text = sign + "\\infty", .precedence = parts.is_negative ? sign_level : atom};
        }
        if (parts.mantissa == "nan") {
            return {.text = "\\mathrm{NaN}"};
        }
        const std::string power = parts.exponent != 0 ? fmt::format(" \\cdot 10^{{{}}}", parts.exponent) : "";
        const int precedence = !power.empty() ? product_level : parts.is_negative ? sign_level : atom;
        return {.text = sign + parts.mantissa + power, .precedence = precedence};
    }

    static std::string left(const Piece& piece, int level) { return piece.precedence >= level ? piece.text : bracketed(piece.text); }
    static std::string right(const Piece& piece, int level) {
        return piece.precedence > level && !piece.text.starts_with('-') ? piece.text : bracketed(piece.text);
    }

    static Piece product(const Piece& a, const Piece& b) {
        const std::string factor = right(b, product_level);
        const bool digits_meet = std::isdigit(static_cast<unsigned char>(factor[0])) != 0;
        return {left(a, product_level) + (digits_meet ? " \\cdot " : " \\, ") + factor, product_level};
    }

    static Piece call(const std::string& name, std::span<const Piece> operands) {
        std::string text;
        for (const Piece& operand : operands) {
            text += (text.empty() ? "" : ", ") + operand.text;
        }
        return {fmt::format("\\operatorname{{{}}}{}", escaped(name), bracketed(text)), closed};
    }

    static int precedence_of(Op op) {
        const OperatorInfo& row = info(op);
        if (op == Op::conditional) {
            return 0;
        }
        if (op == Op::abs || op == Op::floor || op == Op::expm1) {
            return atom;
        }
        const bool is_visual = row.notation == Notation::function || row.latex.starts_with("\\frac");
        return is_visual ? closed : row.precedence;
    }

    /// sin(x)^2 is written \sin^{2}\left(x\right).
    static std::string base_text(const Piece& base, std::string_view exponent, bool& took_exponent) {
        took_exponent = base.function_name > 0 && exponent.starts_with("^{") && exponent.find("-") == std::string_view::npos;
        if (took_exponent) {
            const std::string inserted(exponent.substr(0, exponent.find('}') + 1));
            return base.text.substr(0, base.function_name) + inserted + base.text.substr(base.function_name);
        }
        return base.precedence == atom ? base.text : bracketed(base.text);
    }

    static Piece from_template(const Node& node, std::span<const Piece> operands) {
        const OperatorInfo& row = info(node.op);
        std::string form(row.latex);
        if (const auto n = form.find("{n}"); n != std::string::npos) {
            form.replace(n, 3, fmt::format("{{{}}}", node.index));
        }
        Piece result{.text = "", .precedence = precedence_of(node.op)};
        const bool is_one_function = row.arity == 1 && form.ends_with("\\left(#1\\right)") && form.starts_with("\\");
        for (std::size_t i = 0; i < form.size(); ++i) {
            if (form[i] != '#') {
                result.text += form[i];
                continue;
            }
            const Piece& operand = operands[static_cast<std::size_t>(form[i + 1] - '1')];
            const std::string_view before = std::string_view(form).substr(0, i);
            const std::string_view after = std::string_view(form).substr(i + 2);
            ++i;
            if (after.starts_with("^")) {
                bool took_exponent = false;
                const bool has_literal = after.find('#') == std::string_view::npos;
                result.text += base_text(operand, has_literal ? after : "", took_exponent);
                i += took_exponent ? after.find('}') + 1 : 0;
            } else if (is_enclosed(before, after)) {
                result.text += operand.text;
            } else {
                const int level = row.notation == Notation::function ? sum_level : row.precedence;
                const bool first = before.empty() && level > 1;  // a < b < c keeps its brackets
                result.text += first ? left(operand, level) : right(operand, level);
            }
        }
        result.function_name = is_one_function ? form.find("\\left(") : 0;
        return result;
    }

    const Vocabulary& vocabulary_;
    const PrintOptions& options_;
    const std::vector<double>& values_;
    std::vector<std::string> names_;  ///< of parameters, "" where the value is written
};

}  // namespace
}  // namespace in_latex

std::string latex(const Expression& expression, const Vocabulary& vocabulary, const PrintOptions& options) {
    using namespace in_latex;
    const LatexWriter writer(vocabulary, options, expression);
    std::vector<Piece> stack;
    for (const Node& node : expression.nodes) {
        const std::size_t first = stack.size() - node.arity;
        Piece piece = writer.write(node, std::span(stack).subspan(first));
        stack.resize(first);
        stack.push_back(std::move(piece));
    }
    return stack.empty() ? "" : stack.back().text;
}

}  // namespace balmer
