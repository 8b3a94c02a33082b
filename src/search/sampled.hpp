#pragma once

#include <cstddef>

#include "balmer/search.hpp"

namespace balmer {

/// The problem on `rows` of its rows, spread evenly; on all when it has no more.
Problem sampled(const Problem& problem, std::size_t rows);

}  // namespace balmer
