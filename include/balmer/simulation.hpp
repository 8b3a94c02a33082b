#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "balmer/circuit.hpp"

namespace balmer {

/// Runs a circuit over many rows, tile by tile: the integers of `interpret`, faster. Immutable, shareable between threads.
class Simulation {
public:
    /// Prepares a valid circuit, which must outlive it.
    explicit Simulation(const Circuit& circuit);
    /// The same for some of its output ports alone.
    Simulation(const Circuit& circuit, std::span<const std::size_t> ports);

    /// outputs[port][row] from inputs[port][row]; `outputs` are resized. Inputs must fit their formats.
    void run(std::span<const std::vector<std::int64_t>> inputs, std::vector<std::vector<std::int64_t>>& outputs) const;

private:
    void prepare();

    const Circuit* circuit_;
    std::vector<std::uint32_t> outputs_;        ///< nodes at the ports asked for
    std::vector<std::uint32_t> last_use_slot_;  ///< storage row of each node
    std::size_t slots_ = 0;
    std::vector<std::uint32_t> order_;  ///< nodes that an output needs
};

}  // namespace balmer
