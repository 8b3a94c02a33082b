#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace balmer {

/// Last bits that are zero in every entry are left out, as of a table of 0 and 1: how many.
int drop_common_zeros(std::vector<std::int64_t>& entries);

/// Entries without a finite value take the nearest one that has one, the lower of two. Some entry has one.
void fill_gaps(std::vector<double>& values);

/// A table that is its own mirror image: f(a) = f(sum - a). Addresses on the shorter side are reflected to the longer.
struct Mirror {
    std::int64_t sum = 0;
    std::int64_t low = 0, high = 0;  ///< addresses that remain
    bool keeps_upper = true;         ///< the longer side is that of a >= sum/2
};

/// The mirror of the entries at addresses first, first + 1 ... that leaves the fewest, within half of `step` and 0.6 of the entries' own slope per address; none
/// that saves less than a quarter of them.
std::optional<Mirror> mirror_of(std::span<const double> values, std::int64_t first, double step);

}  // namespace balmer
