#include "hardware/intervals.hpp"

#include <algorithm>
#include <cassert>

namespace balmer {

namespace {

WideInterval product_interval(const CircuitNode& a, const CircuitNode& b) {
    const Wide ends[] = {Wide{a.low} * b.low, Wide{a.low} * b.high, Wide{a.high} * b.low, Wide{a.high} * b.high};
    return {*std::min_element(ends, ends + 4), *std::max_element(ends, ends + 4)};
}

WideInterval square_interval(const CircuitNode& a) {
    const Wide low = Wide{a.low} * a.low;
    const Wide high = Wide{a.high} * a.high;
    const bool holds_zero = a.low <= 0 && a.high >= 0;
    return {holds_zero ? Wide{0} : std::min(low, high), std::max(low, high)};
}

WideInterval table_interval(const Circuit& circuit, const CircuitNode& node) {
    const CircuitTable& table = circuit.tables[node.source];
    const CircuitNode& address = circuit.nodes[node.operands[0]];
    const auto begin = table.columns[node.column].values.begin() - table.first;
    const auto [low, high] = std::minmax_element(begin + address.low, begin + address.high + 1);
    return {*low, *high};
}

Wide rounded_exactly(std::int64_t value, int dropped, Rounding rounding) {
    const Wide half = rounding == Rounding::nearest ? Wide{1} << (dropped - 1) : Wide{0};
    return (Wide{value} + half) >> dropped;
}

}  // namespace

std::size_t shifted_operands(CircuitOp op) {
    switch (op) {
        case CircuitOp::add:
        case CircuitOp::subtract:
        case CircuitOp::less:
        case CircuitOp::less_equal:
        case CircuitOp::equal: return 2;
        case CircuitOp::scale: return 1;
        default: return 0;
    }
}

WideInterval wide_interval(const Circuit& circuit, const CircuitNode& node) {
    const auto operand = [&](std::size_t i) -> const CircuitNode& { return circuit.nodes[node.operands[i]]; };
    const auto shifted = [&](std::size_t i) { return shifted_interval(operand(i), node.shift[i]); };
    switch (node.op) {
        case CircuitOp::input: {
            const FixedPoint format = circuit.inputs[node.source].format;
            return {format.lowest(), format.highest()};
        }
        case CircuitOp::constant:
        case CircuitOp::saturate:
        case CircuitOp::wrap: return {node.low, node.high};
        case CircuitOp::add: return {shifted(0).low + shifted(1).low, shifted(0).high + shifted(1).high};
        case CircuitOp::subtract: return {shifted(0).low - shifted(1).high, shifted(0).high - shifted(1).low};
        case CircuitOp::multiply:
            return node.operands[0] == node.operands[1] ? square_interval(operand(0)) : product_interval(operand(0), operand(1));
        case CircuitOp::table: return table_interval(circuit, node);
        case CircuitOp::round:
            return {rounded_exactly(operand(0).low, node.shift[0], node.rounding), rounded_exactly(operand(0).high, node.shift[0], node.rounding)};
        case CircuitOp::scale: return shifted(0);
        case CircuitOp::select: return {std::min(operand(1).low, operand(2).low), std::max(operand(1).high, operand(2).high)};
        case CircuitOp::less:
        case CircuitOp::less_equal:
        case CircuitOp::equal: return {0, 1};
    }
    assert(false);
    return {};
}

std::pair<std::int64_t, std::int64_t> interval_of(const Circuit& circuit, const CircuitNode& node) {
    const WideInterval interval = wide_interval(circuit, node);
    assert(within_limit(interval));
    return {static_cast<std::int64_t>(interval.low), static_cast<std::int64_t>(interval.high)};
}

}  // namespace balmer
