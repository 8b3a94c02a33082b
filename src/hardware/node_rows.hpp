#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "balmer/circuit.hpp"

namespace balmer {

/// Computes one node for `rows` rows: result[row] from operand[k][row]. An input is left as it is. Addresses must lie within their table.
void compute_rows(const Circuit& circuit, const CircuitNode& node, std::size_t rows, const std::array<const std::int64_t*, 3>& operand, std::int64_t* result);

/// Whether an output needs each node.
std::vector<bool> needed_nodes(const Circuit& circuit);

}  // namespace balmer
