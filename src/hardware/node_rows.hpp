#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "balmer/circuit.hpp"

namespace balmer {

/// Computes one node for `rows` rows: result[row] from operand[k][row]. An input is left as it is. Addresses must lie within their table.
void compute_rows(const Circuit& circuit, const CircuitNode& node, std::size_t rows, const std::array<const std::int64_t*, 3>& operand, std::int64_t* result);

/// The nodes at the output ports.
std::vector<std::uint32_t> output_nodes(const Circuit& circuit);
/// For each node, whether one of `outputs` needs it.
std::vector<bool> needed_nodes(const Circuit& circuit, std::span<const std::uint32_t> outputs);

}  // namespace balmer
