#include "balmer/hardware_cost.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "hardware/table_cost.hpp"

namespace balmer {

namespace {

// LUTs per bit, fitted to Yosys' counts (benchmarks/hardware/random_models.cpp, benchmarks/results/hardware.md): of a fabric multiplication per
// product of widths, of the other operations per bit of the result. Limiters, selections and roundings merge with what stands behind them.
constexpr double lut_per_product_bit = 2.1;
constexpr double lut_per_square_bit = 1.1;
constexpr double lut_per_adder_bit = 0.84;
constexpr double lut_per_limited_bit = 0.85;
constexpr double lut_per_selected_bit = 0.25;
constexpr double lut_per_rounded_bit = 0.2;
constexpr double lut_per_compared_bit = 0.45;
constexpr double lut_per_equal_bit = 0.3;
constexpr double table_share = 0.78;  // of the look-ups that separate output bits would need

const CircuitNode& operand(const Circuit& circuit, const CircuitNode& node, std::size_t k) { return circuit.nodes[node.operands[k]]; }

int width(const CircuitNode& node) { return node.format().width; }

bool is_constant(const CircuitNode& node) { return node.op == CircuitOp::constant; }

bool is_power_of_two(std::int64_t x) { return x > 0 && std::has_single_bit(static_cast<std::uint64_t>(x)); }

/// Bits of a sum that need an adder: those above where only one operand has bits.
int adder_bits(const Circuit& circuit, const CircuitNode& node) {
    const CircuitNode& a = operand(circuit, node, 0);
    const CircuitNode& b = operand(circuit, node, 1);
    const bool subtracts = node.op == CircuitOp::subtract;
    // Below the second operand's first bit the first passes through; below the first's the second does, unless it is subtracted.
    const int passing = node.shift[1] > node.shift[0] ? node.shift[1] : subtracts ? node.shift[1] : node.shift[0];
    if (is_constant(a) || is_constant(b)) {
        const CircuitNode& constant = is_constant(a) ? a : b;
        const int zeros = constant.low == 0 ? 0 : std::countr_zero(static_cast<std::uint64_t>(std::abs(constant.low)));
        const int first = (is_constant(a) ? node.shift[0] : node.shift[1]) + zeros;
        return std::max(0, width(node) - (subtracts && is_constant(a) ? 0 : first));
    }
    return std::max(0, width(node) - passing);
}

double saturate_lut(const Circuit& circuit, const CircuitNode& node) {
    const CircuitNode& a = operand(circuit, node, 0);
    const int dropped = width(a) - width(node);
    const bool round_bounds = (node.low == 0 || node.low == a.low || is_power_of_two(-node.low)) && (node.high == a.high || is_power_of_two(node.high + 1));
    const double detect = dropped <= 4 ? 1 : 2;
    return lut_per_limited_bit * (width(node) + (round_bounds ? detect : 0.8 * width(a)));
}

}  // namespace

bool uses_dsp(const CircuitNode& node) {
    return node.op == CircuitOp::multiply && node.multiplier == Multiplier::dsp;
}

double estimate_lut(const Circuit& circuit, const CircuitNode& node) {
    switch (node.op) {
        case CircuitOp::add:
        case CircuitOp::subtract: return lut_per_adder_bit * adder_bits(circuit, node);
        case CircuitOp::multiply: {
            if (uses_dsp(node)) {
                return 0;
            }
            const int a = width(operand(circuit, node, 0)), b = width(operand(circuit, node, 1));
            if (a == 1 || b == 1) {
                return 0.5 * std::max(a, b);
            }
            return (node.operands[0] == node.operands[1] ? lut_per_square_bit : lut_per_product_bit) * a * b;
        }
        case CircuitOp::table: return table_share * table_column_lut(circuit.tables[node.source], node.column, operand(circuit, node, 0));
        case CircuitOp::saturate: return saturate_lut(circuit, node);
        case CircuitOp::round: return node.rounding == Rounding::nearest ? lut_per_rounded_bit * width(node) : 0;
        case CircuitOp::select: return lut_per_selected_bit * width(node);
        case CircuitOp::less:
        case CircuitOp::less_equal: return std::max(1.0, lut_per_compared_bit * std::max(width(operand(circuit, node, 0)) + node.shift[0], width(operand(circuit, node, 1)) + node.shift[1]));
        case CircuitOp::equal: return std::max(1.0, lut_per_equal_bit * std::max(width(operand(circuit, node, 0)), width(operand(circuit, node, 1))));
        case CircuitOp::input:
        case CircuitOp::constant:
        case CircuitOp::wrap:
        case CircuitOp::scale: return 0;
    }
    return 0;
}

double estimate_delay(const Circuit& circuit, const CircuitNode& node) {
    constexpr double net = 0.25, lut = 0.15, carry = 0.3, carry_bit = 0.006;
    constexpr double level = lut + net;
    const int w = width(node);
    switch (node.op) {
        case CircuitOp::add:
        case CircuitOp::subtract: return adder_bits(circuit, node) == 0 ? 0 : net + carry + carry_bit * w;
        case CircuitOp::multiply: {
            if (uses_dsp(node)) {
                return 2.53;
            }
            const int a = width(operand(circuit, node, 0)), b = width(operand(circuit, node, 1));
            // Partial products, then a tree of adders of growing width.
            const int levels = std::bit_width(static_cast<unsigned>(std::max(1, (std::min(a, b) + 1) / 2 - 1)));
            return level + levels * (net + carry) + carry_bit * (a + b);
        }
        case CircuitOp::table: return table_delay(operand(circuit, node, 0));
        case CircuitOp::saturate: return 2 * level;
        case CircuitOp::round: return node.rounding == Rounding::nearest ? net + carry + carry_bit * w : 0;
        case CircuitOp::select: return level;
        case CircuitOp::less:
        case CircuitOp::less_equal: return net + carry + 0.5 * carry_bit * width(operand(circuit, node, 0));
        case CircuitOp::equal: return width(operand(circuit, node, 0)) <= 3 ? level : 2 * level;
        case CircuitOp::input:
        case CircuitOp::constant:
        case CircuitOp::wrap:
        case CircuitOp::scale: return 0;
    }
    return 0;
}

HardwareCost estimate_cost(const Circuit& circuit) {
    // Clock to output, set-up and the net to the first gate.
    constexpr double register_time = 0.077 + 0.025 + 0.05;
    HardwareCost cost{.latency = circuit.latency};
    std::vector<double> arrival;
    arrival.reserve(circuit.nodes.size());
    for (const CircuitNode& node : circuit.nodes) {
        double start = 0;
        for (std::size_t k = 0; k < static_cast<std::size_t>(arity_of(node.op)); ++k) {
            const CircuitNode& before = operand(circuit, node, k);
            if (before.stage == node.stage && !is_constant(before)) {
                start = std::max(start, arrival[node.operands[k]]);
            }
        }
        arrival.push_back(start + estimate_delay(circuit, node));
        cost.period = std::max(cost.period, arrival.back());
        cost.lut += estimate_lut(circuit, node);
        cost.dsp += uses_dsp(node) ? 1 : 0;
        if (node.op == CircuitOp::add || node.op == CircuitOp::subtract) {
            cost.carry += (adder_bits(circuit, node) + 7) / 8;
        }
    }
    cost.period += circuit.latency > 0 ? register_time : 0;
    const std::vector<int> ranks = register_ranks(circuit);
    for (std::size_t i = 0; i < ranks.size(); ++i) {
        cost.flip_flops += ranks[i] > 0 ? ranks[i] * width(circuit.nodes[i]) : 0;
    }
    return cost;
}

}  // namespace balmer
