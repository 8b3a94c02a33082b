#pragma once

#include <string>

#include "balmer/circuit.hpp"

namespace balmer {

/// A freestanding C++17 header (it includes <cstdint> alone): namespace of the circuit's name with Inputs, Outputs, evaluate, quantize and value.
std::string cpp_header(const Circuit& circuit);
/// A program that includes the header, reads lines of vectors from the file named on its command line and prints how many differ.
std::string cpp_bench(const Circuit& circuit);

/// A Python module of plain integers: evaluate(...), quantize(...), value(...); run as a program it compares like the other benches.
std::string python_module(const Circuit& circuit);

/// Sources for Vitis HLS: the top function, its header, the integer types for compilers without Vitis' own, a test bench, and the Tcl script.
std::string hls_source(const Circuit& circuit);
std::string hls_header(const Circuit& circuit);
std::string hls_integers();
std::string hls_bench(const Circuit& circuit);
std::string vitis_script(const Circuit& circuit, const std::string& part);
/// Tcl for Vivado: synthesis and place and route of the Verilog out of context.
std::string vivado_script(const Circuit& circuit, const std::string& part);

}  // namespace balmer
