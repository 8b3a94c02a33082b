#pragma once

#include <string>

#include "balmer/circuit.hpp"

namespace balmer {

/// Whether the pipeline carries a bit that says which results count.
enum class ValidBit : std::uint8_t { without, with };

/// The circuit in Verilog-2001 without vendor primitives: a module per table, then the module of the circuit's name. The same circuit gives the
/// same bytes.
std::string verilog(const Circuit& circuit, ValidBit valid = ValidBit::without);

/// A self-checking test bench, module NAME_bench: reads lines of two hexadecimal words (all inputs, all outputs; the first port in the lowest
/// bits) from the file +vectors=FILE, one per clock, and prints how many differ.
std::string verilog_bench(const Circuit& circuit, ValidBit valid = ValidBit::without);

}  // namespace balmer
