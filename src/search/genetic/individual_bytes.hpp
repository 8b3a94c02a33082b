#pragma once

#include <vector>

#include "search/bytes.hpp"
#include "search/genetic/individual.hpp"

namespace balmer::genetic {

/// Individuals and lists in checkpoints.
void put(ByteWriter& writer, const Individual& individual);
void put(ByteWriter& writer, const std::vector<Individual>& individuals);
void put(ByteWriter& writer, const std::vector<double>& list);
void put(ByteWriter& writer, const std::vector<std::uint64_t>& list);

/// Read back; balmer::Error when the bytes end early.
void get(ByteReader& reader, Individual& individual);
void get(ByteReader& reader, std::vector<Individual>& individuals);
void get(ByteReader& reader, std::vector<double>& list);
void get(ByteReader& reader, std::vector<std::uint64_t>& list);

}  // namespace balmer::genetic
