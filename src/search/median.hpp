#pragma once

#include <vector>

namespace balmer {

/// Median; there is at least one value, and of an even number the upper of the two in the middle is taken.
double median(std::vector<double> values);
/// Median of the absolute values.
double median_size(std::vector<double> values);

}  // namespace balmer
