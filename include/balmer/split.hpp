#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "balmer/dataset.hpp"
#include "balmer/random.hpp"

namespace balmer {

/// Row numbers of two parts of a dataset, each in rising order.
struct Split {
    std::vector<std::size_t> training;
    std::vector<std::size_t> held_out;
};

/// Puts a fraction (0 <= fraction < 1) of the rows aside, chosen by `random`: of each class when the dataset has classes,
/// else of all rows; groups stay whole. The number held out is rounded to nearest; at least one row is left for training
/// in each class, and one is held out of all when the fraction is not 0 and there are two rows. Throws Error for a
/// fraction outside the range.
Split split_rows(const Dataset& data, double fraction, RandomStream random);

/// `count` different rows below `rows` (all when there are fewer), in rising order, every choice equally likely.
std::vector<std::size_t> choose_rows(std::size_t rows, std::size_t count, RandomStream random);

/// Mean and standard deviation of one column: scaled = (value - mean)/deviation.
struct ColumnScale {
    double mean = 0;
    double deviation = 1;  ///< 1 for a constant column

    double apply(double value) const { return (value - mean) / deviation; }
    double undo(double scaled) const { return mean + deviation * scaled; }
};

/// The scale of a column (sums in a fixed tree; values as large as 1e300 do not overflow).
ColumnScale scale_of(std::span<const double> values);
/// One scale per feature.
std::vector<ColumnScale> feature_scales(const Dataset& data);
/// A column with every value scaled.
Column scaled(const Column& column, const ColumnScale& scale);

}  // namespace balmer
