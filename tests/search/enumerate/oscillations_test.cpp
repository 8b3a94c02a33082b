// Waves of arbitrary frequency and phase.
#include <gtest/gtest.h>

#include "search/enumerate/law_found.hpp"

namespace balmer {
namespace {

class Oscillations : public testing::TestWithParam<StatedLaw> {};

TEST_P(Oscillations, AreFoundWithTheirConstants) {
    expect_found(GetParam(), {"+", "-", "*", "/", "square", "sin", "cos"}, 1e-9);
}

INSTANTIATE_TEST_SUITE_P(Waves, Oscillations,
                         testing::Values(StatedLaw{"sin(1.37*t + 0.4)", 0}, StatedLaw{"0.7 + 2.3*cos(11.9*t*k)", 0}, StatedLaw{"t*sin(3.37*t/k - 1)", 0},
                                         StatedLaw{"3*sin(20*t/k)^2", 0}, StatedLaw{"2*sin(5.3*t + 0.9) + 4", 0.2}));

}  // namespace
}  // namespace balmer
