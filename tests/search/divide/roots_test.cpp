// Roots of both signs: a target that is a square shows what it is the square of, up to one sign of all rows.
#include <gtest/gtest.h>

#include <cmath>

#include "search/divide/formula.hpp"
#include "search/divide/sample_problem.hpp"

namespace balmer::divide {
namespace {

struct Square {
    const char* target;
    const char* root;
    std::vector<std::string> variables;
    double low, high;
};

class Roots : public testing::TestWithParam<Square> {};

TEST_P(Roots, HaveTheSignsOfWhatWasSquared) {
    const auto& law = GetParam();
    const auto problem = sample_problem({law.target, law.variables, law.low, law.high}, 900);
    const DivideOptions options;
    Tree tree(problem, options, all_rows(problem));
    const Part& part = tree[0].part;
    Meter meter;
    const auto steps = root_steps(part, meter);
    ASSERT_FALSE(steps.empty());
    const auto left = smaller(part, steps[0], {.operators = problem.operators});
    ASSERT_TRUE(left);
    EXPECT_TRUE(left->signs_guessed);
    ASSERT_GE(left->target.size(), 540u) << "most rows have a sure sign";
    ASSERT_EQ(left->columns[0].size(), left->target.size());
    const auto wanted = values_of(parse(law.root, problem.vocabulary()), left->columns);
    std::size_t same = 0, opposite = 0, negative = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        EXPECT_NEAR(std::fabs(left->target[i] / wanted[i]), 1, 1e-9);
        (left->target[i] * wanted[i] > 0 ? same : opposite) += 1;
        negative += wanted[i] < 0;
    }
    ASSERT_GT(std::min(negative, wanted.size() - negative), 20u) << "the law has both signs";
    EXPECT_LE(100 * std::min(same, opposite), wanted.size()) << "at most a hundredth of the signs is wrong";
    auto columns = left->columns;
    columns.push_back(left->target);
    const auto back = values_of(steps[0].wrap, columns);
    const auto target = values_of(parse(law.target, problem.vocabulary()), left->columns);
    for (std::size_t i = 0; i < back.size(); i += 50) EXPECT_NEAR(back[i] / target[i], 1, 1e-9);
}

INSTANTIATE_TEST_SUITE_P(Laws, Roots,
                         testing::Values(Square{"(a*sin(a) + sin(b)*b*c)^2", "a*sin(a) + sin(b)*b*c", {"a", "b", "c"}, 1, 5},
                                         Square{"-(a^3 - b - c)^2", "a^3 - b - c", {"a", "b", "c"}, 1, 3},
                                         Square{"1/(a - b*cos(c))^2", "a - b*cos(c)", {"a", "b", "c"}, 0.5, 2.5},
                                         // Factors of many decades leave the signs to see.
                                         Square{"exp(d^2)*e*(a - (b - cos(a))^2)^2", "exp(d^2/2)*sqrt(e)*(a - (b - cos(a))^2)", {"a", "b", "d", "e"}, 1, 3}));

TEST(Root, IsNotTakenWhereSquaresTellNothingMore) {
    const DivideOptions options;
    for (const char* law : {"(a + b*c)^2", "(a - b)*c", "exp(a - b)", "sin(a)^2 + b"}) {
        const auto problem = sample_problem({law, {"a", "b", "c"}, 0.5, 2.5}, 600);
        Tree tree(problem, options, all_rows(problem));
        Meter meter;
        EXPECT_TRUE(root_steps(tree[0].part, meter).empty()) << law;
    }
}

// A wrong sign in any row would keep the error of the smallest problem large.
TEST(Root, WrongSignsGoWithTheReductionsBelow) {
    const auto problem = sample_problem({"(a^2 + cos(d)^3*b*c)^2", {"a", "b", "c", "d"}, 1, 5}, 900);
    const DivideOptions options;
    Tree tree(problem, options, all_rows(problem));
    (void)tree.descend(0);
    const auto& last = tree[tree.size() - 1].part;
    ASSERT_EQ(last.variables(), 2u);
    EXPECT_LT(tree[tree.size() - 1].error, 1e-7);
}

}  // namespace
}  // namespace balmer::divide
