// Curves of one variable with several constants inside.
#include <gtest/gtest.h>

#include "search/enumerate/law_found.hpp"

namespace balmer {
namespace {

class Curves : public testing::TestWithParam<StatedLaw> {};

TEST_P(Curves, AreFoundWithTheirConstants) {
    expect_found(GetParam(), {"+", "-", "*", "/", "^", "square", "sqrt", "exp", "log", "tanh"}, 1e-8);
}

INSTANTIATE_TEST_SUITE_P(Shapes, Curves,
                         testing::Values(StatedLaw{"5.1*exp(-1.31*t) + 2.2*exp(-0.23*t)", 0}, StatedLaw{"5.1*exp(-1.31*t) + 2.2*exp(-0.23*t)", 0.01},
                                         StatedLaw{"3.3*t^2.6/(t^2.6 + 4.61)", 0}, StatedLaw{"0.3*t + 1.2*tanh(0.588*t - 2.59)", 0},
                                         StatedLaw{"1.7*t^0.83*exp(-0.41*t) + 0.6", 0}));

}  // namespace
}  // namespace balmer
