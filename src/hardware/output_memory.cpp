#include "hardware/output_memory.hpp"

#include <algorithm>
#include <array>

#include "balmer/hash.hpp"

namespace balmer {

namespace {

constexpr std::size_t most_bytes = std::size_t{64} << 20;

/// Hashes of what each node computes, apart from names, scales and places.
std::vector<std::uint64_t> hashes_of(const Circuit& circuit) {
    std::vector<std::uint64_t> hashes;
    hashes.reserve(circuit.nodes.size());
    for (const CircuitNode& node : circuit.nodes) {
        std::array<std::int64_t, 10> parts{static_cast<std::int64_t>(node.op), node.shift[0], node.shift[1], node.low, node.high,
                                           static_cast<std::int64_t>(node.rounding)};
        if (node.op == CircuitOp::input) parts[6] = node.source;
        if (node.op == CircuitOp::table) {
            const CircuitTable& table = circuit.tables[node.source];
            parts[6] = static_cast<std::int64_t>(hash(std::span(table.columns[node.column].values), static_cast<std::uint64_t>(table.first)));
        }
        for (std::size_t k = 0; k < static_cast<std::size_t>(arity_of(node.op)); ++k)
            parts[7 + k] = static_cast<std::int64_t>(hashes[node.operands[k]]);
        hashes.push_back(hash(std::span(parts)));
    }
    return hashes;
}

}  // namespace

LoweringQuality OutputMemory::measure(const Circuit& circuit) {
    if (circuit.outputs[0].kind != OutputKind::value) return judge_->measure(circuit);
    const std::vector<std::uint64_t> hashes = hashes_of(circuit);
    const std::size_t rows = judge_->inputs.empty() ? 0 : judge_->inputs[0].size();
    if (known_.size() * rows * sizeof(double) > most_bytes) known_.clear();

    std::vector<std::shared_ptr<const Output>> outputs;
    std::vector<std::uint64_t> keys;
    std::vector<std::size_t> missing;
    for (std::size_t k = 0; k < circuit.outputs.size(); ++k) {
        const OutputPort& port = circuit.outputs[k];
        keys.push_back(combine_hash(combine_hash(hashes[port.node], static_cast<std::uint64_t>(port.format.fraction)), k));
        const auto found = known_.find(keys[k]);
        outputs.push_back(found == known_.end() ? nullptr : found->second);
        if (!outputs[k]) missing.push_back(k);
    }
    if (!missing.empty()) {
        std::vector<std::vector<std::int64_t>> integers;
        Simulation(circuit, missing).run(judge_->inputs, integers);
        for (std::size_t m = 0; m < missing.size(); ++m) {
            const std::size_t k = missing[m];
            Output output{.values = real_values(integers[m], circuit.outputs[k].format)};
            output.error = judge_->error_of(k, output.values);
            outputs[k] = known_[keys[k]] = std::make_shared<const Output>(std::move(output));
        }
    }
    std::vector<const double*> values;
    double error = 0;
    for (const auto& output : outputs) {
        values.push_back(output->values.data());
        error = std::max(error, output->error);
    }
    return judge_->compare(values, error);
}

}  // namespace balmer
