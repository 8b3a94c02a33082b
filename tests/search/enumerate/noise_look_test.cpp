#include "search/enumerate/noise_look.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "balmer/random.hpp"
#include "search/enumerate/power_factors.hpp"
#include "search/enumerate/whole_steps.hpp"

namespace balmer::enumerate {
namespace {

using Function = std::function<double(const std::vector<double>&)>;

/// Columns uniform in [1, 3]; noise relative to the root mean square.
Sample sample_of(const Function& law, std::size_t variables, std::size_t rows, double noise) {
    RandomStream random(17);
    Sample sample;
    sample.columns.assign(variables, std::vector<double>(rows));
    double square = 0;
    for (std::size_t i = 0; i < rows; ++i) {
        std::vector<double> x;
        for (auto& column : sample.columns) x.push_back(column[i] = 1 + 2 * random.uniform());
        sample.rows.push_back(i);
        sample.target.push_back(law(x));
        square += sample.target.back() * sample.target.back() / static_cast<double>(rows);
    }
    for (double& y : sample.target) y += noise * std::sqrt(square) * random.normal();
    sample.weight.assign(rows, 1.0);
    return sample;
}

TEST(NoiseLook, TellsNoiseFromItsAbsenceOrAdmitsNotToKnow) {
    const Function smooth = [](const auto& x) { return x[0] * std::exp(-x[1]) / x[2]; };
    EXPECT_EQ(look_for_noise(sample_of(smooth, 3, 1000, 0.1), {0, 1, 2}), NoiseLook::noisy);
    EXPECT_EQ(look_for_noise(sample_of(smooth, 3, 1000, 0.01), {0, 1, 2}), NoiseLook::noisy);
    EXPECT_EQ(look_for_noise(sample_of(smooth, 3, 1000, 0), {0, 1, 2}), NoiseLook::none_seen);
    const Function wild = [](const auto& x) { return std::sin(40 * x[0] * x[1]); };
    EXPECT_EQ(look_for_noise(sample_of(wild, 2, 1000, 0), {0, 1}), NoiseLook::unknown);
    EXPECT_EQ(look_for_noise(sample_of(smooth, 3, 10, 0.1), {0, 1, 2}), NoiseLook::unknown);
}

TEST(PowerFactors, AreTheVariablesThatEnterAsPowersAlone) {
    const Function law = [](const auto& x) { return x[0] * x[0] / std::sqrt(x[1]) * (x[2] + std::exp(x[3])); };
    for (const double noise : {0.0, 0.01, 0.05}) {
        const auto factors = power_factors(sample_of(law, 4, 1000, noise), {0, 1, 2, 3});
        ASSERT_EQ(factors.size(), 2u) << noise;
        EXPECT_EQ(factors[0].base, Expression::feature(0));
        EXPECT_EQ(factors[0].exponent, (Fraction{2, 1}));
        EXPECT_EQ(factors[1].exponent, (Fraction{-1, 2}));
    }
    EXPECT_TRUE(power_factors(sample_of([](const auto& x) { return x[0] + x[1]; }, 2, 1000, 0.01), {0, 1}).empty());
}

TEST(WholeSteps, MeetTheSlowSearch) {
    RandomStream random(4);
    Eigen::MatrixXd x(40, 3);
    Eigen::VectorXd z(40);
    for (Eigen::Index i = 0; i < 40; ++i) {
        x.row(i) << 1, random.normal(), random.normal();
        z[i] = 0.3 - 1.5 * x(i, 1) + 0.5 * x(i, 2) + 0.2 * random.normal();
    }
    const auto fit = fit_whole_steps(x.transpose() * x, x.transpose() * z, z.squaredNorm(), 0.5, 1);
    EXPECT_EQ(fit.coefficients[1], -1.5);
    EXPECT_EQ(fit.coefficients[2], 0.5);
    EXPECT_NEAR(fit.left, (z - x * fit.coefficients).squaredNorm(), 1e-9);
    // A last coefficient near 0 is made the nearest that is not.
    z -= 0.4 * x.col(2);
    EXPECT_EQ(std::fabs(fit_whole_steps(x.transpose() * x, x.transpose() * z, z.squaredNorm(), 0.5, 1).coefficients[2]), 0.5);
}

}  // namespace
}  // namespace balmer::enumerate
