#pragma once

#include <cstdint>

#include "balmer/operators.hpp"

namespace balmer {

/// d f / d operand[which] of one fixed-arity operator at the operands a, b, c, where f is its value there: the scalar twin of the backward
/// kernels, for constant subtrees and for tests. `index` is the exponent of integer_power.
double partial(Op op, int which, double a, double b, double c, double f, std::int32_t index);

}  // namespace balmer
