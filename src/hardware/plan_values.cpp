#include <algorithm>

#include "balmer/evaluate.hpp"
#include "hardware/plan.hpp"

namespace balmer {

double value_of(const Graph& graph, std::uint32_t node, std::span<const double> operands) {
    const GraphNode& at = graph.nodes()[node];
    switch (at.op) {
        case Op::parameter: return graph.values()[static_cast<std::size_t>(at.index)];
        case Op::integer_power: return integer_power(operands[0], at.index);
        case Op::sum:
        case Op::product: {
            double total = operands[0];
            for (std::size_t k = 1; k < operands.size(); ++k) {
                total = at.op == Op::sum ? total + operands[k] : total * operands[k];
            }
            return total;
        }
        default: return apply(at.op, operands.empty() ? 0 : operands[0], operands.size() > 1 ? operands[1] : 0, operands.size() > 2 ? operands[2] : 0);
    }
}

namespace {

/// Graph nodes between `pinned` and `wanted`, both included, in order.
std::vector<std::uint32_t> between(const Graph& graph, std::uint32_t wanted, std::uint32_t pinned) {
    std::vector<char> needed(wanted + 1, 0);
    needed[wanted] = 1;
    std::vector<std::uint32_t> order;
    for (std::uint32_t i = wanted + 1; i-- > 0;) {
        if (!needed[i]) {
            continue;
        }
        order.push_back(i);
        for (const std::uint32_t operand : i == pinned ? std::span<const std::uint32_t>{} : graph.operands(i)) {
            needed[operand] = 1;
        }
    }
    std::ranges::reverse(order);
    return order;
}

/// Values of a graph node for values of another that it is a function of.
std::vector<double> column_of(const Graph& graph, std::uint32_t wanted, std::uint32_t pinned, std::span<const double> values) {
    const std::vector<std::uint32_t> order = between(graph, wanted, pinned);
    std::vector<double> result, row(wanted + 1), operands;
    for (const double value : values) {
        for (const std::uint32_t i : order) {
            operands.clear();
            for (const std::uint32_t operand : graph.operands(i)) {
                operands.push_back(row[operand]);
            }
            row[i] = i == pinned ? value : value_of(graph, i, operands);
        }
        result.push_back(row[wanted]);
    }
    return result;
}

}  // namespace

std::vector<double> Plan::tabulate(std::uint32_t edge, std::span<const double> operand) const {
    const PlanEdge& table = edges[edge];
    const PlanEdge& base = edges[table.terms[0].edge];
    std::vector<double> pinned;
    for (const double x : operand) {
        pinned.push_back(base.node_scale * x + base.node_offset);
    }
    std::vector<double> total;
    for (const double x : operand) {
        total.push_back(table.offset + table.linear * x);
    }
    for (const auto& [factor, node] : table.functions) {
        const std::vector<double> values = column_of(graph, node, base.node, pinned);
        for (std::size_t i = 0; i < total.size(); ++i) {
            total[i] += factor * values[i];
        }
    }
    return total;
}

}  // namespace balmer
