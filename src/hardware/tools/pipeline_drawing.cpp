#include <algorithm>

#include <fmt/format.h>

#include "hardware/tools/firmware_page.hpp"
#include "report/flow.hpp"

namespace balmer {
namespace {

// What a box says below its name.
std::string meaning(const Circuit& circuit, const CircuitNode& node) {
    const auto operand = [&](std::size_t k) { return circuit.nodes[node.operands[k]]; };
    const auto side = [&](std::size_t k, int shift) {
        const auto& from = operand(k);
        const std::string text = from.op == CircuitOp::constant ? fmt::format("{}", from.low) : from.name;
        return shift > 0 ? fmt::format("{}·{}", std::int64_t{1} << shift, text) : text;
    };
    const auto infix = [&](const char* symbol) { return fmt::format("{} {} {}", side(0, node.shift[0]), symbol, side(1, node.shift[1])); };
    switch (node.op) {
        case CircuitOp::input: return "input";
        case CircuitOp::constant: return fmt::format("{}", node.low);
        case CircuitOp::add: return infix("+");
        case CircuitOp::subtract: return infix("−");
        case CircuitOp::multiply: return infix("×");
        case CircuitOp::table: {
            const auto& table = circuit.tables[node.source];
            const auto& formula = table.columns[node.column].formula;
            constexpr std::size_t longest = 40;
            const std::string what = formula.size() > longest ? formula.substr(0, longest) + "..." : formula;
            return fmt::format("table of {}: {}", table.size(), what);
        }
        case CircuitOp::saturate: return fmt::format("saturate to {} ... {}", node.low, node.high);
        case CircuitOp::wrap: return "wrap";
        case CircuitOp::round: return fmt::format("{} {} bits", node.rounding == Rounding::nearest ? "round off" : "drop", node.shift[0]);
        case CircuitOp::scale: return node.shift[0] > 0 ? fmt::format("shift by {}", node.shift[0]) : "move the point";
        case CircuitOp::select: return fmt::format("{} ? {} : {}", side(0, 0), side(1, 0), side(2, 0));
        case CircuitOp::less: return infix("<");
        case CircuitOp::less_equal: return infix("≤");
        default: return infix("=");
    }
}

// Layers from left to right: stage by stage, within a stage by depth.
std::vector<int> layers_of(const Circuit& circuit, std::vector<std::string>& names) {
    std::vector<int> depth(circuit.nodes.size(), 0);
    std::vector<int> deepest(static_cast<std::size_t>(circuit.latency) + 1, 0);
    for (std::size_t i = 0; i < circuit.nodes.size(); ++i) {
        const auto& node = circuit.nodes[i];
        for (std::size_t k = 0; k < static_cast<std::size_t>(arity_of(node.op)); ++k) {
            const auto& from = circuit.nodes[node.operands[k]];
            if (from.op != CircuitOp::constant && from.stage == node.stage) depth[i] = std::max(depth[i], depth[node.operands[k]] + 1);
        }
        auto& most = deepest[static_cast<std::size_t>(node.stage)];
        most = std::max(most, depth[i]);
    }
    std::vector<int> begin(1, 0);
    for (std::size_t s = 0; s < deepest.size(); ++s) {
        begin.push_back(begin.back() + deepest[s] + 1);
        names.push_back(circuit.latency > 0 ? fmt::format("stage {}", s) : "");
        names.resize(static_cast<std::size_t>(begin.back()));
    }
    names.emplace_back("outputs");
    std::vector<int> layers;
    for (std::size_t i = 0; i < circuit.nodes.size(); ++i) layers.push_back(begin[static_cast<std::size_t>(circuit.nodes[i].stage)] + depth[i]);
    layers.push_back(begin.back());  // of the outputs
    return layers;
}

}  // namespace

std::string pipeline_drawing(const Circuit& circuit) {
    report::Flow flow{.nodes = {}, .edges = {}, .direction = report::Direction::right, .layer_names = {}};
    const auto layers = layers_of(circuit, flow.layer_names);
    std::vector<std::size_t> box(circuit.nodes.size(), 0);
    for (std::size_t i = 0; i < circuit.nodes.size(); ++i) {
        const auto& node = circuit.nodes[i];
        if (node.op == CircuitOp::constant) continue;
        box[i] = flow.nodes.size();
        const int colour = node.op == CircuitOp::input ? 2 : node.op == CircuitOp::table ? 0 : node.op == CircuitOp::multiply ? 1 : -1;
        flow.nodes.push_back({.lines = {node.name, meaning(circuit, node), to_string(node.format())}, .layer = layers[i], .colour = colour});
        for (std::size_t k = 0; k < static_cast<std::size_t>(arity_of(node.op)); ++k) {
            const auto operand = node.operands[k];
            const bool twice = k > 0 && node.operands[0] == operand;
            if (circuit.nodes[operand].op != CircuitOp::constant && !twice) flow.edges.push_back({box[operand], box[i], {}});
        }
    }
    for (const auto& port : circuit.outputs) {
        flow.nodes.push_back({.lines = {port.name, to_string(port.format)}, .layer = layers.back(), .colour = 3});
        if (circuit.nodes[port.node].op != CircuitOp::constant) flow.edges.push_back({box[port.node], flow.nodes.size() - 1, {}});
    }
    return report::svg(flow);
}

}  // namespace balmer
