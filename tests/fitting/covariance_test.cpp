#include <gtest/gtest.h>

#include <cmath>

#include "fitting/fit_case.hpp"

using namespace balmer;
using namespace fit_case;

namespace {

Dataset line_data(std::uint64_t seed, bool heavy_tails, std::size_t rows = 400) {
    RandomStream random(seed);
    std::map<std::string, std::vector<double>> columns;
    for (std::size_t i = 0; i < rows; ++i) {
        const double x = random.uniform(0, 2);
        double noise = 0.3 * random.normal();
        if (heavy_tails && random.chance(0.1)) noise *= 10;
        columns["x"].push_back(x);
        columns["y"].push_back(1 + 2 * x + noise);
    }
    return dataset(columns);
}

const std::vector<std::string> line{"a + b*x"}, features{"x"}, names{"a", "b"};

TEST(Covariance, OfALineIsTheTextbooks) {
    const Dataset data = line_data(1, false);
    const Formulas formulas(line, features, names);
    const Fitted fitted = fit_formulas(formulas, data, {}, {0, 0});
    double n = 0, sx = 0, sxx = 0, rss = 0;
    for (std::size_t i = 0; i < data.rows(); ++i) {
        const double x = data.features[0][i];
        n += 1;
        sx += x;
        sxx += x * x;
        rss += std::pow(data.targets[0][i] - fitted.values[0] - fitted.values[1] * x, 2);
    }
    const double s2 = rss / (n - 2), determinant = n * sxx - sx * sx;
    EXPECT_NEAR(fitted.errors[0], std::sqrt(s2 * sxx / determinant), 1e-10);
    EXPECT_NEAR(fitted.errors[1], std::sqrt(s2 * n / determinant), 1e-10);
}

TEST(Covariance, UndeterminedDirectionsAreInfinite) {
    const Formulas formulas({"a*b*x + c"}, {"x"}, {"a", "b", "c"});
    const Fitted fitted = fit_formulas(formulas, line_data(1, false), {}, {1, 1, 1});
    EXPECT_TRUE(std::isinf(fitted.errors[0]));
    EXPECT_TRUE(std::isinf(fitted.errors[1]));
    EXPECT_TRUE(std::isfinite(fitted.errors[2]));
}

// The sandwich of robust losses and the bootstrap see the spread over repeated experiments.
TEST(Covariance, OfRobustLossesIsTheSpreadOfRepetitions) {
    const Formulas formulas(line, features, names);
    for (const std::string loss : {"huber", "log-cosh", "mae"}) {
        double sum = 0, squares = 0, error = 0;
        const int repetitions = 200;
        for (int k = 0; k < repetitions; ++k) {
            const Fitted fitted = fit_formulas(formulas, line_data(100 + static_cast<std::uint64_t>(k), true), {.name = loss}, {0, 0}, false, 60);
            sum += fitted.values[1];
            squares += fitted.values[1] * fitted.values[1];
            error += fitted.errors[1] / repetitions;
        }
        const double mean = sum / repetitions, spread = std::sqrt(squares / repetitions - mean * mean);
        EXPECT_NEAR(error / spread, 1, 0.2) << loss;
        EXPECT_NEAR(mean, 2, 0.02) << loss;
    }
}

TEST(Covariance, BootstrapAgreesWithTheFormula) {
    const Dataset data = line_data(5, false);
    const Formulas formulas(line, features, names);
    const Fitted fitted = fit_formulas(formulas, data, {}, {0, 0});
    const auto matrix = bootstrap_covariance(formulas.program, fitted.result.values, data, {}, 400, RandomStream(2));
    EXPECT_NEAR(std::sqrt(matrix[0]) / fitted.errors[0], 1, 0.15);
    EXPECT_NEAR(std::sqrt(matrix[3]) / fitted.errors[1], 1, 0.15);
    EXPECT_DOUBLE_EQ(matrix[1], matrix[2]);
    const auto again = bootstrap_covariance(formulas.program, fitted.result.values, data, {}, 400, RandomStream(2));
    EXPECT_EQ(matrix, again);
}

TEST(Covariance, FixedParametersHaveZeroRows) {
    const Dataset data = line_data(5, false);
    const Formulas formulas(line, features, names);
    const auto bound = bind_loss({}, data);
    const auto pointers = feature_pointers(data);
    const std::vector<double> values{1, 2};
    const auto matrix = covariance(formulas.program, values, Columns<double>{pointers, data.rows(), 0}, *bound, false, {true, false});
    EXPECT_EQ(matrix[0], 0);
    EXPECT_EQ(matrix[1], 0);
    EXPECT_EQ(matrix[2], 0);
    EXPECT_GT(matrix[3], 0);
}

}  // namespace
