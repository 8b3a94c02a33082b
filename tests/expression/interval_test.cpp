#include "balmer/interval.hpp"

#include <gtest/gtest.h>

#include <numbers>

#include "expression/random_expression.hpp"

using namespace balmer;
using namespace balmer::testing;

namespace {


Interval of(Op op, Interval a) { return balmer::apply(op, std::vector{a}); }
Interval of(Op op, Interval a, Interval b) { return balmer::apply(op, std::vector{a, b}); }

// Boxes of many sizes, with whole ends, zeros and infinities.
Interval random_box(RandomStream& random) {
    const double scale = std::pow(10., static_cast<double>(random.below(7)) - 3);
    double a = random.uniform(-scale, scale), b = random.uniform(-scale, scale);
    if (random.chance(.2)) a = std::nearbyint(a);
    if (random.chance(.2)) b = std::nearbyint(b);
    if (random.chance(.1)) b = a;
    if (random.chance(.05)) b = std::numeric_limits<double>::infinity();
    if (random.chance(.05)) a = -std::numeric_limits<double>::infinity();
    return {std::min(a, b) + 0., std::max(a, b) + 0.};
}

double any_point(RandomStream& random, const Interval& box) {
    if (random.chance(.15)) return box.lower;
    if (random.chance(.15)) return box.upper;
    if (box.contains(0) && random.chance(.1)) return 0;
    const double low = std::max(box.lower, -1e4), high = std::min(box.upper, 1e4);
    return low < high ? std::min(std::max(random.uniform(low, high), box.lower), box.upper) : box.lower;
}

// A zero at an end has the sign of its side.
double random_point(RandomStream& random, const Interval& box) {
    const double x = any_point(random, box);
    return x == 0 && box.upper == 0 && box.lower < 0 ? -0. : x;
}

}  // namespace

TEST(Interval, EveryOperatorEnclosesItsValues) {
    for (const auto& row : operator_table()) {
        if (row.arity < 1) continue;
        RandomStream random(21, static_cast<std::uint64_t>(row.op));
        for (int k = 0; k < 3000; ++k) {
            std::vector<Interval> boxes;
            for (int i = 0; i < row.arity; ++i) boxes.push_back(random_box(random));
            const int exponent = row.op == Op::integer_power ? static_cast<int>(random.below(13)) - 6 : 0;
            const auto range = balmer::apply(row.op, boxes, exponent);
            for (int point = 0; point < 12; ++point) {
                double x[3] = {};
                for (std::size_t i = 0; i < boxes.size(); ++i) x[i] = random_point(random, boxes[i]);
                const double value = row.op == Op::integer_power ? integer_power(x[0], exponent) : apply(row.op, x[0], x[1], x[2]);
                const bool enclosed = std::isnan(value) ? range.may_fail : range.contains(value);
                ASSERT_TRUE(enclosed) << row.name << " seed 21: " << value << " at " << x[0] << " " << x[1] << " outside [" << range.lower
                                      << ", " << range.upper << "] " << range.may_fail << " of [" << boxes[0].lower << ", "
                                      << boxes[0].upper << "] [" << boxes.back().lower << ", " << boxes.back().upper << "] " << exponent;
            }
        }
    }
}

TEST(Interval, RandomFormulasStayInTheirRange) {
    RandomStream random(22);
    for (int k = 0; k < 3000; ++k) {
        const auto formula = random_expression(random, every_operator(), 2 + static_cast<int>(random.below(20)));
        std::vector<Interval> box;
        for (int i = 0; i < 3; ++i) {
            const double a = random.uniform(-3, 3);
            box.push_back({a, a + random.uniform(0, 3)});
        }
        const auto graph = to_graph(formula);
        const auto ranges = intervals(graph, graph.values(), box);
        const auto range = ranges[graph.roots()[0]];
        for (int point = 0; point < 10; ++point) {
            double x[3];
            for (std::size_t i = 0; i < 3; ++i) x[i] = random.uniform(box[i].lower, box[i].upper);
            const double value = value_at(formula, x);
            // Zeros of either sign inside formulas are out of the promise: 1/-0.
            if (std::isinf(value)) continue;
            bool divides_by_zero = false;
            for (std::size_t at = 0; at < formula.size(); ++at) divides_by_zero |= std::isinf(value_at(formula.subtree(at), x));
            if (divides_by_zero) continue;
            ASSERT_TRUE(std::isnan(value) ? range.may_fail : range.contains(value))
                << "seed 22: " << print(formula, Vocabulary{{"x", "y", "z"}, {}, {}, {}}) << " = " << value << " not in [" << range.lower
                << ", " << range.upper << "]";
        }
    }
}

TEST(Interval, IsTight) {
    EXPECT_EQ(of(Op::add, {1, 2}, {3, 4}), (Interval{4, 6}));
    EXPECT_EQ(of(Op::multiply, {-1, 2}, {3, 4}), (Interval{-4, 8}));
    EXPECT_EQ(of(Op::square, {-2, 1}).lower, 0);
    EXPECT_NEAR(of(Op::sin, {0, 1}).upper, std::sin(1.), 1e-15);
    EXPECT_EQ(of(Op::sin, {0, 2}).upper, 1);
    EXPECT_GT(of(Op::cos, {-1, 1}).lower, .5);
    EXPECT_EQ(of(Op::cosh, {-1, 1}).lower, 1);
    EXPECT_GT(of(Op::gauss, {0, 1}).lower, .36);
    EXPECT_EQ(of(Op::divide, {1, 1}, {0, 1}).lower, 1);
    EXPECT_EQ(of(Op::tan, {-1, 1}).may_fail, false);
    EXPECT_LT(of(Op::tan, {-1, 1}).upper, 2);
    EXPECT_EQ(of(Op::tan, {1, 2}).upper, std::numeric_limits<double>::infinity());
    EXPECT_EQ(of(Op::less, {0, 1}, {2, 3}), (Interval{1, 1}));
    EXPECT_LT(of(Op::atan2, {1, 2}, {1, 2}).upper, 1.2);
}

TEST(Interval, SaysWhereItMayFail) {
    EXPECT_TRUE(of(Op::sqrt, {-1, 1}).may_fail);
    EXPECT_FALSE(of(Op::sqrt, {0, 1}).may_fail);
    EXPECT_TRUE(of(Op::divide, {-1, 1}, {-1, 1}).may_fail);
    EXPECT_FALSE(of(Op::divide, {1, 2}, {1, 2}).may_fail);
    EXPECT_TRUE(of(Op::power, {-1, 1}, {.5, .5}).may_fail);
    EXPECT_FALSE(of(Op::power, {-1, 1}, {3, 3}).may_fail);
    const auto nothing = of(Op::log, {-2, -1});
    EXPECT_TRUE(nothing.may_fail && nothing.lower > nothing.upper);
    EXPECT_TRUE(of(Op::exp, nothing).lower > of(Op::exp, nothing).upper);
    const auto guarded = balmer::apply(Op::conditional, std::vector{Interval{1, 1}, Interval{2, 3}, nothing});
    EXPECT_EQ(guarded, (Interval{2, 3}));
}
