#pragma once

#include <vector>

#include "balmer/circuit_builder.hpp"

namespace balmer {

/// The index of the largest of several values, the first of equals, by a tree of comparisons.
std::uint32_t winner_of(CircuitBuilder& builder, const std::vector<std::uint32_t>& scores);

}  // namespace balmer
