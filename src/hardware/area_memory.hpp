#pragma once

#include <cstdint>
#include <unordered_map>

#include "balmer/circuit.hpp"

namespace balmer {

/// `HardwareCost::area` of many circuits that differ little: a table's look-ups are counted once.
class AreaMemory {
public:
    double area(const Circuit& circuit);

private:
    std::unordered_map<std::uint64_t, double> tables_;  ///< LUTs by a hash of addresses and entries
};

}  // namespace balmer
