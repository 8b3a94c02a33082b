#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "balmer/fitting.hpp"

using namespace balmer;

namespace {

std::string text(double value, double tolerance) {
    const auto found = snap(value, tolerance);
    return found ? found->text : "nothing";
}

TEST(Snap, FindsTheShortestForm) {
    EXPECT_EQ(text(0.3333333, 1e-6), "1/3");
    EXPECT_EQ(text(6.2831853, 1e-6), "2*pi");
    EXPECT_EQ(text(0.1057, 1e-5), "nothing");
    EXPECT_EQ(text(2.0001, 1e-3), "2");
    EXPECT_EQ(text(-0.7499999, 1e-5), "-3/4");
    EXPECT_EQ(text(3.14159265, 1e-7), "pi");
    EXPECT_EQ(text(-1.570796327, 1e-8), "-pi/2");
    EXPECT_EQ(text(2.35619449, 1e-7), "3*pi/4");
    EXPECT_EQ(text(299792458.0, 0.1), "299792458");
    EXPECT_EQ(text(1e-9, 1e-6), "0");
    EXPECT_EQ(text(0, 0), "0");
}

TEST(Snap, PrefersNumbersOfFewBits) {
    // 0.3333 within 1e-2 of 1/3 only; 0.5 beats 5001/10000.
    EXPECT_EQ(text(0.5001, 2e-4), "1/2");
    const auto two = snap(2, 1e-9), half = snap(0.5, 1e-9), large = snap(1234, 1e-9);
    ASSERT_TRUE(two && half && large);
    EXPECT_LT(two->bits, half->bits);
    EXPECT_LT(half->bits, large->bits);
}

TEST(Snap, NeedsMoreDigitsThanTheFormHas) {
    EXPECT_EQ(text(17.3, 0.5), "nothing");
    EXPECT_EQ(text(100.2, 1), "nothing");
    EXPECT_EQ(text(std::numbers::e, 1e-9), "nothing");
    EXPECT_EQ(text(std::sqrt(2), 1e-9), "nothing");
    EXPECT_EQ(text(std::nan(""), 1), "nothing");
    EXPECT_EQ(text(INFINITY, 1), "nothing");
    EXPECT_EQ(text(1.0, std::nan("")), "nothing");
}

TEST(Snap, ChanceRarelyLooksLikeALaw) {
    // Random numbers with 3 digits known: few may pass for a simple form.
    RandomStream random(7);
    int found = 0;
    for (int i = 0; i < 1000; ++i) {
        const double value = random.uniform(1, 10);
        found += snap(value, 1e-3 * value).has_value();
    }
    EXPECT_LT(found, 400);
}

TEST(Snap, ValueIsThatOfTheText) {
    const auto third = snap(0.33333333333, 1e-9);
    ASSERT_TRUE(third);
    EXPECT_EQ(third->value, 1.0 / 3);
    const auto turn = snap(6.283185307, 1e-8);
    ASSERT_TRUE(turn);
    EXPECT_EQ(turn->value, 2 * std::numbers::pi);
}

}  // namespace
