// Quotients of sparse polynomials with arbitrary coefficients.
#include <gtest/gtest.h>

#include "search/enumerate/law_found.hpp"

namespace balmer {
namespace {

class Rationals : public testing::TestWithParam<StatedLaw> {};

TEST_P(Rationals, AreFoundWithTheirCoefficients) {
    expect_found(GetParam(), {"+", "-", "*", "/", "square", "sqrt"}, 1e-8);
}

INSTANTIATE_TEST_SUITE_P(Quotients, Rationals,
                         testing::Values(StatedLaw{"40/((t - 4.21)^2 + 0.37) + 1.3", 0},                             // a resonance on a background
                                         StatedLaw{"40/((t - 4.21)^2 + 0.37) + 1.3", 0.3},
                                         StatedLaw{"(2.3*t - 0.71*k)/(0.4 + t*k)", 0},                               // both variables above and below
                                         StatedLaw{"3.7*t/(0.83 + t + 0.29*k*t)", 0.01},                             // saturation with inhibition
                                         StatedLaw{"t*k + 1.7/(t^2 - 3.1*t + 4.7)", 0},                              // a whole part
                                         StatedLaw{"sqrt((1.9 + 0.6*t^2)/(k + 2.2*t))", 0},                          // under a root
                                         StatedLaw{"2.3*(t - 3)/(t^2 + 1.7*t + 0.9)", 0}));                          // 0 in the first row

}  // namespace
}  // namespace balmer
