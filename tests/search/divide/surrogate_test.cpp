// The polynomial that proposes: exact on polynomials, honest errors, derivatives against differences.
#include <gtest/gtest.h>

#include <cmath>

#include "balmer/random.hpp"
#include "search/divide/surrogate.hpp"

namespace balmer::divide {
namespace {

using Columns = std::vector<std::vector<double>>;

Columns drawn(std::size_t variables, std::size_t rows, double low, double high) {
    RandomStream random(3);
    Columns columns(variables, std::vector<double>(rows));
    for (auto& column : columns)
        for (double& x : column) x = random.uniform(low, high);
    return columns;
}

template <class F>
std::vector<double> target_of(const Columns& columns, F&& f) {
    std::vector<double> y;
    for (std::size_t i = 0; i < columns[0].size(); ++i) y.push_back(f(columns[0][i], columns[1][i]));
    return y;
}

TEST(Surrogate, IsExactOnAPolynomialAndSaysSo) {
    const auto columns = drawn(2, 400, -2, 5);
    const auto y = target_of(columns, [](double a, double b) { return a * a * b - 3 * b + 7; });
    EXPECT_LT(Surrogate(columns, y).error(), 1e-12);
}

TEST(Surrogate, IsExactOnAMonomialInLogarithms) {
    const auto columns = drawn(2, 400, 1, 100);
    const auto y = target_of(columns, [](double a, double b) { return std::pow(a, 1.5) / (b * b * b); });
    const Surrogate surrogate(columns, y);
    EXPECT_EQ(surrogate.scale(), Scale::logarithm);
    EXPECT_LT(surrogate.error(), 1e-11);
}

TEST(Surrogate, PassesAPoleByTheInverse) {
    const auto columns = drawn(2, 600, 1, 3);
    const auto y = target_of(columns, [](double a, double b) { return 1 / (a * b - 3.5); });
    std::vector<double> slope;
    for (const double v : y) slope.push_back(1 / (1 + std::fabs(v)));
    const Surrogate surrogate(columns, y, slope);
    EXPECT_EQ(surrogate.scale(), Scale::inverse);
    EXPECT_LT(surrogate.error(), 1e-10);
}

TEST(Surrogate, FollowsManyVariablesThatHardlyMix) {
    // Up to a degree seven variables leave three powers of each; a cross has room for more, and some variables by their logarithms.
    const auto columns = drawn(7, 900, 1, 3);
    std::vector<double> y;
    for (std::size_t i = 0; i < 900; ++i) {
        const auto x = [&](std::size_t j) { return columns[j][i]; };
        y.push_back(x(0) * std::exp(x(3)) * x(1) / ((x(1) * x(1) + x(2)) * x(5) * std::exp(x(6)) * std::sin(std::sqrt(x(4)))));
    }
    EXPECT_LT(Surrogate(columns, y).error(), 5e-4);
}

TEST(Surrogate, CannotPredictNoise) {
    const auto columns = drawn(2, 400, 1, 2);
    RandomStream random(8);
    std::vector<double> y;
    for (std::size_t i = 0; i < 400; ++i) y.push_back(random.normal());
    EXPECT_GT(Surrogate(columns, y).error(), 0.7);
}

TEST(Surrogate, DerivativesAgreeWithDifferences) {
    const auto columns = drawn(2, 500, 1, 3);
    const auto y = target_of(columns, [](double a, double b) { return std::sin(a) * std::exp(b); });
    const Surrogate surrogate(columns, y);
    const std::vector<std::size_t> rows = {1, 50, 333};
    for (const auto scale : {Scale::plain, Scale::logarithm}) {
        const auto d = surrogate.derivatives(scale, rows, Surrogate::Order::second);
        const double h = 1e-4;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const double a = columns[0][rows[i]], b = columns[1][rows[i]];
            const auto f = [&](double u, double v) { return surrogate.value(scale, std::vector<double>{u, v}); };
            const double size = 1 + std::fabs(d.value[i]);
            EXPECT_NEAR(d.value[i], f(a, b), 1e-12 * size);
            EXPECT_NEAR(d.gradient[0][i], (f(a + h, b) - f(a - h, b)) / (2 * h), 1e-6 * size);
            EXPECT_NEAR(d.gradient[1][i], (f(a, b + h) - f(a, b - h)) / (2 * h), 1e-6 * size);
            EXPECT_NEAR(d.mixed[1][i], (f(a + h, b + h) - f(a + h, b - h) - f(a - h, b + h) + f(a - h, b - h)) / (4 * h * h), 1e-5 * size);
        }
    }
}

TEST(Surrogate, ColumnsMayHaveAnySize) {
    const auto columns = drawn(2, 400, 1, 3);
    auto scaled = columns;
    for (double& x : scaled[0]) x *= 1e-30;
    for (double& x : scaled[1]) x *= 1e30;
    const auto y = target_of(columns, [](double a, double b) { return a / (a + b); });
    EXPECT_LT(Surrogate(columns, y).error(), 1e-8);
    EXPECT_LT(Surrogate(scaled, y).error(), 1e-8);
}

TEST(Surrogate, GroupsLeaveOutMixedTerms) {
    const auto columns = drawn(2, 600, 1, 2);
    const std::uint32_t apart[] = {1, 2};
    const SurrogateOptions separate{.groups = {apart[0], apart[1]}};
    const auto sum = target_of(columns, [](double a, double b) { return std::exp(a) + std::sin(3 * b); });
    const auto mixed = target_of(columns, [](double a, double b) { return a * std::sin(3 * b); });
    EXPECT_LT(Surrogate(columns, sum, {}, separate).error_of(Scale::plain), 1e-9);
    EXPECT_GT(Surrogate(columns, mixed, {}, separate).error_of(Scale::plain), 1e-2);
}

}  // namespace
}  // namespace balmer::divide
