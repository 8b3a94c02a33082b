#pragma once

#include <cstddef>
#include <cstdint>

namespace balmer::fitting {

inline constexpr std::size_t softmax_rows = 128;  ///< at most, of a call: its arrays stay in the first-level cache

/// Rows of a softmax loss. prediction[class][row], code[row] the class, weight[row]; `share` is room for classes times softmax_rows numbers.
struct SoftmaxRows {
    const double* const* prediction;
    const std::uint32_t* code;
    const double* weight;
    std::size_t count;
    std::size_t classes;
    double* share;
};

/// value[row] = weight (log sum_k exp(f_k) - f_code), but for the logarithm: norm[row] and highest[row] with
/// sum_k exp(f_k) = norm exp(highest). The shares keep exp(f_k - highest). The same bits on every instruction set.
using SoftmaxNorms = void(const SoftmaxRows& rows, double* norm, double* highest);
/// Derivatives by the predictions: first[class][row], second[class * classes + class][row]. Shares are divided by `norm`.
using SoftmaxDerivatives = void(const SoftmaxRows& rows, const double* norm, double* const* first, double* const* second);

namespace baseline {
SoftmaxNorms softmax_norms;
SoftmaxDerivatives softmax_derivatives;
}
namespace avx2 {
SoftmaxNorms softmax_norms;
SoftmaxDerivatives softmax_derivatives;
}
namespace avx512 {
SoftmaxNorms softmax_norms;
SoftmaxDerivatives softmax_derivatives;
}

}  // namespace balmer::fitting
