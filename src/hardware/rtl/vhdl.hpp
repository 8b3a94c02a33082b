#pragma once

#include <string>

#include "hardware/rtl/verilog.hpp"

namespace balmer {

/// The circuit in VHDL-2008 (numeric_std): an entity per table, then the entity of the circuit's name. The same circuit gives the same bytes.
std::string vhdl(const Circuit& circuit, ValidBit valid = ValidBit::without);

/// A self-checking test bench, entity NAME_bench, with the generic `vectors` for the file; lines as for verilog_bench.
std::string vhdl_bench(const Circuit& circuit, ValidBit valid = ValidBit::without);

}  // namespace balmer
