#pragma once

#include "balmer/circuit.hpp"

namespace balmer {

/// LUTs of one table column read at `address`: per output bit the distinct functions of the lowest six address bits, and the selection among
/// them by the higher bits; shared where bits are equal.
double table_column_lut(const CircuitTable& table, std::uint32_t column, const CircuitNode& address);
/// Nanoseconds through a table of that address, its net included.
double table_delay(const CircuitNode& address);

}  // namespace balmer
