#pragma once

#include <unistd.h>

#include <filesystem>

#include "balmer/firmware.hpp"
#include "hardware/random_circuit.hpp"

namespace balmer::testing {

/// A random circuit with registers at random places, as no scheduler would put them.
inline Circuit scheduled_circuit(std::uint64_t seed, int size, int latency) {
    Circuit circuit = random_circuit(RandomStream(seed), size, 2 + static_cast<int>(seed % 4));
    circuit.latency = latency;
    RandomStream random(seed, 9);
    for (CircuitNode& node : circuit.nodes) {
        int earliest = 0;
        for (int k = 0; k < arity_of(node.op); ++k) {
            const CircuitNode& operand = circuit.nodes[node.operands[static_cast<std::size_t>(k)]];
            if (operand.op != CircuitOp::constant) earliest = std::max(earliest, operand.stage);
        }
        const bool fixed = node.op == CircuitOp::input || node.op == CircuitOp::constant;
        node.stage = fixed ? 0 : std::min(latency, earliest + (random.chance(0.2) ? 1 : 0));
    }
    validate(circuit);
    return circuit;
}

/// A folder of this process, gone at the end.
class TestFolder {
public:
    explicit TestFolder(const std::string& name) : path_(std::filesystem::temp_directory_path() / ("balmer_" + name + "_" + std::to_string(::getpid()))) {
        std::filesystem::remove_all(path_);
    }
    ~TestFolder() { std::filesystem::remove_all(path_); }
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace balmer::testing
