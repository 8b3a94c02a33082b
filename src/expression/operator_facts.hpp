#pragma once

#include "balmer/operators.hpp"

namespace balmer {

/// What a unary function does to the sign of its argument: f(-x) = f(x), f(-x) = -f(x), or neither.
enum class Parity : std::uint8_t { none, even, odd };

/// The parity of a unary operator; none for all others.
constexpr Parity parity(Op op) {
    switch (op) {
        case Op::square:
        case Op::abs:
        case Op::cos:
        case Op::cosh:
        case Op::gauss: return Parity::even;
        case Op::negate:
        case Op::cube:
        case Op::inverse:
        case Op::cbrt:
        case Op::sign:
        case Op::sin:
        case Op::tan:
        case Op::asin:
        case Op::atan:
        case Op::sinh:
        case Op::tanh:
        case Op::asinh:
        case Op::atanh:
        case Op::erf: return Parity::odd;
        default: return Parity::none;
    }
}

/// Whether an operator is never negative, whatever its operands.
constexpr bool never_negative(Op op) {
    switch (op) {
        case Op::pi:
        case Op::euler:
        case Op::square:
        case Op::sqrt:
        case Op::abs:
        case Op::exp:
        case Op::acos:
        case Op::cosh:
        case Op::acosh:
        case Op::gauss:
        case Op::logistic:
        case Op::relu:
        case Op::step:
        case Op::hypot: return true;
        default: return false;
    }
}

/// Whether an operator gives 1 or 0 for the order of two operands.
constexpr bool is_comparison(Op op) { return op >= Op::less && op <= Op::not_equal; }

}  // namespace balmer
