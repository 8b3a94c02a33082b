#include "hardware/poles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "balmer/error.hpp"

namespace balmer {

namespace {

/// The operand that a node divides by, or its own position when it divides by none.
std::size_t divisor_of(const Expression& formula, std::size_t position) {
    const Node& node = formula.nodes[position];
    const auto operands = formula.operands(position);
    if (node.op == Op::divide) {
        return operands[1];
    }
    if (node.op == Op::inverse || (node.op == Op::integer_power && node.index < 0)) {
        return operands[0];
    }
    if (node.op == Op::power && formula.nodes[operands[1]].op == Op::parameter &&
        formula.values[static_cast<std::size_t>(formula.nodes[operands[1]].index)] < 0) {
        return operands[0];
    }
    return position;
}

}  // namespace

void refuse_poles(const Model& model, const Table& table) {
    for (const Output& output : model.outputs) {
        const Expression formula = inlined(output.expression, model.vocabulary.definitions);
        for (std::size_t i = 0; i < formula.size(); ++i) {
            const std::size_t at = divisor_of(formula, i);
            if (at == i || formula.nodes[at].op == Op::parameter) {
                continue;
            }
            const Expression divisor = formula.subtree(at);
            const auto values = predict(Model::from_expressions({divisor}, model.vocabulary), table);
            double low = std::numeric_limits<double>::infinity(), high = -low;
            for (const double x : values[0]) {
                low = std::isfinite(x) ? std::min(low, x) : low;
                high = std::isfinite(x) ? std::max(high, x) : high;
            }
            if (low <= 0 && high >= 0) {
                const std::string text = print(divisor, model.vocabulary, {.digits = 6});
                throw Error({.file = table.source}, fmt::format("{} divides by {}, which runs from {:.4g} to {:.4g} on the data: a circuit cannot divide by zero. Leave out the rows around zero, use "
                                                                "a formula whose divisor keeps its sign, or allow it with --poles nearest: there the quotient of the nearest "
                                                                "divisor that is not zero", output.name, text, low, high));
            }
        }
    }
}

std::vector<std::string> steep_tables(const Plan& plan) {
    constexpr std::size_t points = 4096;
    std::vector<std::string> places;
    for (std::uint32_t i = 0; i < plan.edges.size(); ++i) {
        if (plan.edges[i].kind != EdgeKind::table) {
            continue;
        }
        const PlanEdge& operand = plan.edges[plan.edges[i].terms[0].edge];
        std::vector<double> at(points);
        for (std::size_t k = 0; k < points; ++k) {
            at[k] = std::lerp(operand.low, operand.high, static_cast<double>(k) / (points - 1));
        }
        const std::vector<double> values = plan.tabulate(i, at);
        double largest = 0, where = 0;
        std::vector<double> finite;
        for (std::size_t k = 0; k < points; ++k) {
            if (!std::isfinite(values[k])) {
                continue;
            }
            finite.push_back(values[k]);
            if (k > 0 && std::fabs(values[k] - values[k - 1]) > largest) {
                largest = std::fabs(values[k] - values[k - 1]);
                where = at[k];
            }
        }
        std::ranges::sort(finite);
        const double usual = finite.empty() ? 0 : finite[finite.size() * 9 / 10] - finite[finite.size() / 10];
        if (largest > usual) {
            places.push_back(fmt::format("'{}' has a pole or a jump near {} = {:.4g}", plan.edges[i].name, operand.name, where));
        }
    }
    return places;
}

}  // namespace balmer
