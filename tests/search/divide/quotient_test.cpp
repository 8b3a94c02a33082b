// Quotients of polynomials where poles and values of many sizes leave polynomials behind.
#include "search/divide/quotient.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "balmer/random.hpp"

namespace balmer::divide {
namespace {

struct QuotientCase {
    std::vector<std::vector<double>> columns = std::vector<std::vector<double>>(3);
    std::vector<double> target;
};

template <class Law>
QuotientCase sampled(Law law, std::size_t rows = 900) {
    QuotientCase c;
    RandomStream random(11);
    for (std::size_t i = 0; i < rows; ++i) {
        for (auto& column : c.columns) column.push_back(random.uniform(1, 4));
        c.target.push_back(law(c.columns[0].back(), c.columns[1].back(), c.columns[2].back()));
    }
    return c;
}

std::vector<double> slopes_of(const std::vector<double>& target) {
    std::vector<double> slope;
    for (const double y : target) slope.push_back(1 / (1 + std::fabs(y)));
    return slope;
}

double law(double x, double y, double z) { return std::pow(x, 6) / (y * y - x * z / 2) / std::cos(y); }

TEST(Quotient, FollowsPolesWherePolynomialsDoNot) {
    const auto c = sampled(law);
    const Surrogate surrogate(c.columns, c.target, slopes_of(c.target));
    ASSERT_NE(surrogate.quotient(), nullptr);
    EXPECT_LT(surrogate.error(), 1e-3);
    EXPECT_GT(surrogate.error_of(surrogate.scale()), 0.02);
}

TEST(Quotient, ItsGradientIsThatOfTheLaw) {
    const auto c = sampled(law);
    const Surrogate surrogate(c.columns, c.target, slopes_of(c.target));
    ASSERT_NE(surrogate.quotient(), nullptr);
    const std::size_t rows[] = {3, 50, 400};
    const auto gradient = surrogate.quotient()->logarithmic_gradient(c.columns, rows);
    for (std::size_t i = 0; i < 3; ++i) {
        const double x = c.columns[0][rows[i]], y = c.columns[1][rows[i]], z = c.columns[2][rows[i]], below = y * y - x * z / 2;
        EXPECT_NEAR(gradient[0][i] * x, 6 + z / 2 * x / below, 0.05 * (6 + std::fabs(z * x / below)));
        EXPECT_NEAR(gradient[2][i] * z, x / 2 * z / below, 0.05 * (1 + std::fabs(z * x / below)));
    }
}

TEST(Quotient, NoiseIsNotFollowed) {
    auto c = sampled([](double x, double y, double z) { return x * y + std::sin(z); });
    RandomStream random(5);
    for (double& y : c.target) y += 0.05 * random.normal();
    const Surrogate surrogate(c.columns, c.target, slopes_of(c.target));
    EXPECT_EQ(surrogate.quotient(), nullptr);
    EXPECT_TRUE(surrogate.at_noise_floor());
}

}  // namespace
}  // namespace balmer::divide
