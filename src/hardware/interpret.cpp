#include <algorithm>
#include <cassert>

#include "balmer/circuit.hpp"

// The meaning of docs/specs/circuit.md, one value at a time. Everything faster is compared with this.

namespace balmer {

namespace {

std::int64_t wrapped(std::int64_t value, FixedPoint format) {
    const std::int64_t period = std::int64_t{1} << format.width;
    const std::int64_t residue = ((value % period) + period) % period;
    return residue > format.highest() ? residue - period : residue;
}

std::int64_t rounded(std::int64_t value, int dropped, Rounding rounding) {
    const std::int64_t half = rounding == Rounding::nearest ? std::int64_t{1} << (dropped - 1) : 0;
    return (value + half) >> dropped;
}

std::int64_t evaluate(const Circuit& circuit, const CircuitNode& node, std::span<const std::int64_t> inputs,
                      const std::vector<std::int64_t>& values) {
    const auto operand = [&](std::size_t i) { return values[node.operands[i]]; };
    // A product with a power of two: the shift of a negative number, without its special cases.
    const auto shifted = [&](std::size_t i) { return operand(i) * (std::int64_t{1} << node.shift[i]); };
    switch (node.op) {
        case CircuitOp::input: return inputs[node.source];
        case CircuitOp::constant: return node.low;
        case CircuitOp::add: return shifted(0) + shifted(1);
        case CircuitOp::subtract: return shifted(0) - shifted(1);
        case CircuitOp::multiply: return operand(0) * operand(1);
        case CircuitOp::table: {
            const CircuitTable& table = circuit.tables[node.source];
            return table.columns[node.column].values[static_cast<std::size_t>(operand(0) - table.first)];
        }
        case CircuitOp::saturate: return std::clamp(operand(0), node.low, node.high);
        case CircuitOp::wrap: return wrapped(operand(0), node.format());
        case CircuitOp::round: return rounded(operand(0), node.shift[0], node.rounding);
        case CircuitOp::scale: return shifted(0);
        case CircuitOp::select: return operand(0) != 0 ? operand(1) : operand(2);
        case CircuitOp::less: return shifted(0) < shifted(1) ? 1 : 0;
        case CircuitOp::less_equal: return shifted(0) <= shifted(1) ? 1 : 0;
        case CircuitOp::equal: return shifted(0) == shifted(1) ? 1 : 0;
    }
    assert(false);
    return 0;
}

}  // namespace

std::vector<std::int64_t> interpret_nodes(const Circuit& circuit, std::span<const std::int64_t> inputs) {
    assert(inputs.size() == circuit.inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        assert(inputs[i] >= circuit.inputs[i].format.lowest() && inputs[i] <= circuit.inputs[i].format.highest());
    }
    std::vector<std::int64_t> values;
    values.reserve(circuit.nodes.size());
    for (const CircuitNode& node : circuit.nodes) {
        values.push_back(evaluate(circuit, node, inputs, values));
        assert(values.back() >= node.low && values.back() <= node.high);
    }
    return values;
}

std::vector<std::int64_t> interpret(const Circuit& circuit, std::span<const std::int64_t> inputs) {
    const std::vector<std::int64_t> values = interpret_nodes(circuit, inputs);
    std::vector<std::int64_t> outputs;
    for (const OutputPort& port : circuit.outputs) {
        outputs.push_back(values[port.node]);
    }
    return outputs;
}

std::vector<int> register_ranks(const Circuit& circuit) {
    std::vector<int> last(circuit.nodes.size(), 0);
    const auto used = [&](std::uint32_t node, int stage) { last[node] = std::max(last[node], stage); };
    for (const CircuitNode& node : circuit.nodes) {
        for (int i = 0; i < arity_of(node.op); ++i) {
            used(node.operands[static_cast<std::size_t>(i)], node.stage);
        }
    }
    for (const OutputPort& port : circuit.outputs) {
        used(port.node, circuit.latency);
    }
    for (std::size_t i = 0; i < last.size(); ++i) {
        const bool is_constant = circuit.nodes[i].op == CircuitOp::constant;
        last[i] = is_constant ? 0 : std::max(0, last[i] - circuit.nodes[i].stage);
    }
    return last;
}

}  // namespace balmer
