#include "balmer/interval.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <numbers>

#include "expression/operator_facts.hpp"

namespace balmer {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
// Units in the last place that the C library's functions may be off by (measured below 2), with room.
constexpr int library_error = 4;

double down(double x, int ulps = 1) {
    for (int i = 0; i < ulps; ++i) x = std::nextafter(x, -infinity);
    return x;
}
double up(double x, int ulps = 1) {
    for (int i = 0; i < ulps; ++i) x = std::nextafter(x, infinity);
    return x;
}

bool empty(const Interval& a) { return a.lower > a.upper; }
bool unbounded(const Interval& a) { return std::isinf(a.lower) || std::isinf(a.upper); }
Interval nowhere() { return {infinity, -infinity, true}; }

Interval hull(const Interval& a, const Interval& b) {
    if (empty(a)) return {b.lower, b.upper, a.may_fail || b.may_fail};
    if (empty(b)) return {a.lower, a.upper, a.may_fail || b.may_fail};
    return {std::min(a.lower, b.lower), std::max(a.upper, b.upper), a.may_fail || b.may_fail};
}

Interval clamped(Interval a, double lower, double upper) {
    a.lower = std::clamp(a.lower, lower, upper);
    a.upper = std::clamp(a.upper, lower, upper);
    return a;
}

Interval negate(const Interval& a) { return {-a.upper, -a.lower, a.may_fail}; }

// Sums: TwoSum (Knuth) tells an exact result, which needs no widening.
double add_down(double a, double b) {
    const double s = a + b;
    if (std::isnan(s)) return -infinity;
    if (std::isinf(s)) return std::isinf(a) || std::isinf(b) ? s : down(s);
    const double t = s - a;
    return (a - (s - t)) + (b - t) == 0 ? s : down(s);
}

Interval add(const Interval& a, const Interval& b) {
    const bool fails = (a.upper == infinity && b.lower == -infinity) || (a.lower == -infinity && b.upper == infinity);
    return {add_down(a.lower, b.lower), -add_down(-a.upper, -b.upper), a.may_fail || b.may_fail || fails};
}

double multiply_down(double a, double b) {
    if (a == 0 || b == 0) return 0;
    const double p = a * b;
    if (std::isinf(a) || std::isinf(b)) return p;
    return std::fabs(p) > 1e-290 && std::isfinite(p) && std::fma(a, b, -p) == 0 ? p : down(p);
}

Interval multiply(const Interval& a, const Interval& b) {
    const bool fails = (a.contains(0) && unbounded(b)) || (b.contains(0) && unbounded(a));
    Interval result{infinity, -infinity, a.may_fail || b.may_fail || fails};
    for (const double x : {a.lower, a.upper})
        for (const double y : {b.lower, b.upper}) {
            result.lower = std::min(result.lower, multiply_down(x, y));
            result.upper = std::max(result.upper, -multiply_down(-x, y));
        }
    return result;
}

double divide_down(double a, double b) {
    const double q = a / b;
    if (std::isnan(q)) return -infinity;
    if (a == 0 || std::isinf(a) || (std::isinf(b) && q == 0)) return q;
    return std::fabs(q) > 1e-290 && std::isfinite(q) && std::fma(q, b, -a) == 0 ? q : down(q);
}

Interval divide(const Interval& a, const Interval& b) {
    const bool fails = a.may_fail || b.may_fail || (a.contains(0) && b.contains(0)) || (unbounded(a) && unbounded(b));
    if (b.lower == 0 && b.upper == 0) return {-infinity, infinity, fails};
    if (b.lower < 0 && b.upper > 0) return {-infinity, infinity, fails};
    if (b.upper <= 0) return divide(negate({a.lower, a.upper, fails}), negate(b));
    if (b.lower == 0) {  // a zero at the lower end counts as +0
        const double lower = a.lower > 0 ? divide_down(a.lower, b.upper) : a.lower == 0 ? 0 : -infinity;
        const double upper = a.upper < 0 ? -divide_down(-a.upper, b.upper) : a.upper == 0 ? 0 : infinity;
        // 0/0 is no value, but c/0 is infinite for the others.
        return {lower, upper, fails};
    }
    Interval result{infinity, -infinity, fails};
    for (const double x : {a.lower, a.upper})
        for (const double y : {b.lower, b.upper}) {
            result.lower = std::min(result.lower, divide_down(x, y));
            result.upper = std::max(result.upper, -divide_down(-x, y));
        }
    return result;
}

/// A function that rises on [from, to] and has no value outside.
struct Rising {
    double from = -infinity, to = infinity;      ///< domain
    double least = -infinity, greatest = infinity;  ///< range, which rounding outward does not leave
};

Interval rising(Op op, const Interval& a, const Rising& shape) {
    const double lower = std::max(a.lower, shape.from), upper = std::min(a.upper, shape.to);
    if (!(lower <= upper)) return nowhere();
    const bool fails = a.may_fail || a.lower < shape.from || a.upper > shape.to;
    const auto value = [&](double x, int direction) {
        const double y = apply(op, x);
        if (y == 0 && x == 0) return 0.;
        return direction < 0 ? down(y, library_error) : up(y, library_error);
    };
    Interval result = clamped({value(lower, -1), value(upper, 1), fails}, shape.least, shape.greatest);
    if (std::isnan(result.lower)) result.lower = shape.least;
    if (std::isnan(result.upper)) result.upper = shape.greatest;
    return result;
}

Interval absolute(const Interval& a) {
    if (a.lower >= 0) return a;
    if (a.upper <= 0) return negate(a);
    return {0, std::max(-a.lower, a.upper), a.may_fail};
}

// x^n for whole n, by repeated squaring: a relative error below n units in the last place.
Interval whole_power(const Interval& a, int n) {
    if (n == 0) return {1, 1, a.may_fail};
    if (n < 0) {
        const Interval one{1, 1};
        return divide(one, whole_power(a, -n));
    }
    const bool even = n % 2 == 0;
    const Interval x = even ? absolute(a) : a;
    const auto bound = [&](double v, int direction) {
        const double p = integer_power(v, n);
        if (p == 0 && v == 0) return 0.;
        if (std::fabs(v) == 1) return p;
        const double slack = n <= 3 ? 0 : std::fabs(p) * n * 2.3e-16;
        const double moved = std::isfinite(p) ? p + direction * slack : p;
        return direction < 0 ? down(moved, 2) : up(moved, 2);
    };
    return clamped({bound(x.lower, -1), bound(x.upper, 1), a.may_fail}, even ? 0 : -infinity, infinity);
}

// a >= 0: x^y = exp(y log x) has its extremes at the corners.
Interval corner_power(const Interval& a, const Interval& b) {
    Interval result{infinity, -infinity, a.may_fail || b.may_fail};
    for (const double x : {a.lower, a.upper})
        for (const double y : {b.lower, b.upper}) {
            const double p = std::pow(x == 0 ? 0. : x, y);
            const bool exact = p == 0 || p == 1 || std::isinf(p);
            result.lower = std::min(result.lower, exact ? (std::isinf(p) && !std::isinf(x) && x != 0 ? down(p) : p) : down(p, library_error));
            result.upper = std::max(result.upper, p == 0 && x != 0 && !std::isinf(y) ? up(p) : exact ? p : up(p, library_error));
        }
    return clamped(result, 0, infinity);
}

Interval power(const Interval& a, const Interval& b) {
    if (a.lower >= 0) return corner_power(a, b);
    const bool whole = b.lower == b.upper && b.lower == std::nearbyint(b.lower) && std::fabs(b.lower) < 1e9;
    if (whole) {
        // pow itself is within its library error of the true power, so its rounding is not that of repeated squaring.
        const Interval size = corner_power(absolute(a), b);
        if (std::fmod(b.lower, 2) == 0) return size;
        if (a.upper <= 0) return negate(size);
        if (b.lower < 0) return {-infinity, infinity, size.may_fail};
        const Interval minus = corner_power({0, -a.lower}, b), plus = corner_power({0, a.upper}, b);
        return {-minus.upper, plus.upper, size.may_fail};
    }
    const Interval size = corner_power(absolute(a), b);
    return {-size.upper, size.upper, true};
}

// Whether some phase + k*period lies in [lower, upper], in doubt yes.
bool meets(const Interval& a, double phase, double period) {
    const double slack = 1e-9 + std::max(std::fabs(a.lower), std::fabs(a.upper)) * 1e-14;
    return std::floor((a.upper + slack - phase) / period) >= std::ceil((a.lower - slack - phase) / period);
}

Interval wave(Op op, const Interval& a) {
    constexpr double pi = std::numbers::pi;
    const bool fails = a.may_fail || unbounded(a);
    if (fails || a.upper - a.lower >= 2 * pi || std::max(-a.lower, a.upper) > 1e9) return {-1, 1, fails};
    const double crest = op == Op::sin ? pi / 2 : 0;
    const double l = apply(op, a.lower), u = apply(op, a.upper);
    const double lower = meets(a, crest + pi, 2 * pi) ? -1 : down(std::min(l, u), library_error);
    const double upper = meets(a, crest, 2 * pi) ? 1 : up(std::max(l, u), library_error);
    return clamped({lower, upper, fails}, -1, 1);
}

Interval tangent(const Interval& a) {
    constexpr double pi = std::numbers::pi;
    if (unbounded(a) || std::max(-a.lower, a.upper) > 1e9 || meets(a, pi / 2, pi)) return {-infinity, infinity, a.may_fail || unbounded(a)};
    return rising(Op::tan, a, {});
}

Interval angle(const Interval& y, const Interval& x) {
    const bool fails = y.may_fail || x.may_fail;
    const double pi = up(std::numbers::pi, library_error);
    if (x.lower <= 0 && y.lower <= 0 && y.upper >= 0) return {-pi, pi, fails};  // the cut, and both zeros beside it
    Interval result{infinity, -infinity, fails};
    for (const double b : {y.lower, y.upper})
        for (const double a : {x.lower, x.upper}) {
            const double value = std::atan2(b, a);
            result.lower = std::min(result.lower, down(value, library_error));
            result.upper = std::max(result.upper, up(value, library_error));
        }
    // Infinite corners jump between multiples of pi/4.
    return unbounded(x) || unbounded(y) ? Interval{-pi, pi, fails} : result;
}

Interval truth(bool can_be_true, bool can_be_false, bool fails) {
    return {can_be_false ? 0. : 1., can_be_true ? 1. : 0., fails};
}

Interval compare(Op op, const Interval& a, const Interval& b) {
    const bool fails = a.may_fail || b.may_fail;
    const bool same = a.lower == a.upper && b.lower == b.upper && a.lower == b.lower;
    const bool apart = a.upper < b.lower || b.upper < a.lower;
    switch (op) {
        case Op::less: return truth(a.lower < b.upper, a.upper >= b.lower, fails);
        case Op::less_equal: return truth(a.lower <= b.upper, a.upper > b.lower, fails);
        case Op::greater: return compare(Op::less, b, a);
        case Op::greater_equal: return compare(Op::less_equal, b, a);
        case Op::equal: return truth(!apart, !same, fails);
        default: return truth(!same, !apart, fails);
    }
}

Interval choose(const Interval& condition, const Interval& then, const Interval& otherwise) {
    Interval result;
    if (!condition.contains(0)) result = then;
    else if (condition.lower == 0 && condition.upper == 0) result = otherwise;
    else result = hull(then, otherwise);
    result.may_fail = result.may_fail || condition.may_fail;
    return result;
}

Interval unary(Op op, const Interval& a) {
    constexpr double tiny_pi = std::numbers::pi;
    switch (op) {
        case Op::negate: return negate(a);
        case Op::square: return whole_power(a, 2);
        case Op::cube: return whole_power(a, 3);
        case Op::sqrt: return rising(op, a, {0, infinity, 0, infinity});
        case Op::inverse: return divide({1, 1}, a);
        case Op::abs: return absolute(a);
        case Op::sign: return {apply(op, a.lower), apply(op, a.upper), a.may_fail};
        case Op::step: return {apply(op, a.lower), apply(op, a.upper), a.may_fail};
        case Op::floor: return {std::floor(a.lower), std::floor(a.upper), a.may_fail};
        case Op::relu: return {std::max(a.lower, 0.), std::max(a.upper, 0.), a.may_fail};
        case Op::exp: return rising(op, a, {-infinity, infinity, 0, infinity});
        case Op::expm1: return rising(op, a, {-infinity, infinity, -1, infinity});
        case Op::log:
        case Op::log2:
        case Op::log10: return rising(op, a, {0});
        case Op::log1p: return rising(op, a, {-1});
        case Op::sin:
        case Op::cos: return wave(op, a);
        case Op::tan: return tangent(a);
        case Op::asin: return rising(op, a, {-1, 1, -up(tiny_pi / 2), up(tiny_pi / 2)});
        case Op::acos: {
            const auto side = rising(Op::asin, a, {-1, 1, -up(tiny_pi / 2), up(tiny_pi / 2)});
            if (empty(side)) return side;
            const double l = std::acos(std::min(a.upper, 1.)), u = std::acos(std::max(a.lower, -1.));
            return clamped({down(l, library_error), up(u, library_error), side.may_fail}, 0, up(tiny_pi));
        }
        case Op::cosh: return rising(op, absolute(a), {0, infinity, 1, infinity});
        case Op::tanh:
        case Op::erf: return rising(op, a, {-infinity, infinity, -1, 1});
        case Op::acosh: return rising(op, a, {1, infinity, 0, infinity});
        case Op::atanh: return rising(op, a, {-1, 1});
        case Op::gauss: return unary(Op::exp, negate(multiply(absolute(a), absolute(a))));
        case Op::logistic: return clamped(unary(Op::inverse, add({1, 1}, unary(Op::exp, negate(a)))), 0, 1);
        default: return rising(op, a, {});  // cbrt, sinh, atan, asinh
    }
}

Interval binary(Op op, const Interval& a, const Interval& b) {
    const bool fails = a.may_fail || b.may_fail;
    switch (op) {
        case Op::add: return add(a, b);
        case Op::subtract: return add(a, negate(b));
        case Op::multiply: return multiply(a, b);
        case Op::divide: return divide(a, b);
        case Op::power: return power(a, b);
        case Op::min: return {std::min(a.lower, b.lower), std::min(a.upper, b.upper), fails};
        case Op::max: return {std::max(a.lower, b.lower), std::max(a.upper, b.upper), fails};
        case Op::atan2: return angle(a, b);
        case Op::hypot: {
            const auto x = absolute(a), y = absolute(b);
            return clamped({down(std::hypot(x.lower, y.lower), library_error), up(std::hypot(x.upper, y.upper), library_error), fails}, 0, infinity);
        }
        default: assert(is_comparison(op)); return compare(op, a, b);
    }
}

Interval fold(Op op, std::span<const Interval> operands, Interval start) {
    for (std::size_t i = 0; i < operands.size(); ++i) start = i == 0 ? operands[0] : binary(op, start, operands[i]);
    return start;
}

// sum_i p[first + i]*x_i + p[first + n]
Interval linear(std::span<const Interval> x, std::span<const double> parameters, std::size_t first) {
    Interval sum{parameters[first + x.size()], parameters[first + x.size()]};
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (empty(x[i])) return nowhere();
        sum = add(sum, multiply({parameters[first + i], parameters[first + i]}, x[i]));
    }
    return sum;
}

}  // namespace

Interval apply(Op op, std::span<const Interval> operands, int index) {
    if (op == Op::pi) return {std::numbers::pi, std::numbers::pi};
    if (op == Op::euler) return {std::numbers::e, std::numbers::e};
    if (op == Op::call || op == Op::hole || operands.empty()) return {-infinity, infinity, true};
    if (op == Op::conditional) return empty(operands[0]) ? nowhere() : choose(operands[0], operands[1], operands[2]);
    for (const auto& operand : operands)
        if (empty(operand)) return nowhere();
    if (op == Op::choose) {  // any of the values
        Interval hull = operands[1];
        for (const auto& value : operands.subspan(2))
            hull = {std::min(hull.lower, value.lower), std::max(hull.upper, value.upper), hull.may_fail || value.may_fail};
        return hull;
    }
    if (op == Op::sum) return fold(Op::add, operands, {0, 0});
    if (op == Op::product) return fold(Op::multiply, operands, {1, 1});
    if (op == Op::integer_power) return whole_power(operands[0], index);
    return operands.size() == 1 ? unary(op, operands[0]) : binary(op, operands[0], operands[1]);
}

std::vector<Interval> intervals(const Graph& graph, std::span<const double> parameters, std::span<const Interval> features) {
    std::vector<Interval> result;
    result.reserve(graph.nodes().size());
    std::vector<Interval> operands;
    for (std::uint32_t i = 0; i < graph.nodes().size(); ++i) {
        const auto& node = graph.nodes()[i];
        const auto index = static_cast<std::size_t>(node.index);
        operands.clear();
        for (const auto operand : graph.operands(i)) operands.push_back(result[operand]);
        if (node.op == Op::parameter) result.push_back({parameters[index], parameters[index], std::isnan(parameters[index])});
        else if (node.op == Op::feature || node.op == Op::category) result.push_back(index < features.size() ? features[index] : Interval{});
        else if (node.op == Op::linear) result.push_back(linear(operands, parameters, index));
        else result.push_back(apply(node.op, operands, node.index));
    }
    return result;
}

}  // namespace balmer
