#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "balmer/dataset.hpp"
#include "balmer/random.hpp"

namespace balmer::neural {

/// What the targets say about columns and products of two columns before any network is trained.
struct Screening {
    std::vector<std::size_t> inputs;                   ///< columns that show something alone, as a square or in a product; rising
    /// Pairs of columns (the same twice: a square) whose product shows, strongest first. Only those with a column that has no slope of its own: the
    /// others training finds, and better so than from a product of two single columns where sums of many matter, as of pixels.
    std::vector<std::array<std::size_t, 2>> products;
    std::size_t rows = 0;                              ///< rows looked at
};

/// Scores every column, every square and every product of two columns against what the best sum of such terms found so far leaves of the
/// targets (of classes: of their indicators), takes the strongest into the sum, and looks again (orthogonal matching pursuit). A product shows
/// when its self-normalised score is beyond what the largest of all products of noise would reach once in twenty times; columns alone count
/// as inputs already where about ten columns of noise would.
/// `rows`: those that may be looked at; a part of them where there are many columns, so that the work stays at some seconds.
Screening screen(const Dataset& data, std::span<const std::size_t> rows, RandomStream random);

}  // namespace balmer::neural
