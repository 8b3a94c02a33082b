// Signs as people write them.
#include <gtest/gtest.h>

#include "balmer/random.hpp"

#include "balmer/complexity.hpp"
#include "balmer/evaluate.hpp"
#include "balmer/simplify.hpp"
#include "expression/random_expression.hpp"

namespace balmer {
namespace {

TEST(Tidied, WritesDifferences) {
    const Vocabulary words{.features = {"x", "y"}, .parameters = {}, .definitions = {}, .holes = {}};
    const auto tidy = [&](const char* text) { return print(tidied(parse(text, words)), words); };
    EXPECT_EQ(tidy("x + -2"), "x - 2");
    EXPECT_EQ(tidy("x - -2"), "x + 2");
    EXPECT_EQ(tidy("-2*x + y"), "y - 2*x");
    EXPECT_EQ(tidy("x + -2*y/x"), "x - 2*y/x");
    EXPECT_EQ(tidy("x - -0.5*y*x"), "x + 0.5*y*x");
    EXPECT_EQ(tidy("-2 + x*y"), "x*y - 2");
    EXPECT_EQ(tidy("sin(-2*x + y)*-3"), "-3*sin(y - 2*x)");
    EXPECT_EQ(tidy("-2*x + -3*y"), "-2*x - 3*y");
    EXPECT_EQ(tidy("-2*x - y"), "-2*x - y");
    EXPECT_EQ(tidy("2 + x"), "x + 2");
    EXPECT_EQ(tidy("x*y*3 + (4 + x)"), "3*(x*y) + (x + 4)");
}

TEST(Tidied, KeepsEveryBitAndTheSize) {
    RandomStream random(3);
    const ComplexityMeasure tree;
    for (int trial = 0; trial < 3000; ++trial) {
        const Expression e = testing::random_expression(random, testing::every_operator(), 25);
        const Expression t = tidied(e);
        EXPECT_EQ(tree(t), tree(e));
        const double x[] = {0.7, -1.3, 2.1, 0.4};
        const Graph before = to_graph(e), after = to_graph(t);
        const auto a = evaluate_row(before, before.values(), x), b = evaluate_row(after, after.values(), x);
        EXPECT_TRUE(a[0] == b[0] || (std::isnan(a[0]) && std::isnan(b[0]))) << trial;
    }
}

}  // namespace
}  // namespace balmer
