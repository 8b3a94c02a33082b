#pragma once

#include <cstddef>
#include <cstdint>

#include "balmer/operators.hpp"

// What the trainer and its kernels agree on. Rows lie on the lanes of the vectors, so that a result depends neither on their width nor on how
// sparse the network is; products are added by fused multiply-add on every instruction set. No standard containers here: an inline function
// compiled for AVX2 must never be the copy that the linker keeps for every processor.
namespace balmer::neural::kernels {

/// Rows of a tile.
inline constexpr std::size_t tile = 64;
/// Sums over rows are kept in so many lanes on every instruction set.
inline constexpr std::size_t lanes = 16;

/// Whether a kernel writes its result or adds to what is there; write_some leaves rows without entries as they are.
enum class Into : std::uint8_t { write, write_some, add };

/// A sparse linear map: row j has the entries begin[j] .. begin[j + 1).
struct Entries {
    const std::uint32_t* begin = nullptr;
    const std::uint32_t* input = nullptr;
    const float* weight = nullptr;
    std::size_t rows = 0;
};

/// A stretch of weights with their thresholds; every array has `count` entries.
struct Weights {
    float* weight;
    float* threshold;
    const float* slope;     ///< dL/d(masked weight)
    float* of_weight;       ///< dL/dw
    float* of_threshold;    ///< dL/dt
    std::size_t count;
};
/// One step of Adam (Kingma and Ba 2015).
struct AdamStep {
    float rate;               ///< step, bias correction of the first moment included
    float second_correction;  ///< 1/(1 - beta2^n)
    float scale;              ///< of the gradient, for clipping
};

struct Table {
    /// out[j][row] (+)= sum of weight*in[input][row]; in and out are tiles of 64 rows each.
    void (*multiply)(const Entries& entries, const float* in, float* out, Into into);
    /// The same for a full matrix, weight[i*padded + j], rows in groups of four.
    void (*multiply_full)(const float* weight, std::size_t padded, std::size_t inputs, std::size_t rows, const float* in, float* out, Into into);
    /// out[row][j] = in[j][row], zeros up to `padded`, a multiple of 16.
    void (*transpose)(const float* const* in, std::size_t count, float* out, std::size_t padded);
    /// gradient[i][j] += sum over the rows of in[i][row]*by_row[row][j], j < columns, a multiple of 16; rows of by_row lie `padded` apart.
    void (*outer)(const float* const* in, std::size_t inputs, const float* by_row, std::size_t padded, std::size_t columns, float* const* gradient);
    /// lanes[row % 16] += a*b over the rows.
    void (*add_products)(const float* a, const float* b, float* lanes);
    /// Sum over the rows of a*b.
    float (*dot)(const float* a, const float* b);
    /// Sum over the rows of a*(b - c).
    float (*dot_difference)(const float* a, const float* b, const float* c);
    /// out = a*b
    void (*product)(const float* a, const float* b, float* out);
    /// Value and slope of a unary operator over a tile; null for operators without a kernel.
    using Unary = void (*)(const float* a, float* value, float* slope);
    Unary (*unary)(Op op);
    using Binary = void (*)(const float* a, const float* b, float* value, float* slope_a, float* slope_b);
    Binary (*binary)(Op op);
    /// Softmax over `count` outputs of a tile against class codes: outputs become weight*(p - y), returns the sum of weight*error.
    double (*softmax)(float* outputs, std::size_t count, const float* code, const float* weight);
    /// The same for one output, the logit of class 1.
    double (*logistic)(float* output, const float* code, const float* weight);
    /// The same for squares: outputs become 2*scale*weight*(f - y).
    double (*squares)(float* outputs, std::size_t count, const float* target, const float* weight, float scale);
    /// Sum of exp(-threshold) by lanes, and how many weights are pruned.
    std::size_t (*survey)(const float* weight, const float* threshold, std::size_t count, double* sum);
    /// Sum of weight*slope by lanes over the weights that are not pruned.
    float (*masked_dot)(const float* weight, const float* threshold, const float* slope, std::size_t count);
    /// Slopes through the mask: pressure = 1 + sum D R, push = L D/N.
    void (*through_mask)(const Weights& weights, float pressure, float push);
    /// One step; first and second are the moments.
    void (*adam)(float* value, float* first, float* second, const float* gradient, std::size_t count, const AdamStep& step);
    /// Sum of squares by lanes.
    double (*square_sum)(const float* values, std::size_t count);
};

namespace baseline {
const Table& table();
}
namespace avx2 {
const Table& table();
}
namespace avx512 {
const Table& table();
}

}  // namespace balmer::neural::kernels
