#include "study/wrong_rows.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "study/fit_case.hpp"

// A law with a few rows grossly wrong is still found, and its wrong rows are named; what only looks wrong stays.

namespace balmer {
namespace {

double peaked_law(const std::vector<double>& v) { return v[0] * v[0] * std::exp(-v[1] / v[2]) / v[2]; }

/// One row in a hundred wrong, by a factor, by its sign or by another row's value in turn.
std::vector<std::size_t> spoil(Table& table) {
    auto& column = table.numeric.back();
    std::vector<double> y(column.values().begin(), column.values().end());
    std::vector<std::size_t> rows;
    for (std::size_t i = 37; i < y.size(); i += 100) {
        rows.push_back(i);
        const double other = y[i + 1];
        y[i] = rows.size() % 3 == 0 ? 10 * y[i] : rows.size() % 3 == 1 ? -y[i] : other;
    }
    column = Column("y", y);
    return rows;
}

Problem problem_of(const Table& table) {
    FitParameters parameters;
    parameters.target = {"y"};
    return prepare(parameters, table).problem;
}

TEST(WrongRows, OfAnExactLawAreSetApart) {
    auto table = testing::table_of({"a", "b", "c"}, 600, peaked_law);
    EXPECT_TRUE(rows_apart(problem_of(table)).empty());
    const auto wrong = spoil(table);
    const auto apart = rows_apart(problem_of(table));
    EXPECT_TRUE(std::ranges::includes(apart, wrong));
    EXPECT_LT(apart.size(), 90u);
}

TEST(WrongRows, NoiseSetsNoneApart) {
    EXPECT_TRUE(rows_apart(problem_of(testing::table_of({"a", "b", "c"}, 600, peaked_law, 0.1))).empty());
    // Heavy tails everywhere are no wrong rows.
    RandomStream random(3);
    const auto heavy = testing::table_of({"a", "b"}, 600, [&](const auto& v) { return v[0] * v[1] + 0.2 * random.normal() / random.normal(); });
    EXPECT_TRUE(rows_apart(problem_of(heavy)).empty());
}

TEST(WrongRows, DoNotHideTheLaw) {
    for (const double noise : {0.0, 0.01}) {
        auto table = testing::table_of({"a", "b", "c"}, 600, peaked_law, noise);
        const auto wrong = spoil(table);
        FitParameters parameters;
        parameters.evaluations = 20'000;
        parameters.seconds = 1e9;
        const auto outcome = testing::fit_of(table, parameters);
        ASSERT_TRUE(outcome.verdict);
        EXPECT_EQ(outcome.verdict->kind, VerdictKind::exact_within_noise) << noise;
        // Rows whose error is within the noise cannot be told.
        EXPECT_TRUE(std::ranges::includes(wrong, outcome.result.wrong_rows)) << noise;
        EXPECT_GE(outcome.result.wrong_rows.size(), noise > 0 ? 4u : 6u) << noise;
        EXPECT_GT(outcome.models[outcome.chosen].metrics.at("r2"), noise > 0 ? 0.99 : 1 - 1e-12) << noise;
    }
}

TEST(WrongRows, ThatLieTogetherMayBeRight) {
    // A step that one row in sixty has passed.
    const auto table = testing::table_of({"a", "b"}, 600, [](const auto& v) { return v[0] * v[1] + (v[0] > 2.96 ? 20 : 0); });
    FitParameters parameters;
    parameters.evaluations = 3000;
    parameters.seconds = 1e9;
    const auto outcome = testing::fit_of(table, parameters);
    ASSERT_TRUE(outcome.verdict);
    EXPECT_EQ(outcome.verdict->kind, VerdictKind::approximate);
    EXPECT_TRUE(outcome.result.wrong_rows.empty());
}

TEST(WrongRows, AreNeighboursMoreOftenThanByChance) {
    const auto table = testing::table_of({"a", "b"}, 500, [](const auto& v) { return v[0]; });
    const Problem problem = problem_of(table);
    const auto a = problem.data.features[0].values();
    std::vector<std::size_t> high, spread;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i] > 2.95) high.push_back(i);
    for (std::size_t i = 3; i < a.size(); i += 50) spread.push_back(i);
    ASSERT_GE(high.size(), 5u);
    EXPECT_TRUE(lie_together(problem.data, high, problem.data.targets[0].values()));
    EXPECT_FALSE(lie_together(problem.data, spread, problem.data.targets[0].values()));
}

}  // namespace
}  // namespace balmer
