#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "expression/evaluate/random_formulas.hpp"

namespace balmer {
namespace {

using testing::same;


// Largest error in units of the last place, float against the double reference, double against the C library (whose own error of
// up to 1 for the rarer functions is included). docs/evaluation.md states these numbers.
struct Bound {
    double in_float, in_double;
};
Bound bound(Op op) {
    switch (op) {
        case Op::add: case Op::subtract: case Op::multiply: case Op::divide: case Op::negate: case Op::square: case Op::sqrt:
        case Op::inverse: case Op::abs: case Op::sign: case Op::relu: case Op::step: case Op::floor: case Op::min: case Op::max:
        case Op::less: case Op::less_equal: case Op::greater: case Op::greater_equal: case Op::equal: case Op::not_equal:
        case Op::conditional: return {.5, 0};
        case Op::cube: return {1.5, 0};
        case Op::integer_power: return {.51, 0};
        case Op::exp: case Op::log: return {2, 1};
        case Op::sin: case Op::cos: return {3.5, 2};
        case Op::tanh: case Op::logistic: return {3, 3};
        case Op::cbrt: return {.51, 4};
        default: return {.51, 2.5};
    }
}

template <class Real>
double ulps(Real value, double exact) {
    const Real near = static_cast<Real>(exact);
    if (std::isnan(near) || std::isnan(value)) return std::isnan(near) == std::isnan(value) ? 0 : INFINITY;
    if (std::isinf(near) || std::isinf(value)) {
        // Rounding at the edge of the range may go either way.
        constexpr Real edge = std::numeric_limits<Real>::max();
        return near == value || (std::min(std::fabs(near), std::fabs(value)) >= edge * Real(.9999) && std::signbit(near) == std::signbit(value))
                   ? 0
                   : INFINITY;
    }
    const Real size = std::max(std::fabs(near), std::numeric_limits<Real>::min());
    const double unit = std::ldexp(1.0, std::ilogb(size) - std::numeric_limits<Real>::digits + 1);
    return std::fabs(static_cast<double>(value) - exact) / unit;
}

std::vector<double> arguments(std::mt19937_64& random, double largest) {
    std::vector<double> result = {0.0, -0.0, 1, -1, .5, -.5, 2, -2, 3, INFINITY, -INFINITY, std::nan(""), 1e-40, -1e-40, 1e-30, 89, -89, 104, -104,
                                  709.5, -709.5, -745, 8388607.5, 1e10, -1e10, .625, 1.5707963267948966, 3.14159265358979};
    for (int i = 0; i < 3000; ++i) {
        const double size = std::pow(10, std::uniform_real_distribution<>(-6, 3)(random));
        result.push_back(std::uniform_real_distribution<>(-1, 1)(random) * size);
        result.push_back(std::uniform_real_distribution<>(-3, 3)(random));
        result.push_back(std::pow(largest, std::uniform_real_distribution<>(-1, 1)(random)));
    }
    return result;
}

template <class Real>
void check_operator(Op op, InstructionSet set) {
    std::mt19937_64 random(7);
    const int arity = info(op).arity;
    std::vector<std::vector<Real>> columns(3);
    for (int k = 0; k < 3; ++k) {
        auto drawn = arguments(random, sizeof(Real) == 4 ? 1e30 : 1e250);
        if (k > 0) std::shuffle(drawn.begin(), drawn.end(), random);
        for (const double x : drawn) columns[k].push_back(static_cast<Real>(x));
    }
    std::vector<const Real*> pointers;
    std::vector<Expression> operands;
    for (int k = 0; k < 3; ++k) pointers.push_back(columns[k].data());
    for (int k = 0; k < arity; ++k) operands.push_back(Expression::feature(k));
    for (const int exponent : op == Op::integer_power ? std::vector<int>{-7, -2, 4, 9} : std::vector<int>{0}) {
        const Program program(Expression::apply(op, operands, exponent));
        const auto value = testing::run<Real>(program, {}, {pointers, columns[0].size(), 0}, set)[0];
        double worst = 0;
        for (std::size_t i = 0; i < value.size(); ++i) {
            const double a = columns[0][i], b = columns[1][i], c = columns[2][i];
            const double exact = op == Op::integer_power ? integer_power(a, exponent) : apply(op, a, b, c);
            const double error = ulps(value[i], exact);
            const double allowed = sizeof(Real) == 4 ? bound(op).in_float : bound(op).in_double;
            ASSERT_LE(error, allowed) << info(op).name << "(" << a << ", " << b << ", " << c << ") = " << value[i] << ", expected " << exact;
            worst = std::max(worst, error);
        }
        ::testing::Test::RecordProperty(std::string("ulp_") + std::string(info(op).name), std::to_string(worst));
    }
}

class EveryOperator : public ::testing::TestWithParam<Op> {};
INSTANTIATE_TEST_SUITE_P(Evaluate, EveryOperator, ::testing::ValuesIn(testing::fixed_arity_operators()),
                         [](const auto& parameter) { return "op" + std::to_string(static_cast<int>(parameter.param)); });

TEST_P(EveryOperator, DoubleMatchesTheReference) { check_operator<double>(GetParam(), InstructionSet::automatic); }
TEST_P(EveryOperator, FloatMatchesTheReference) { check_operator<float>(GetParam(), InstructionSet::automatic); }
TEST_P(EveryOperator, BaselineMatchesTheReference) {
    check_operator<double>(GetParam(), InstructionSet::baseline);
    check_operator<float>(GetParam(), InstructionSet::baseline);
}
TEST_P(EveryOperator, Avx2MatchesTheReference) {
    if (best_instruction_set() < InstructionSet::avx2) GTEST_SKIP() << "this processor has no AVX2";
    check_operator<double>(GetParam(), InstructionSet::avx2);
    check_operator<float>(GetParam(), InstructionSet::avx2);
}

// Where x lies next to a multiple of pi/2, sine or cosine is what the reduction of x leaves.
template <class Real>
void check_waves_near_zeros(InstructionSet set) {
    if (best_instruction_set() < set) return;
    std::vector<Real> x;
    for (double n = 1; n < 1e9; n = std::ceil(n * 1.003)) x.push_back(static_cast<Real>(n * 1.5707963267948966));
    const Real* const column = x.data();
    for (const Op op : {Op::sin, Op::cos}) {
        const Program program(Expression::apply(op, Expression::feature(0)));
        const auto value = testing::run<Real>(program, {}, {std::span(&column, 1), x.size(), 0}, set)[0];
        for (std::size_t i = 0; i < x.size(); ++i)
            ASSERT_LE(ulps(value[i], apply(op, x[i], 0, 0)), sizeof(Real) == 4 ? bound(op).in_float : bound(op).in_double)
                << info(op).name << "(" << x[i] << ")";
    }
}
TEST(Evaluate, SineAndCosineNearTheirZeros) {
    for (const auto set : {InstructionSet::baseline, InstructionSet::avx2, InstructionSet::avx512}) {
        check_waves_near_zeros<float>(set);
        check_waves_near_zeros<double>(set);
    }
}

}  // namespace
}  // namespace balmer
