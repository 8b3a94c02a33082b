#include "search/residual_structure.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "balmer/random.hpp"

namespace balmer {
namespace {

struct Rows {
    Dataset data;
    std::vector<double> residual, prediction;
};

/// Three uniform columns; the residual is `left` of them plus normal noise of width 1.
Rows rows_with(std::size_t count, const std::function<double(double, double, double)>& left, std::uint64_t seed) {
    RandomStream random(seed);
    std::vector<std::vector<double>> columns(3, std::vector<double>(count));
    Rows rows;
    for (std::size_t i = 0; i < count; ++i) {
        for (auto& column : columns) column[i] = random.uniform();
        rows.prediction.push_back(columns[0][i] * columns[1][i]);
        rows.residual.push_back(left(columns[0][i], columns[1][i], columns[2][i]) + random.normal());
    }
    const char* names[] = {"a", "b", "c"};
    for (std::size_t k = 0; k < 3; ++k) rows.data.features.emplace_back(names[k], columns[k]);
    return rows;
}

double structure_of(const Rows& rows) { return residual_structure(rows.data, rows.residual, rows.prediction).largest(); }

TEST(ResidualStructure, NoiseHasNone) {
    int beyond = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) beyond += structure_of(rows_with(400, [](double, double, double) { return 0.0; }, seed)) >= 4;
    EXPECT_LE(beyond, 1);  // of 40
}

TEST(ResidualStructure, SmoothFastAndHiddenPartsAreSeen) {
    const auto none = [](double, double, double) { return 0.0; };
    const std::pair<const char*, std::function<double(double, double, double)>> cases[] = {
        {"a product of half the noise", [](double a, double b, double) { return 6 * (a - 0.5) * (b - 0.5); }},
        {"a fast wave in one column", [](double a, double, double) { return 1.5 * std::sin(60 * a); }},
        {"a function of the prediction", [](double a, double b, double) { return 2 * std::sqrt(a * b); }},
        {"a spike of few rows", [](double a, double b, double) { return a * b > 0.8 ? 3.0 : 0.0; }},
        {"a step", [](double, double, double c) { return c > 0.8 ? 1.0 : 0.0; }},
    };
    for (const auto& [name, left] : cases) EXPECT_GE(structure_of(rows_with(1000, left, 3)), 4) << name;
    EXPECT_LT(structure_of(rows_with(1000, none, 3)), 4);
}

/// Six columns and a prediction of both signs and many sizes; what is left is a fast wave in two of them, in the prediction's size and sign.
TEST(ResidualStructure, AFactorOfTwoAmongManyIsSeen) {
    constexpr std::size_t count = 1200;
    RandomStream random(4);
    std::vector<std::vector<double>> columns(6, std::vector<double>(count));
    Dataset data;
    std::vector<double> left, noise, prediction;
    for (std::size_t i = 0; i < count; ++i) {
        for (auto& column : columns) column[i] = random.uniform();
        const double f = (columns[0][i] - 0.5) / (0.05 + columns[1][i]);
        prediction.push_back(f);
        left.push_back(f * std::cos(25 * columns[2][i]) * std::sin(35 * columns[3][i]));
        noise.push_back(0.1 * random.normal());
    }
    for (std::size_t k = 0; k < columns.size(); ++k) data.features.emplace_back(std::string(1, static_cast<char>('a' + k)), columns[k]);
    EXPECT_GE(residual_structure(data, left, prediction).neighbours, 4);
    EXPECT_LT(residual_structure(data, noise, prediction).neighbours, 3);
}

TEST(ResidualStructure, HeavyTailsAndWrongRowsAreNoStructure) {
    auto rows = rows_with(1000, [](double, double, double) { return 0.0; }, 9);
    for (std::size_t i = 0; i < rows.residual.size(); i += 100) rows.residual[i] *= 1e6;
    EXPECT_LT(structure_of(rows), 4);
}

TEST(ResidualStructure, FewRowsTellNothing) {
    const auto rows = rows_with(8, [](double a, double, double) { return 100 * a; }, 1);
    const auto structure = residual_structure(rows.data, rows.residual, rows.prediction);
    EXPECT_EQ(structure.rows, 0u);
    EXPECT_EQ(structure.largest(), 0);
}

TEST(NearestRows, AreThoseOfTheSlowSearch) {
    const auto rows = rows_with(60, [](double, double, double) { return 0.0; }, 5);
    std::vector<std::vector<double>> columns;
    for (const auto& feature : rows.data.features) columns.emplace_back(feature.values().begin(), feature.values().end());
    const auto nearest = nearest_rows(columns);
    for (std::size_t i = 0; i < 60; ++i) {
        std::size_t best = i == 0 ? 1 : 0;
        const auto distance = [&](std::size_t j) {
            double sum = 0;
            for (const auto& c : columns) sum += (c[i] - c[j]) * (c[i] - c[j]);
            return sum;
        };
        for (std::size_t j = 0; j < 60; ++j)
            if (j != i && distance(j) < distance(best)) best = j;
        EXPECT_EQ(nearest[i], best);
    }
}

TEST(ScaledRanks, TiesShareTheirMean) {
    const double values[] = {3, 1, 1, 7, 1};
    EXPECT_EQ(scaled_ranks(values), (std::vector<double>{0.5, -0.5, -0.5, 1, -0.5}));
}

}  // namespace
}  // namespace balmer
