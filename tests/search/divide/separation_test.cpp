// Sets of variables that stand apart, and the smaller problem once one of them is known.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "search/divide/formula.hpp"
#include "search/divide/sample_problem.hpp"

namespace balmer::divide {
namespace {

struct Apart {
    Law law;
    Scale scale;
    const char* first;        ///< the first set's function, its constants a little off
    const char* rest;         ///< of the other two variables, up to a constant
};

class Separations : public testing::TestWithParam<Apart> {};

TEST_P(Separations, LeaveTheRestExactly) {
    const auto& apart = GetParam();
    const auto problem = sample_problem(apart.law, 900);
    const DivideOptions options;
    Tree tree(problem, options, all_rows(problem));
    const auto found = tree.separations(0);
    const auto is_first = [&](const Separation& s) { return s.scale == apart.scale && s.group == std::vector<std::size_t>{0, 1}; };
    const auto separation = std::ranges::find_if(found, is_first);
    ASSERT_NE(separation, found.end()) << apart.law.formula;
    const auto step = separation_step(tree[0].part, *separation, in(apart.first, {"a", "b"}));
    ASSERT_TRUE(step);
    EXPECT_EQ(step->tolerance, 0) << "the constants are short";
    const auto part = smaller(tree[0].part, *step, {.operators = problem.operators});
    ASSERT_TRUE(part);
    ASSERT_EQ(part->variables(), 2u);
    const auto wanted = values_of(in(apart.rest, {"c", "d"}), part->columns);
    for (std::size_t i = 1; i < wanted.size(); i += 50) {
        const double same = apart.scale == Scale::logarithm ? part->target[i] / wanted[i] * wanted[0] / part->target[0] : 1 + part->target[i] - wanted[i] - part->target[0] + wanted[0];
        EXPECT_NEAR(same, 1, 1e-9) << apart.law.formula;
    }
    EXPECT_FALSE(tree.adopt(0, *step).empty());
}

INSTANTIATE_TEST_SUITE_P(Laws, Separations,
                         testing::Values(Apart{{"exp(a*b)/2 + sin(c)*sqrt(d + c)", {"a", "b", "c", "d"}, 0.5, 1.5}, Scale::plain, "0.5003*exp(0.9996*a*b)", "sin(c)*sqrt(d + c)"},
                                         Apart{{"sin(a*b)*exp(sin(c*d))", {"a", "b", "c", "d"}, 0.5, 1.5}, Scale::logarithm, "sin(0.9997*a*b)", "exp(sin(c*d))"},
                                         Apart{{"1/(exp(a*b) + sqrt(c + 3*d))", {"a", "b", "c", "d"}, 0.5, 1.5}, Scale::inverse, "0.9999*exp(1.0001*a*b)", "sqrt(c + 3*d)"},
                                         Apart{{"sqrt(exp(a*b) + sqrt(c + 3*d))", {"a", "b", "c", "d"}, 0.5, 1.5}, Scale::square, "0.9999*exp(1.0001*a*b)", "sqrt(c + 3*d)"},
                                         Apart{{"-(exp(a*b) + sqrt(c + 3*d))^2", {"a", "b", "c", "d"}, 0.5, 1.5}, Scale::root, "0.9999*exp(1.0001*a*b)", "sqrt(c + 3*d)"},
                                         Apart{{"1/(exp(a*b) + sqrt(c + 3*d))^2", {"a", "b", "c", "d"}, 0.5, 1.5}, Scale::inverse_root, "0.9999*exp(1.0001*a*b)", "sqrt(c + 3*d)"}));

TEST(Mixing, IsNoSeparation) {
    const auto problem = sample_problem({"exp(a*b) + sin(b*c)*d", {"a", "b", "c", "d"}, 0.5, 1.5}, 900);
    const DivideOptions options;
    Tree tree(problem, options, all_rows(problem));
    for (const auto& separation : tree.separations(0)) EXPECT_NE(separation.scale, Scale::plain);
}

}  // namespace
}  // namespace balmer::divide
