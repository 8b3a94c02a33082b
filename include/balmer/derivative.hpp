#pragma once

#include "balmer/expression.hpp"

namespace balmer {

/// What a derivative is taken by.
struct By {
    /// Whether `index` is a feature's or a parameter's.
    enum class Kind : std::uint8_t { feature, parameter } kind = Kind::feature;
    std::int32_t index = 0;
    /// `fold`: parameters are numbers, 3*x^2 gives 6*x. `keep`: they stay symbols; always so by a parameter.
    enum class Parameters : std::uint8_t { fold, keep } parameters = Parameters::fold;
};
/// Exact derivative as a formula (canonical form, not saturated). Piecewise constant operators (sign, step, floor, comparisons) have derivative 0,
/// abs has sign, min and max choose. Where parameters are kept, parameter i of the result is parameter i of `expression` (calls inlined), and the
/// numbers that differentiation brings come after them in its values. Calls are inlined first. Throws balmer::Error for holes.
Expression derivative(const Expression& expression, By by, std::span<const Definition> definitions = {});

}  // namespace balmer
