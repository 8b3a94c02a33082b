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
/// A third of the rows uniform over every port's format, a third of all sizes (first the number of bits is drawn), a third near rows of `near`, where the
/// circuit was made for; a few ports at an end.
InputRows random_rows(const Circuit& circuit, const InputRows& near, std::size_t count, std::uint64_t seed);
/// The inputs in a file of vectors. Throws balmer::Error when a line is none of this circuit's.
InputRows read_vectors(const Circuit& circuit, const std::filesystem::path& file);
/// Writes rows with the interpreter's outputs.
void write_vectors(const Circuit& circuit, const InputRows& rows, const std::filesystem::path& file);
/// Integers at the ports for the rows of a table. Throws balmer::Error for missing columns.
InputRows rows_of(const Circuit& circuit, const Table& table, std::size_t most);

}  // namespace balmer
