// Waves of arbitrary frequency and phase.
#include <gtest/gtest.h>

#include "search/enumerate/law_found.hpp"

namespace balmer {
namespace {

struct Wave {
    const char* formula;
    double noise;
};

class Oscillations : public testing::TestWithParam<Wave> {};

TEST_P(Oscillations, AreFoundWithTheirConstants) {
    const auto found = search_for_law(GetParam().formula, GetParam().noise, {"+", "-", "*", "/", "square", "sin", "cos"});
    EXPECT_LT(found.nearest, GetParam().noise == 0 ? 1e-9 : 0.5 * GetParam().noise) << GetParam().formula;
    if (GetParam().noise == 0) EXPECT_EQ(found.stop, StopReason::solved);
    else EXPECT_NE(found.stop, StopReason::solved);
}

INSTANTIATE_TEST_SUITE_P(Waves, Oscillations,
                         testing::Values(Wave{"sin(1.37*t + 0.4)", 0}, Wave{"0.7 + 2.3*cos(11.9*t*k)", 0}, Wave{"t*sin(3.37*t/k - 1)", 0},
                                           Wave{"3*sin(20*t/k)^2", 0}, Wave{"2*sin(5.3*t + 0.9) + 4", 0.2}));

}  // namespace
}  // namespace balmer
