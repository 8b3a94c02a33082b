#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "balmer/circuit.hpp"

namespace balmer {

/// Bits of all inputs, and of all outputs, side by side.
int input_bits(const Circuit& circuit);
int output_bits(const Circuit& circuit);

/// One line of a file of vectors: all inputs and all outputs as two hexadecimal words, the first port in the lowest bits.
std::string vector_line(const Circuit& circuit, std::span<const std::int64_t> inputs, std::span<const std::int64_t> outputs);

/// Where a port lies in its word.
struct PortBits {
    std::string name;
    FixedPoint format;
    int first = 0;
};
std::vector<PortBits> input_places(const Circuit& circuit);
std::vector<PortBits> output_places(const Circuit& circuit);

}  // namespace balmer
