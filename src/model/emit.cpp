#include "model/emit.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <cctype>
#include <cmath>

#include "balmer/error.hpp"
#include "balmer/number.hpp"
#include "balmer/uncertain_number.hpp"
#include "balmer/version.hpp"

namespace balmer {

namespace {

/// Deeper nesting than this becomes a named value: compilers and people both lose track of hundreds of brackets.
constexpr int deepest = 24;

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

/// Whether the placeholder at `at` (two characters) stands alone between brackets or commas.
bool stands_alone(std::string_view text, std::size_t at) {
    std::size_t before = at;
    while (before > 0 && text[before - 1] == ' ') {
        --before;
    }
    std::size_t after = at + 2;
    while (after < text.size() && text[after] == ' ') {
        ++after;
    }
    const bool opens = before > 0 && (text[before - 1] == '(' || text[before - 1] == ',');
    const bool closes = after < text.size() && (text[after] == ')' || text[after] == ',');
    return opens && closes;
}

const OperatorInfo& row_of(Op op) { return info(op); }

}  // namespace

std::string float_literal(double value) {
    std::string text = format_double(value);
    if (text.find_first_of(".en") == std::string::npos) {  // "inf" and "nan" hold an n
        text += ".0";
    }
    return text;
}

std::vector<std::string> model_columns(const Model& model) {
    std::vector<std::string> names = model.vocabulary.features;
    for (const CategoryAxis& axis : model.vocabulary.categories) {
        names.push_back(axis.name);
    }
    return names;
}

std::string joined(std::span<const std::string> names, std::string_view separator) {
    return fmt::format("{}", fmt::join(names, separator));
}

std::string_view Emitter::spelling(Op op) const {
    for (const Spelling& candidate : dialect_.spellings) {
        if (candidate.op == op) {
            return candidate.text;
        }
    }
    assert(false && "every operator has a spelling");
    return {};
}

void Emitter::use_helpers(std::string_view text) {
    for (const Helper& helper : dialect_.helpers) {
        const auto at = text.find(helper.name);
        if (at == std::string_view::npos || used_.count(helper.name) > 0) {
            continue;
        }
        for (std::size_t i = at; i != std::string_view::npos; i = text.find(helper.name, i + 1)) {
            const std::size_t end = i + helper.name.size();
            if ((i == 0 || !is_word(text[i - 1])) && (end == text.size() || !is_word(text[end]))) {
                used_.insert(helper.name);
                use_helpers(helper.definition);
                break;
            }
        }
    }
}

std::vector<std::string_view> Emitter::helpers() const {
    std::vector<std::string_view> result;
    for (const Helper& helper : dialect_.helpers) {
        if (used_.count(helper.name) > 0) {
            result.push_back(helper.definition);
        }
    }
    return result;
}

Emitter::Piece Emitter::number(double value) const {
    const std::string text = dialect_.number(value);
    const int precedence = std::signbit(value) && !std::isnan(value) ? row_of(Op::negate).precedence : 9;
    return {.text = text, .precedence = precedence, .depth = 1, .is_nonzero_number = value != 0 && std::isfinite(value)};
}

Emitter::Piece Emitter::leaf(const Node& node, const Expression& expression, std::span<const std::string> arguments,
                             std::span<const std::string> parameters) const {
    const auto index = static_cast<std::size_t>(node.index);
    switch (node.op) {
        case Op::parameter: return parameters.empty() ? number(expression.values[index]) : Piece{.text = parameters[index]};
        case Op::feature: return {.text = names_.features[index], .reads_column = true};
        case Op::argument: return {.text = arguments[index], .reads_column = true};
        case Op::category: return {.text = names_.categories[index - names_.features.size()], .reads_column = true};
        default: return {.text = std::string(spelling(node.op)), .precedence = 9, .depth = 1, .is_nonzero_number = true};
    }
}

Emitter::Piece Emitter::choice(const Expression& expression, std::size_t at) {
    const std::size_t count = expression.nodes[at].arity - 1u;
    const auto first = static_cast<std::size_t>(expression.nodes[at - count].index);
    const auto axis = static_cast<std::size_t>(expression.nodes[at - count - 1].index) - names_.features.size();
    if (dialect_.choice.empty()) {
        throw Error(fmt::format("this format has no constants with a value for each category, and the formula has one for each of '{}'. "
                                "Formats that have: json, python, numpy, c, c++, latex, mathml",
                                names_.axes[axis].name));
    }
    const std::string line = dialect_.table(names_.parameters[first], names_.axes[axis], std::span(expression.values).subspan(first, count));
    if (std::ranges::find(tables_, line) == tables_.end()) {
        tables_.push_back(line);
    }
    std::string text(dialect_.choice);
    const auto put = [&text](std::string_view mark, const std::string& value) {
        if (const auto found = text.find(mark); found != std::string::npos) {
            text.replace(found, mark.size(), value);
        }
    };
    put("#1", names_.parameters[first]);
    put("#2", names_.categories[axis]);
    put("#n", std::to_string(count));
    use_helpers(text);
    return {.text = text, .precedence = 9, .depth = 1, .is_nonzero_number = false, .reads_column = true};
}

bool Emitter::divides_plainly(const Piece& divisor) const {
    switch (dialect_.division) {
        case PlainDivision::always: return true;
        case PlainDivision::by_columns: return divisor.is_nonzero_number || divisor.reads_column;
        case PlainDivision::by_numbers: return divisor.is_nonzero_number;
    }
    return false;
}

Emitter::Piece Emitter::apply(const Node& node, std::span<Piece> operands) {
    Piece result;
    for (const Piece& operand : operands) {
        result.depth = std::max(result.depth, operand.depth + 1);
        result.reads_column = result.reads_column || operand.reads_column;
    }
    std::string text;
    if (node.op == Op::call) {
        text = names_.definitions[static_cast<std::size_t>(node.index)] + "(";
        for (std::size_t i = 0; i < operands.size(); ++i) {
            text += fmt::format("{}#{}", i > 0 ? ", " : "", i + 1);
        }
        text += ")";
    } else {
        text = spelling(node.op);
    }
    for (const Spelling& candidate : dialect_.spellings) {
        result.precedence = candidate.op == node.op ? candidate.precedence : result.precedence;
    }
    const bool divides = node.op == Op::divide || node.op == Op::inverse;
    if (divides && divides_plainly(operands.back())) {
        text = node.op == Op::divide ? "#1/#2" : "1.0/#1";
        result.precedence = row_of(Op::divide).precedence;
    }
    use_helpers(text);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '#') {
            result.text += text[i];
        } else if (text[i + 1] == 'n') {
            result.text += std::to_string(node.index);
            ++i;
        } else {
            const auto which = static_cast<std::size_t>(text[i + 1] - '1');
            const Piece& operand = operands[which];
            // The order of evaluation is part of the value: only the left operand goes without brackets at equal rank.
            const bool leftmost = i == 0 && row_of(node.op).notation == Notation::infix;
            const bool fits = leftmost ? operand.precedence >= result.precedence : operand.precedence > result.precedence;
            const bool bare = stands_alone(text, i) || operand.precedence == 9 || (fits && result.precedence < 9);
            result.text += bare ? operand.text : "(" + operand.text + ")";
            ++i;
        }
    }
    return result;
}

Code Emitter::write(const Expression& expression, std::span<const std::string> arguments,
                    std::span<const std::string> parameters) {
    Code code;
    std::vector<Piece> stack;
    for (const Node& node : expression.nodes) {
        if (node.arity == 0 && node.op != Op::call) {
            stack.push_back(leaf(node, expression, arguments, parameters));
            continue;
        }
        if (node.op == Op::hole) {
            throw Error("a formula with unknown functions cannot be exported; fit it first");
        }
        const std::size_t first = stack.size() - node.arity;
        const auto at = static_cast<std::size_t>(&node - expression.nodes.data());
        Piece piece = node.op == Op::choose ? choice(expression, at) : apply(node, std::span(stack).subspan(first));
        stack.resize(first);
        if (piece.depth > deepest) {
            const std::string name = fmt::format("balmer_{}", ++temporaries_);
            std::string line(dialect_.temporary);
            line.replace(line.find("#2"), 2, piece.text);
            line.replace(line.find("#1"), 2, name);
            code.lines.push_back(std::move(line));
            piece = {.text = name, .is_nonzero_number = false, .reads_column = piece.reads_column};
        }
        stack.push_back(std::move(piece));
    }
    assert(stack.size() == 1);
    use_helpers(stack.back().text);
    code.value = stack.back().text;
    return code;
}

namespace {

std::string describe_feature(const Model& model, const ModelNames& names, std::size_t i) {
    std::string line = fmt::format("  {}", names.features[i]);
    if (names.features[i] != model.vocabulary.features[i]) {
        line += fmt::format(" = column '{}'", one_line(model.vocabulary.features[i]));
    }
    if (i < model.feature_units.size() && !model.feature_units[i].empty()) {
        line += fmt::format(" [{}]", one_line(model.feature_units[i]));
    }
    if (i < model.box.size()) {
        line += fmt::format(", {} to {} in the training data", format_double(model.box[i].lower), format_double(model.box[i].upper));
    }
    return line;
}

}  // namespace

std::vector<std::string> describe(const Model& model, const ModelNames& names) {
    std::vector<std::string> lines;
    for (const Output& output : model.outputs) {
        lines.push_back(fmt::format("{} = {}", one_line(output.name), one_line(print(output.expression, model.vocabulary))));
    }
    for (const Parameter& parameter : model.parameters) {
        if (!std::isnan(parameter.uncertainty) && parameter.uncertainty > 0) {
            std::string label = parameter.name.empty() ? format_double(parameter.value) : one_line(parameter.name);
            label += parameter.axis.empty() ? "" : fmt::format("[{}]", one_line(parameter.category));
            lines.push_back(fmt::format("constant {} is {} {}", label, format_uncertain(parameter.value, parameter.uncertainty),
                                        one_line(parameter.unit)));
        }
    }
    lines.emplace_back("columns:");
    for (std::size_t i = 0; i < names.features.size(); ++i) {
        lines.push_back(describe_feature(model, names, i));
    }
    for (std::size_t a = 0; a < names.categories.size(); ++a) {
        std::vector<std::string> labels;
        for (const std::string& label : names.axes[a].labels) {
            labels.push_back(fmt::format("{} = {}", labels.size(), one_line(label)));
        }
        lines.push_back(fmt::format("  {} = categories of column '{}': {}", names.categories[a], one_line(names.axes[a].name), fmt::join(labels, ", ")));
    }
    if (!model.classes.empty()) {
        std::vector<std::string> labels;
        for (const std::string& label : model.classes) {
            labels.push_back(one_line(label));
        }
        lines.push_back(fmt::format("classes: {}", fmt::join(labels, ", ")));
    }
    for (const auto& [key, value] : model.metrics) {
        lines.push_back(fmt::format("{}: {}", one_line(key), format_double(value)));
    }
    lines.push_back(fmt::format("written by balmer {}", version()));
    return lines;
}

}  // namespace balmer
