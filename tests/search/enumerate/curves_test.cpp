// Curves of one variable with several constants inside.
#include <gtest/gtest.h>

#include "search/enumerate/law_found.hpp"

namespace balmer {
namespace {

struct Curve {
    const char* formula;
    double noise;
};

class Curves : public testing::TestWithParam<Curve> {};

TEST_P(Curves, AreFoundWithTheirConstants) {
    const auto found = search_for_law(GetParam().formula, GetParam().noise, {"+", "-", "*", "/", "^", "square", "sqrt", "exp", "log", "tanh"});
    EXPECT_LT(found.nearest, GetParam().noise == 0 ? 1e-8 : 0.5 * GetParam().noise) << GetParam().formula;
    if (GetParam().noise == 0) EXPECT_EQ(found.stop, StopReason::solved);
    else EXPECT_NE(found.stop, StopReason::solved);
}

INSTANTIATE_TEST_SUITE_P(Shapes, Curves,
                         testing::Values(Curve{"5.1*exp(-1.31*t) + 2.2*exp(-0.23*t)", 0}, Curve{"5.1*exp(-1.31*t) + 2.2*exp(-0.23*t)", 0.01},
                                           Curve{"3.3*t^2.6/(t^2.6 + 4.61)", 0}, Curve{"0.3*t + 1.2*tanh(0.588*t - 2.59)", 0},
                                           Curve{"1.7*t^0.83*exp(-0.41*t) + 0.6", 0}));

}  // namespace
}  // namespace balmer
