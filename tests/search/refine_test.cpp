// Constants as people write them.
#include <gtest/gtest.h>

#include <cmath>

#include "balmer/search.hpp"
#include "search/refine.hpp"

namespace balmer {
namespace {

Problem wave_problem() {
    Problem problem;
    std::vector<double> x, y;
    for (int i = 0; i < 60; ++i) {
        x.push_back(0.1 * i);
        y.push_back(2.5 * std::sin(1.37 * x.back() + 0.4) + std::cos(x.back() - 2));
    }
    problem.data.features = {Column("x", x)};
    problem.data.targets = {Column("y", y)};
    problem.operators = {Op::add, Op::subtract, Op::multiply, Op::sin, Op::cos};
    return problem;
}

TEST(SnapConstants, AnglesComeWithinHalfATurnOfZero) {
    const Problem problem = wave_problem();
    const Scorer scorer(problem);
    const Vocabulary names{.features = {"x"}};
    const auto snapped = snap_constants(scorer.score({parse("2.5*sin(1.37*x + 6.683185307179586) + cos(x - 14.566370614359172)", names)}, "test"), scorer);
    EXPECT_EQ(print(snapped.outputs[0], names, {.digits = 8}), "2.5*sin(1.37*x + 0.4) + cos(x - 2)");
    EXPECT_LT(snapped.loss, 1e-28);
}

TEST(SnapConstants, RelativeErrorsOfLargeTargetsDecideToo) {
    Problem problem = wave_problem();
    std::vector<double> y, sigma;
    for (const double x : problem.data.features[0].values()) {
        y.push_back(6.674e19 * std::exp(x));
        sigma.push_back(0.01 * y.back());
    }
    problem.data.targets = {Column("y", y)};
    problem.data.sigma = Column("sigma", sigma);
    problem.operators.push_back(Op::exp);
    const Scorer scorer(problem);
    const Vocabulary names{.features = {"x"}};
    const auto snapped = snap_constants(scorer.score({parse("6.68e19*exp(x)", names)}, "test"), scorer);
    EXPECT_NEAR(snapped.outputs[0].values[0], 6.674e19, 0.01e19);
}

TEST(SnapConstants, NumbersThatTheDataDecideStay) {
    const Problem problem = wave_problem();
    const Scorer scorer(problem);
    const Vocabulary names{.features = {"x"}};
    const auto snapped = snap_constants(scorer.score({parse("2.5*sin(1.37*x + 0.4) + cos(x - 2)", names)}, "test"), scorer);
    EXPECT_EQ(print(snapped.outputs[0], names), "2.5*sin(1.37*x + 0.4) + cos(x - 2)");
}

}  // namespace
}  // namespace balmer
