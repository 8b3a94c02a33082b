#pragma once

#include <string>

#include "hardware/rtl/verilog.hpp"

namespace balmer {

/// The program that drives the C++ model which Verilator makes: reads a file of vectors, one line per clock, and prints how many differ.
std::string verilator_bench(const Circuit& circuit, ValidBit valid);

}  // namespace balmer
