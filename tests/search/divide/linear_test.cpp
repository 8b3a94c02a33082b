// A variable that stands once: what stands beside it is told by polynomials, and with it the rest is exact with a variable less.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "search/divide/formula.hpp"
#include "search/divide/linear.hpp"
#include "search/divide/sample_problem.hpp"

namespace balmer::divide {
namespace {

struct Once {
    const char* law;          ///< in a, b, c; a stands once
    Scale scale;
    Known known;
    const char* near;         ///< what is known, in b and c, its constants a little off
    const char* rest;         ///< what is left, in b and c
};

class Linear : public testing::TestWithParam<Once> {};

const std::vector<std::string> names = {"a", "b", "c"};

TEST_P(Linear, LeavesTheRestExactly) {
    const auto& once = GetParam();
    const auto problem = sample_problem({once.law, names, 0.5, 2.5}, 900);
    const DivideOptions options;
    Tree tree(problem, options, all_rows(problem));
    const auto forms = tree.linear_forms(0);
    const auto is_meant = [&](const LinearForm& f) { return f.scale == once.scale && f.variable == 0 && print(f.u, problem.vocabulary()) == "a"; };
    const auto form = std::ranges::find_if(forms, is_meant);
    ASSERT_NE(form, forms.end()) << once.law;
    const Part& of_known = once.known == Known::p ? form->p : once.known == Known::q ? form->q : form->ratio;
    ASSERT_EQ(of_known.variables(), 2u);
    const auto step = linear_step(tree[0].part, *form, once.known, in(once.near, {"b", "c"}));
    ASSERT_TRUE(step);
    EXPECT_EQ(step->tolerance, 0) << "the constants are short";
    EXPECT_LT(step->score, 1e-2);
    const auto part = smaller(tree[0].part, *step, {.operators = problem.operators});
    ASSERT_TRUE(part);
    ASSERT_EQ(part->variables(), 2u);
    const auto wanted = values_of(in(once.rest, {"b", "c"}), part->columns);
    for (std::size_t i = 0; i < wanted.size(); i += 50) EXPECT_NEAR(part->target[i], wanted[i], 1e-9 * (1 + std::fabs(wanted[i]))) << once.law;
    auto columns = tree[0].part.columns;
    columns.push_back(part->target);
    const auto back = values_of(step->wrap, columns);
    for (std::size_t i = 0; i < back.size(); i += 50) EXPECT_NEAR(back[i] / tree[0].part.target[i], 1, 1e-9) << once.law;
}

INSTANTIATE_TEST_SUITE_P(Laws, Linear,
                         testing::Values(Once{"(a - b*c)*(b - exp(c)/3)", Scale::plain, Known::ratio, "-0.9995*(b*c)", "b - exp(c)/3"},
                                         Once{"a*b*sin(c) + sqrt(b + c^3)", Scale::plain, Known::p, "1.0006*(b*sin(c))", "sqrt(b + c^3)"},
                                         Once{"a*sqrt(b + c^3) + b*sin(c)", Scale::plain, Known::q, "0.9995*(b*sin(c))", "sqrt(b + c^3)"},
                                         Once{"1/(a*sqrt(b + c^3) + b*sin(c))", Scale::inverse, Known::q, "0.9995*(b*sin(c))", "sqrt(b + c^3)"},
                                         Once{"sqrt(a*sqrt(b + c^3) + b*sin(c))", Scale::square, Known::q, "0.9995*(b*sin(c))", "sqrt(b + c^3)"},
                                         Once{"(a*sqrt(b + c^3) + b*sin(c))^2", Scale::root, Known::q, "0.9995*(b*sin(c))", "sqrt(b + c^3)"}));

TEST(Linear, AWrongPartLeavesTheVariable) {
    const auto problem = sample_problem({"(a - b*c)*(b - exp(c)/3)", names, 0.5, 2.5}, 900);
    const DivideOptions options;
    Tree tree(problem, options, all_rows(problem));
    const auto forms = tree.linear_forms(0);
    ASSERT_FALSE(forms.empty());
    const auto step = linear_step(tree[0].part, forms[0], Known::ratio, in("-1.02*sin(b)*c", {"b", "c"}));
    if (step) EXPECT_GT(step->score, 1e-2);
}

TEST(Linear, FormsAreNotSeenWhereAVariableStandsTwice) {
    const auto problem = sample_problem({"sin(a*b) + exp(b*c)*cos(3*c*a)", names, 0.5, 2.5}, 900);
    const DivideOptions options;
    Tree tree(problem, options, all_rows(problem));
    for (const auto& form : tree.linear_forms(0)) EXPECT_GT(form.error, 1e-6);
}

}  // namespace
}  // namespace balmer::divide
