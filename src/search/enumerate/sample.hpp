#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "balmer/dataset.hpp"

namespace balmer::enumerate {

/// Some rows of a data set, copied column by column.
struct Sample {
    std::vector<std::size_t> rows;             ///< rows of the data
    std::vector<std::vector<double>> columns;  ///< [feature][row]
    std::vector<const double*> pointers;       ///< into `columns`
    std::vector<double> target;
    std::vector<double> weight;                ///< weight / sigma^2, negative ones as 0, the heaviest from 1 to 2

    std::size_t size() const { return rows.size(); }
};

/// The listed rows of target `k`.
Sample take_sample(const Dataset& data, std::vector<std::size_t> rows, std::size_t target = 0);

/// `count` rows for keys: no target near 0, no feature 0 where that can be had, spread evenly over the first target's values.
/// Fewer when the data have fewer.
std::vector<std::size_t> choose_key_rows(const Dataset& data, std::size_t count);

/// At most `count` rows evenly over the data, leaving out `except` (sorted) while enough others are there.
std::vector<std::size_t> choose_spread_rows(std::size_t rows, std::size_t count, std::span<const std::size_t> except);

}  // namespace balmer::enumerate
