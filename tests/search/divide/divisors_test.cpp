// Factors whose zeros make the target vanish or grow beyond bounds are seen there, whatever stands beside them; so are powers of features.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "search/divide/formula.hpp"
#include "search/divide/sample_problem.hpp"

namespace balmer::divide {
namespace {

struct Divided {
    const char* target;
    const char* left;
    std::vector<std::string> variables;
    double low, high;
};

std::vector<Step> steps_of(const Divided& law) {
    const auto problem = sample_problem({law.target, law.variables, law.low, law.high}, 900);
    const DivideOptions options;
    Tree tree(problem, options, all_rows(problem));
    (void)tree.descend(0);
    Meter meter;
    return divisor_steps(tree[0].part, tree[0].error, tree[0].surrogate->spread(), {.operators = problem.operators}, meter);
}

class Divisors : public testing::TestWithParam<Divided> {};

TEST_P(Divisors, AreDividedOut) {
    const auto& law = GetParam();
    const auto problem = sample_problem({law.target, law.variables, law.low, law.high}, 900);
    const auto steps = steps_of(law);
    ASSERT_FALSE(steps.empty());
    const DivideOptions options;
    const Tree tree(problem, options, all_rows(problem));
    const auto wanted = values_of(parse(law.left, problem.vocabulary()), tree[0].part.columns);
    // Several functions with the same zeros may do.
    const auto leaves_wanted = [&](const Step& step) {
        const auto made = smaller(tree[0].part, step, {.operators = problem.operators});
        if (!made) return false;
        const double factor = made->target[0] / wanted[0];
        for (std::size_t i = 0; i < wanted.size(); ++i)
            if (!(std::fabs(made->target[i] / wanted[i] - factor) < 1e-9 * std::fabs(factor))) return false;
        return true;
    };
    EXPECT_TRUE(std::ranges::any_of(steps, leaves_wanted)) << steps[0].words;
}

INSTANTIATE_TEST_SUITE_P(Laws, Divisors,
                         testing::Values(Divided{"(a^2 + exp(b)*c)/(a - b)", "a^2 + exp(b)*c", {"a", "b", "c"}, 1, 3},
                                         Divided{"(a + sqrt(c)*b)/(b - a*c)^2", "a + sqrt(c)*b", {"a", "b", "c"}, 1, 3},
                                         // Powers that show together.
                                         Divided{"a^2*(b + exp(b*c))/sqrt(d)", "b + exp(b*c)", {"a", "b", "c", "d"}, 1, 3},
                                         // The factor's feature stands in what is left, and what is left changes its sign elsewhere.
                                         Divided{"sin(c)*(c^2/a - log(b)*exp(c))", "c^2/a - log(b)*exp(c)", {"a", "b", "c"}, 1, 5},
                                         Divided{"(b + exp(a*c))/sqrt(a - 1)", "b + exp(a*c)", {"a", "b", "c"}, 1, 2},
                                         Divided{"(b - a^2)^3*exp(a + sqrt(d))*(c + cos(b))", "exp(a + sqrt(d))*(c + cos(b))", {"a", "b", "c", "d"}, 1, 3}));

TEST(Divisor, IsNotSeenWhereThereIsNone) {
    for (const char* law : {"a^2*b + exp(c)", "exp(a - b)*c + a", "a/(1 + b*c) + exp(b)", "log(a + b)*c + a", "a^2 - b*c"}) EXPECT_TRUE(steps_of(Divided{law, "", {"a", "b", "c"}, 1, 3}).empty()) << law;
}

}  // namespace
}  // namespace balmer::divide
