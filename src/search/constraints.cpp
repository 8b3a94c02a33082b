#include "search/constraints.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "balmer/error.hpp"

namespace balmer {
namespace {

// Nodes below `at` (itself excluded) that hold `op`, counted along the deepest chain: sin(sin(x)) nests sin in sin once.
int nested_in(const Expression& expression, std::size_t at, Op op) {
    std::vector<int> stack;
    for (std::size_t i = expression.begin_of(at); i < at; ++i) {
        const Node& node = expression.nodes[i];
        int deepest = 0;
        for (int k = 0; k < node.arity; ++k) {
            deepest = std::max(deepest, stack.back());
            stack.pop_back();
        }
        stack.push_back(deepest + (node.op == op ? 1 : 0));
    }
    return stack.empty() ? 0 : *std::ranges::max_element(stack);
}

bool exponents_allowed(const Expression& expression, double maximum) {
    for (std::size_t i = 0; i < expression.size(); ++i) {
        const Node& node = expression.nodes[i];
        if (node.op == Op::integer_power && std::abs(node.index) > maximum) return false;
        if (node.op == Op::power && expression.nodes[i - 1].op == Op::parameter &&
            std::fabs(expression.values[static_cast<std::size_t>(expression.nodes[i - 1].index)]) > maximum)
            return false;
    }
    return true;
}

}  // namespace

bool shape_allowed(const Expression& expression, const Constraints& constraints, const ComplexityMeasure& measure) {
    if (static_cast<int>(expression.depth()) > constraints.maximum_depth) return false;
    if (!exponents_allowed(expression, constraints.maximum_exponent) || !choices_are_whole(expression)) return false;
    if (constraints.nesting.empty() && constraints.arguments.empty()) return true;
    for (std::size_t i = 0; i < expression.size(); ++i) {
        for (const auto& rule : constraints.nesting)
            if (expression.nodes[i].op == rule.outer && nested_in(expression, i, rule.inner) > rule.maximum) return false;
        for (const auto& rule : constraints.arguments) {
            if (expression.nodes[i].op != rule.op) continue;
            const auto operand = expression.operands(i)[static_cast<std::size_t>(rule.argument)];
            if (measure(expression.subtree(operand)) > rule.maximum_complexity) return false;
        }
    }
    return true;
}

bool satisfies(std::span<const Expression> outputs, const Constraints& constraints, const ComplexityMeasure& measure) {
    const int limit = constraints.maximum_complexity;
    if (outputs.size() == 1) return measure(outputs[0]) <= limit && shape_allowed(outputs[0], constraints, measure);
    int total = 0;
    for (const auto& output : outputs) {
        const int size = measure(output);
        if (size > 2 * limit || !shape_allowed(output, constraints, measure)) return false;
        total += size;
    }
    return total <= limit * static_cast<int>(outputs.size());
}

namespace {

[[noreturn]] void bad_constraint(const std::string& text, const std::string& why) {
    throw Error({.name = "--constrain"}, "\"" + text + "\": " + why +
                " Forms: \"sin(sin) <= 0\" (how often the inner may stand in the outer), \"exp(*) <= 5\" (complexity of its argument), "
                "\"^(_, *) <= 3\" (of its second argument), \"^ <= 6\" (largest exponent)");
}

std::string trimmed(std::string text) {
    std::erase_if(text, [](char c) { return c == ' ' || c == '\t'; });
    return text;
}

Op operator_named(const std::string& name, const std::string& text) {
    const auto op = find_operator(name);
    if (op) return *op;
    std::vector<std::string> known;
    for (const auto& row : operator_table())
        if (row.arity > 0) known.emplace_back(row.name);
    bad_constraint(text, "unknown operator '" + name + "'." + suggest(name, known));
}

}  // namespace

void add_constraint(Constraints& constraints, const std::string& text) {
    const auto sign = text.rfind("<=");
    if (sign == std::string::npos) bad_constraint(text, "no '<='.");
    const std::string left = trimmed(text.substr(0, sign)), right = trimmed(text.substr(sign + 2));
    char* end = nullptr;
    const double limit = std::strtod(right.c_str(), &end);
    if (right.empty() || *end != 0 || !(limit >= 0)) bad_constraint(text, "'" + right + "' is not a number >= 0.");
    if (left.empty()) bad_constraint(text, "nothing before '<='.");
    const auto open = left.find('(');
    if (open == std::string::npos) {
        if (operator_named(left, text) != Op::power) bad_constraint(text, "only ^ takes a plain bound.");
        constraints.maximum_exponent = limit;
        return;
    }
    constexpr double most = 1e6;  // counts are whole numbers
    if (limit > most) bad_constraint(text, "'" + right + "' is more than a million, which limits nothing.");
    if (left.back() != ')') bad_constraint(text, "no closing bracket.");
    const Op outer = operator_named(left.substr(0, open), text);
    const std::string inside = left.substr(open + 1, left.size() - open - 2);
    const auto star = inside.find('*');
    if (star != std::string::npos && (inside.size() == 1 || inside.find(',') != std::string::npos)) {
        const auto argument = static_cast<int>(std::count(inside.begin(), inside.begin() + static_cast<std::ptrdiff_t>(star), ','));
        if (argument >= info(outer).arity) bad_constraint(text, "this operator has fewer arguments.");
        constraints.arguments.push_back({outer, argument, static_cast<int>(limit)});
        return;
    }
    constraints.nesting.push_back({outer, operator_named(inside, text), static_cast<int>(limit)});
}

}  // namespace balmer
