#pragma once

#include <cassert>
#include <numbers>
#include <span>

#include "balmer/graph.hpp"

namespace balmer {

/// Value of one graph node given a reader of its operands' values. `parameters` and `features` belong to the row.
template <class Operand>
double node_value(const GraphNode& node, std::span<const double> parameters, std::span<const double> features, Operand operand) {
    const auto index = static_cast<std::size_t>(node.index);
    switch (node.op) {
        case Op::parameter: return parameters[index];
        case Op::feature:
        case Op::category: return features[index];
        case Op::choose: return operand(1 + static_cast<std::uint32_t>(operand(0)));
        case Op::pi: return std::numbers::pi;
        case Op::euler: return std::numbers::e;
        case Op::integer_power: return integer_power(operand(0), node.index);
        case Op::sum:
        case Op::product: {
            double total = node.count == 0 ? (node.op == Op::sum ? 0 : 1) : operand(0);
            for (std::uint32_t k = 1; k < node.count; ++k) total = node.op == Op::sum ? total + operand(k) : total * operand(k);
            return total;
        }
        case Op::linear: {
            const double bias = parameters[index + node.count];
            if (node.count == 0) return bias;
            double total = parameters[index] * operand(0);
            for (std::uint32_t k = 1; k < node.count; ++k) total += parameters[index + k] * operand(k);
            return total + bias;
        }
        default: {
            assert(node.op != Op::argument && node.op != Op::call && node.op != Op::hole);
            const double b = node.count > 1 ? operand(1) : 0;
            return apply(node.op, operand(0), b, node.count > 2 ? operand(2) : 0);
        }
    }
}

}  // namespace balmer
