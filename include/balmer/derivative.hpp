#pragma once

#include "balmer/expression.hpp"

namespace balmer {

/// What a derivative is taken by.
struct By {
    enum class Kind : std::uint8_t { feature, parameter } kind = Kind::feature;
    std::int32_t index = 0;
};
/// Exact derivative as a formula (canonical form, not saturated). Piecewise constant operators (sign, step, floor, comparisons) have derivative 0,
/// abs has sign, min and max choose. Calls are inlined first. Throws balmer::Error for holes.
Expression derivative(const Expression& expression, By by, std::span<const Definition> definitions = {});

}  // namespace balmer
