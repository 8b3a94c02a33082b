#pragma once

#include <cstddef>

#include "balmer/genetic.hpp"

namespace balmer::genetic {

/// Bytes that evolution keeps at most beside the data: populations, batches of rows, the tables of what was tried.
std::size_t bytes_kept(const Problem& problem, const GeneticOptions& options);
/// The options with batches, then populations, made smaller until they fit into `bytes`; a few megabytes are kept in any case.
GeneticOptions within_memory(GeneticOptions options, const Problem& problem, std::size_t bytes);

}  // namespace balmer::genetic
