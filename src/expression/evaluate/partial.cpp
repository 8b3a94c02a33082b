#include "expression/evaluate/partial.hpp"

#include <cassert>
#include <cmath>
#include <numbers>

namespace balmer {
namespace {

double partial_unary(Op op, double a, double f) {
    switch (op) {
        case Op::negate: return -1;
        case Op::square: return 2 * a;
        case Op::cube: return 3 * (a * a);
        case Op::sqrt: return 0.5 / f;
        case Op::cbrt: return 1 / (3 * (f * f));
        case Op::inverse: return -(f * f);
        case Op::abs: return a > 0 ? 1 : a < 0 ? -1 : 0;
        case Op::exp: return f;
        case Op::expm1: return f + 1;
        case Op::log: return 1 / a;
        case Op::log1p: return 1 / (1 + a);
        case Op::log2: return std::numbers::log2e / a;
        case Op::log10: return std::numbers::log10e / a;
        case Op::sin: return std::cos(a);
        case Op::cos: return -std::sin(a);
        case Op::tan: return 1 + f * f;
        case Op::asin: return 1 / std::sqrt(1 - a * a);
        case Op::acos: return -1 / std::sqrt(1 - a * a);
        case Op::atan: return 1 / (1 + a * a);
        case Op::sinh: return std::cosh(a);
        case Op::cosh: return std::sinh(a);
        case Op::tanh: return 1 - f * f;
        case Op::asinh: return 1 / std::sqrt(1 + a * a);
        case Op::acosh: return 1 / (std::sqrt(a - 1) * std::sqrt(a + 1));
        case Op::atanh: return 1 / (1 - a * a);
        case Op::gauss: return -2 * (a * f);
        case Op::logistic: return f * (1 - f);
        case Op::erf: return 2 * std::numbers::inv_sqrtpi * std::exp(-(a * a));
        case Op::relu: return a > 0 ? 1 : 0;
        default: return 0;  // sign, step, floor
    }
}

double partial_power(int which, double a, double b, double f) {
    if (which == 0) return b == 0 ? 0 : b * std::pow(a, b - 1);
    return f == 0 ? 0 : f * std::log(a);
}

}  // namespace

double partial(Op op, int which, double a, double b, double, double f, std::int32_t index) {
    switch (op) {
        case Op::add: return 1;
        case Op::subtract: return which == 0 ? 1 : -1;
        case Op::multiply: return which == 0 ? b : a;
        case Op::divide: return which == 0 ? 1 / b : -f / b;
        case Op::power: return partial_power(which, a, b, f);
        case Op::integer_power: return index * integer_power(a, index - 1);
        case Op::min: return (a < b) == (which == 0) ? 1 : 0;
        case Op::max: return (a > b) == (which == 0) ? 1 : 0;
        case Op::atan2: return which == 0 ? b / (a * a + b * b) : -a / (a * a + b * b);
        case Op::hypot: return (which == 0 ? a : b) / f;
        case Op::less:
        case Op::less_equal:
        case Op::greater:
        case Op::greater_equal:
        case Op::equal:
        case Op::not_equal: return 0;
        case Op::conditional: return which == 0 ? 0 : (a != 0) == (which == 1) ? 1 : 0;
        default: assert(info(op).arity == 1); return partial_unary(op, a, f);
    }
}

}  // namespace balmer
