#include "hardware/area_memory.hpp"

#include <array>
#include <span>

#include "balmer/hardware_cost.hpp"
#include "balmer/hash.hpp"

namespace balmer {

double AreaMemory::area(const Circuit& circuit) {
    HardwareCost cost;
    for (const CircuitNode& node : circuit.nodes) {
        cost.dsp += uses_dsp(node) ? 1 : 0;
        if (node.op != CircuitOp::table) {
            cost.lut += estimate_lut(circuit, node);
            continue;
        }
        const CircuitTable& table = circuit.tables[node.source];
        const CircuitNode& address = circuit.nodes[node.operands[0]];
        const std::array<std::int64_t, 3> place = {table.first, address.low, address.high};
        const auto [known, is_new] = tables_.try_emplace(hash(std::span(table.columns[node.column].values), hash(std::span(place))));
        if (is_new) known->second = estimate_lut(circuit, node);
        cost.lut += known->second;
    }
    return cost.area();
}

}  // namespace balmer
