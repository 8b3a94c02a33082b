#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "balmer/circuit.hpp"
#include "balmer/dataset.hpp"

namespace balmer {

/// Integers at the inputs, one row per vector.
using InputRows = std::vector<std::vector<std::int64_t>>;

/// Where faults hide: every port at its ends and beside zero while the others rest at zero or at an end, and random mixtures of ends.
InputRows corner_rows(const Circuit& circuit, std::uint64_t seed);
/// Uniform integers at every port; a few ports at an end.
InputRows random_rows(const Circuit& circuit, std::size_t count, std::uint64_t seed);
/// The inputs in a file of vectors. Throws balmer::Error when a line is none of this circuit's.
InputRows read_vectors(const Circuit& circuit, const std::filesystem::path& file);
/// Writes rows with the interpreter's outputs.
void write_vectors(const Circuit& circuit, const InputRows& rows, const std::filesystem::path& file);
/// Integers at the ports for the rows of a table. Throws balmer::Error for missing columns.
InputRows rows_of(const Circuit& circuit, const Table& table, std::size_t most);

}  // namespace balmer
