#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "balmer/dataset.hpp"

namespace balmer {

/// Real collisions with two muons (CMS 2011, CERN Open Data record 545, CC BY 4.0; data/README.md). `columns` empty:
/// pt1, eta1, phi1, pt2, eta2, phi2 and M, with units. Fewer rows than all are a random choice by `seed`, in file order;
/// 0 is all. Throws Error for an unknown column or more rows than there are.
Table generate_cms(std::size_t rows, const std::vector<std::string>& columns, std::uint64_t seed);

}  // namespace balmer
