// Quotients of sparse polynomials with arbitrary coefficients.
#include <gtest/gtest.h>

#include "search/enumerate/law_found.hpp"

namespace balmer {
namespace {

struct Quotient {
    const char* formula;
    double noise;
};

class Rationals : public testing::TestWithParam<Quotient> {};

TEST_P(Rationals, AreFoundWithTheirCoefficients) {
    const auto found = search_for_law(GetParam().formula, GetParam().noise, {"+", "-", "*", "/", "square", "sqrt"});
    EXPECT_LT(found.nearest, GetParam().noise == 0 ? 1e-8 : 0.5 * GetParam().noise) << GetParam().formula;
    if (GetParam().noise == 0) EXPECT_EQ(found.stop, StopReason::solved);
    else EXPECT_NE(found.stop, StopReason::solved);
}

INSTANTIATE_TEST_SUITE_P(Quotients, Rationals,
                         testing::Values(Quotient{"40/((t - 4.21)^2 + 0.37) + 1.3", 0},                    // a resonance on a background
                                           Quotient{"40/((t - 4.21)^2 + 0.37) + 1.3", 0.3},                  //
                                           Quotient{"(2.3*t - 0.71*k)/(0.4 + t*k)", 0},                      // both variables above and below
                                           Quotient{"3.7*t/(0.83 + t + 0.29*k*t)", 0.01},                    // saturation with inhibition
                                           Quotient{"t*k + 1.7/(t^2 - 3.1*t + 4.7)", 0},                     // a whole part
                                           Quotient{"sqrt((1.9 + 0.6*t^2)/(k + 2.2*t))", 0}));               // under a root

}  // namespace
}  // namespace balmer
