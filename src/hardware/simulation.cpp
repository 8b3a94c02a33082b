#include "balmer/simulation.hpp"

#include <algorithm>
#include <cassert>

#include "hardware/node_rows.hpp"

namespace balmer {

namespace {

constexpr std::size_t tile_rows = 256;  // a tile of 64-bit integers is 2 KiB: a hundred live values stay in the second-level cache

using Tile = std::int64_t*;

/// Storage rows are reused once their value was read for the last time.
std::size_t assign_slots(const Circuit& circuit, std::span<const std::uint32_t> outputs, std::vector<std::uint32_t>& slot) {
    const std::size_t n = circuit.nodes.size();
    std::vector<std::size_t> last(n);
    for (std::size_t i = 0; i < n; ++i) {
        last[i] = i;
        for (std::size_t k = 0; k < static_cast<std::size_t>(arity_of(circuit.nodes[i].op)); ++k) {
            last[circuit.nodes[i].operands[k]] = i;
        }
    }
    for (const std::uint32_t node : outputs) {
        last[node] = n;
    }
    slot.assign(n, 0);
    std::vector<std::uint32_t> free_slots;
    std::uint32_t made = 0;
    for (std::size_t i = 0; i < n; ++i) {
        if (free_slots.empty()) {
            free_slots.push_back(made++);
        }
        slot[i] = free_slots.back();
        free_slots.pop_back();
        const auto& node = circuit.nodes[i];
        for (std::size_t k = 0; k < static_cast<std::size_t>(arity_of(node.op)); ++k) {
            const std::uint32_t operand = node.operands[k];
            const bool is_first = std::find(node.operands.begin(), node.operands.begin() + static_cast<std::ptrdiff_t>(k), operand) ==
                                  node.operands.begin() + static_cast<std::ptrdiff_t>(k);
            if (last[operand] == i && is_first) {
                free_slots.push_back(slot[operand]);
            }
        }
        if (last[i] == i) {
            free_slots.push_back(slot[i]);
        }
    }
    return made;
}

template <class F>
void each(std::size_t rows, Tile result, F&& f) {
    for (std::size_t r = 0; r < rows; ++r) {
        result[r] = f(r);
    }
}

}  // namespace

void compute_rows(const Circuit& circuit, const CircuitNode& node, std::size_t rows, const std::array<const std::int64_t*, 3>& operand, std::int64_t* result) {
    const std::int64_t *a = operand[0], *b = operand[1], *c = operand[2];
    const std::int64_t s = std::int64_t{1} << node.shift[0], t = std::int64_t{1} << node.shift[1];
    switch (node.op) {
        case CircuitOp::input: return;
        case CircuitOp::constant: return each(rows, result, [&](std::size_t) { return node.low; });
        case CircuitOp::add: return each(rows, result, [&](std::size_t r) { return a[r] * s + b[r] * t; });
        case CircuitOp::subtract: return each(rows, result, [&](std::size_t r) { return a[r] * s - b[r] * t; });
        case CircuitOp::multiply: return each(rows, result, [&](std::size_t r) { return a[r] * b[r]; });
        case CircuitOp::table: {
            const CircuitTable& table = circuit.tables[node.source];
            const std::int64_t* values = table.columns[node.column].values.data();
            return each(rows, result, [&](std::size_t r) { return values[a[r] - table.first]; });
        }
        case CircuitOp::saturate: return each(rows, result, [&](std::size_t r) { return std::min(std::max(a[r], node.low), node.high); });
        case CircuitOp::wrap: {
            // Modulo a power of two is a mask, also of negative numbers.
            const std::int64_t mask = node.high - node.low;
            return each(rows, result, [&](std::size_t r) { return ((a[r] - node.low) & mask) + node.low; });
        }
        case CircuitOp::round: {
            const std::int64_t half = node.rounding == Rounding::nearest ? s / 2 : 0;
            return each(rows, result, [&](std::size_t r) { return (a[r] + half) >> node.shift[0]; });
        }
        case CircuitOp::scale: return each(rows, result, [&](std::size_t r) { return a[r] * s; });
        case CircuitOp::select: return each(rows, result, [&](std::size_t r) { return a[r] != 0 ? b[r] : c[r]; });
        case CircuitOp::less: return each(rows, result, [&](std::size_t r) { return a[r] * s < b[r] * t ? 1 : 0; });
        case CircuitOp::less_equal: return each(rows, result, [&](std::size_t r) { return a[r] * s <= b[r] * t ? 1 : 0; });
        case CircuitOp::equal: return each(rows, result, [&](std::size_t r) { return a[r] * s == b[r] * t ? 1 : 0; });
    }
}

std::vector<std::uint32_t> output_nodes(const Circuit& circuit) {
    std::vector<std::uint32_t> nodes;
    for (const OutputPort& port : circuit.outputs) nodes.push_back(port.node);
    return nodes;
}

std::vector<bool> needed_nodes(const Circuit& circuit, std::span<const std::uint32_t> outputs) {
    std::vector<bool> is_needed(circuit.nodes.size());
    for (const std::uint32_t node : outputs) is_needed[node] = true;
    for (std::size_t i = circuit.nodes.size(); i-- > 0;) {
        const CircuitNode& node = circuit.nodes[i];
        for (std::size_t k = 0; is_needed[i] && k < static_cast<std::size_t>(arity_of(node.op)); ++k) is_needed[node.operands[k]] = true;
    }
    return is_needed;
}

Simulation::Simulation(const Circuit& circuit) : circuit_(&circuit), outputs_(output_nodes(circuit)) { prepare(); }

Simulation::Simulation(const Circuit& circuit, std::span<const std::size_t> ports) : circuit_(&circuit) {
    for (const std::size_t port : ports) outputs_.push_back(circuit.outputs[port].node);
    prepare();
}

void Simulation::prepare() {
    slots_ = assign_slots(*circuit_, outputs_, last_use_slot_);
    const std::vector<bool> is_needed = needed_nodes(*circuit_, outputs_);
    for (std::uint32_t i = 0; i < circuit_->nodes.size(); ++i)
        if (is_needed[i]) order_.push_back(i);
}

void Simulation::run(std::span<const std::vector<std::int64_t>> inputs, std::vector<std::vector<std::int64_t>>& outputs) const {
    assert(inputs.size() == circuit_->inputs.size());
    const std::size_t rows = inputs.empty() ? 0 : inputs[0].size();
    outputs.resize(outputs_.size());
    for (auto& column : outputs) {
        column.resize(rows);
    }
    std::vector<std::int64_t> storage(slots_ * tile_rows);
    const auto tile_of = [&](std::uint32_t node) { return storage.data() + last_use_slot_[node] * tile_rows; };
    for (std::size_t begin = 0; begin < rows; begin += tile_rows) {
        const std::size_t count = std::min(tile_rows, rows - begin);
        for (const std::uint32_t i : order_) {
            const CircuitNode& node = circuit_->nodes[i];
            if (node.op == CircuitOp::input) {
                std::copy_n(inputs[node.source].begin() + static_cast<std::ptrdiff_t>(begin), count, tile_of(i));
                continue;
            }
            std::array<const std::int64_t*, 3> operands{};
            for (std::size_t k = 0; k < static_cast<std::size_t>(arity_of(node.op)); ++k) {
                operands[k] = tile_of(node.operands[k]);
            }
            compute_rows(*circuit_, node, count, operands, tile_of(i));
        }
        for (std::size_t k = 0; k < outputs.size(); ++k) {
            std::copy_n(tile_of(outputs_[k]), count, outputs[k].begin() + static_cast<std::ptrdiff_t>(begin));
        }
    }
}

}  // namespace balmer
