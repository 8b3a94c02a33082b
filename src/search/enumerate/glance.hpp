#pragma once

#include <cstddef>

namespace balmer::enumerate {

inline constexpr std::size_t glance_block = 16;  ///< entries side by side, so that sums over rows need no sums over lanes
inline constexpr std::size_t glance_rows = 32;   ///< rows of a first look at every entry

/// Squared weighted correlations, times the spread of what is wanted, of `count` blocks of entries with it: the same bits on every
/// instruction set. values[block][row][entry of the block]; `weighted` is weight times wanted, `total` the sum of the weights, `sum`
/// that of `weighted`; squared[entry], 0 where the entry hardly varies.
using GlanceKernel = void(const float* values, const float* weight, const float* weighted, float total, float sum, std::size_t count,
                          float* squared);
namespace baseline {
GlanceKernel glance;
}
namespace avx2 {
GlanceKernel glance;
}
namespace avx512 {
GlanceKernel glance;
}

}  // namespace balmer::enumerate
