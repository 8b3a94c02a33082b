#include "fitting/elementary.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "balmer/random.hpp"

using namespace balmer;

namespace {

double ulps(double value, double exact) {
    return std::fabs(value - exact) / (std::nextafter(std::fabs(exact), INFINITY) - std::fabs(exact));
}

TEST(Elementary, ExponentialIsWithinThreeUlp) {
    RandomStream random(1);
    double worst = 0;
    for (int i = 0; i < 200'000; ++i) {
        const double x = i % 2 ? random.uniform(-700, 700) : 3 * random.normal();
        worst = std::max(worst, ulps(fitting::exponential(x), std::exp(x)));
    }
    EXPECT_LE(worst, 3);
    EXPECT_EQ(fitting::exponential(0), 1);
    EXPECT_EQ(fitting::exponential(-1e4), 0);
    EXPECT_EQ(fitting::exponential(-INFINITY), 0);
    EXPECT_EQ(fitting::exponential(1e4), INFINITY);
    EXPECT_TRUE(std::isnan(fitting::exponential(NAN)));
}

TEST(Elementary, LogarithmIsWithinTwoUlp) {
    RandomStream random(2);
    double worst = 0;
    for (int i = 0; i < 200'000; ++i) {
        const double e = i % 2 ? random.uniform() : std::exp(-40 * random.uniform());
        worst = std::max(worst, ulps(fitting::log_one_plus(e), std::log1p(e)));
    }
    EXPECT_LT(worst, 2);
    EXPECT_EQ(fitting::log_one_plus(0), 0);
    EXPECT_EQ(fitting::log_one_plus(1), std::log(2.0));
    EXPECT_TRUE(std::isnan(fitting::log_one_plus(NAN)));
}

}  // namespace
