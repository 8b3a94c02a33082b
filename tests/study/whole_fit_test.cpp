#include <gtest/gtest.h>

#include "balmer/error.hpp"
#include "study/fit_case.hpp"

// Fits from a table to models, in memory.

namespace balmer {
namespace {

FitParameters quick(double evaluations = 300) {
    FitParameters parameters;
    parameters.target = {"y"};
    parameters.evaluations = evaluations;
    return parameters;
}

TEST(WholeFit, FindsASimpleLawExactly) {
    const auto table = testing::table_of({"m", "v"}, 40, [](const auto& x) { return 0.5 * x[0] * x[1] * x[1]; });
    const auto outcome = testing::fit_of(table, quick());
    EXPECT_EQ(outcome.result.stop, StopReason::solved);
    EXPECT_GT(testing::chosen(outcome).metrics.at("r2"), 1 - 1e-12);
    EXPECT_LE(testing::chosen(outcome).metrics.at("complexity"), 7);
}

TEST(WholeFit, ReducesVariablesByItself) {
    const auto table = testing::table_of({"n", "m", "g", "h", "k", "t"}, 300, [](const auto& x) { return x[0] * std::exp(-x[1] * x[2] * x[3] / (x[4] * x[5])); });
    const auto outcome = testing::fit_of(table, quick(50'000));
    EXPECT_EQ(outcome.result.stop, StopReason::solved);
    ASSERT_TRUE(outcome.verdict.has_value());
    EXPECT_EQ(outcome.verdict->kind, VerdictKind::exact);
    EXPECT_GT(outcome.result.reductions.size(), 3u);
}

TEST(WholeFit, AGivenFormWithItsUncertainties) {
    // y = p + q a with sigma known: p, q and their errors are those of a weighted straight line.
    const auto table = testing::table_of({"a"}, 50, [](const auto& x) { return 2 + 3 * x[0]; }, 0.1);
    FitParameters parameters = quick();
    parameters.form = "p + q*a";
    parameters.sigma = "0.1 + 0*a";
    const auto outcome = testing::fit_of(table, parameters);
    double n = 0, sx = 0, sxx = 0, sy = 0, sxy = 0;
    for (std::size_t i = 0; i < 50; ++i) {
        const double x = table.numeric[0][i], y = table.numeric[1][i];
        n += 1, sx += x, sxx += x * x, sy += y, sxy += x * y;
    }
    const double determinant = n * sxx - sx * sx;
    const Model& model = testing::chosen(outcome);
    ASSERT_EQ(model.parameters.size(), 2u);
    EXPECT_EQ(model.parameters[0].name, "p");
    EXPECT_NEAR(model.parameters[0].value, (sxx * sy - sx * sxy) / determinant, 1e-8);
    EXPECT_NEAR(model.parameters[1].value, (n * sxy - sx * sy) / determinant, 1e-8);
    EXPECT_NEAR(model.parameters[0].uncertainty, 0.1 * std::sqrt(sxx / determinant), 1e-8);
    EXPECT_NEAR(model.parameters[1].uncertainty, 0.1 * std::sqrt(n / determinant), 1e-8);
}

TEST(WholeFit, AGivenFormIsNonlinearInItsConstants) {
    const auto table = testing::table_of({"t"}, 60, [](const auto& x) { return 1.7 * std::exp(-0.8 * x[0]) + 0.3; });
    FitParameters parameters = quick();
    parameters.form = "A*exp(-k*t) + c";
    const Model& model = testing::chosen(testing::fit_of(table, parameters));
    EXPECT_NEAR(model.parameters[0].value, 1.7, 1e-7);
    EXPECT_NEAR(model.parameters[1].value, 0.8, 1e-7);
    EXPECT_NEAR(model.parameters[2].value, 0.3, 1e-7);
}

TEST(WholeFit, ValidationIsReported) {
    FitParameters parameters = quick();
    parameters.validation = "0.3";
    const auto outcome = testing::fit_of(testing::hard_table(), parameters);
    for (const auto& member : outcome.result.front.members()) EXPECT_TRUE(std::isfinite(member.validation));
    EXPECT_TRUE(testing::chosen(outcome).metrics.contains("validation"));
}

TEST(WholeFit, TwoTargets) {
    Table table = testing::table_of({"a", "b"}, 40, [](const auto& x) { return x[0] * x[1]; });
    std::vector<double> sum(40);
    for (std::size_t i = 0; i < 40; ++i) sum[i] = table.numeric[0][i] + 2 * table.numeric[1][i];
    table.numeric.emplace_back("z", sum);
    table.order.emplace_back("z");
    FitParameters parameters = quick(2000);
    parameters.target = {"y", "z"};
    parameters.features = {"a", "b"};
    const auto outcome = testing::fit_of(table, parameters);
    ASSERT_EQ(testing::chosen(outcome).outputs.size(), 2u);
    EXPECT_EQ(testing::chosen(outcome).outputs[1].name, "z");
    double lowest = INFINITY;
    for (const auto& member : outcome.result.front.members()) lowest = std::min(lowest, member.loss);
    EXPECT_LT(lowest, 1e-12);
}

TEST(WholeFit, Classes) {
    Table table = testing::table_of({"a", "b"}, 90, [](const auto& x) { return x[0]; });
    table.numeric.pop_back();
    TextColumn kind{.name = "y", .categories = {"high", "low", "middle"}, .codes = {}};
    for (std::size_t i = 0; i < 90; ++i) {
        const double x = table.numeric[0][i];
        kind.codes.push_back(x < 1.2 ? 1 : x < 2.1 ? 2 : 0);
    }
    table.text.push_back(kind);
    const auto outcome = testing::fit_of(table, quick(1500));
    const Model& model = testing::chosen(outcome);
    EXPECT_EQ(model.task, Task::classification);
    EXPECT_EQ(model.outputs.size(), 3u);
    EXPECT_EQ(model.link, "softmax");
    double best = 0;
    for (const auto& m : outcome.models) best = std::max(best, m.metrics.at("accuracy"));
    EXPECT_GT(best, 0.9);
}

TEST(WholeFit, TwoClassesTakeOneFormula) {
    Table table = testing::table_of({"a", "b"}, 60, [](const auto& x) { return x[0]; });
    table.numeric.pop_back();
    TextColumn kind{.name = "y", .categories = {"background", "signal"}, .codes = {}};
    for (std::size_t i = 0; i < 60; ++i) kind.codes.push_back(table.numeric[0][i] > table.numeric[1][i] ? 1 : 0);
    table.text.push_back(kind);
    const auto outcome = testing::fit_of(table, quick(500));
    const Model& model = outcome.models.back();
    EXPECT_EQ(model.outputs.size(), 1u);
    EXPECT_EQ(model.link, "logistic");
    EXPECT_GT(model.metrics.at("accuracy"), 0.95);
}

TEST(WholeFit, OwnOperatorsAppear) {
    const auto table = testing::table_of({"a"}, 60, [](const auto& x) { return 3 * std::exp(-(x[0] - 1) * (x[0] - 1)) * std::cos(x[0] - 1); });
    FitParameters parameters = quick(3000);
    parameters.define = {"bump(x) = exp(-x^2)*cos(x)"};
    parameters.operators = "+ - *";
    const auto outcome = testing::fit_of(table, parameters);
    const Model& model = outcome.models.back();
    EXPECT_GT(model.metrics.at("r2"), 1 - 1e-9);
    EXPECT_NE(print(model.outputs[0].expression, model.vocabulary).find("bump("), std::string::npos);
    EXPECT_EQ(model.vocabulary.definitions.size(), 1u);
}

TEST(WholeFit, TwoThousandColumns) {
    std::vector<std::string> names;
    for (int i = 0; i < 2000; ++i) names.push_back("x" + std::to_string(i));
    const auto table = testing::table_of(names, 30, [](const auto& x) { return x[1234] * 2; });
    const auto outcome = testing::fit_of(table, quick(200));
    EXPECT_GT(testing::chosen(outcome).metrics.at("r2"), 1 - 1e-9);
    EXPECT_NE(print(testing::chosen(outcome).outputs[0].expression, testing::chosen(outcome).vocabulary).find("x1234"), std::string::npos);
}

TEST(WholeFit, AnExactLawOfHugeAndTinyValues) {
    for (const double scale : {1e140, 1e-100}) {
        const auto table = testing::table_of({"a", "b"}, 30, [&](const auto& x) { return scale * x[0] * x[1]; });
        const auto outcome = testing::fit_of(table, quick(200));
        ASSERT_FALSE(outcome.models.empty()) << scale;
        EXPECT_GT(testing::chosen(outcome).metrics.at("r2"), 0.999) << scale;
    }
}

TEST(WholeFit, TheSameForAnyNumberOfThreads) {
    FitParameters parameters = quick(500);
    parameters.threads = 1;
    const auto one = testing::fit_of(testing::hard_table(), parameters);
    parameters.threads = 3;
    const auto three = testing::fit_of(testing::hard_table(), parameters);
    ASSERT_EQ(one.models.size(), three.models.size());
    EXPECT_EQ(one.chosen, three.chosen);
    for (std::size_t i = 0; i < one.models.size(); ++i) EXPECT_EQ(to_json(one.models[i]), to_json(three.models[i]));
}

TEST(WholeFit, ATargetThatTheFeaturesDoNotExplain) {
    const auto table = testing::table_of({"a"}, 40, [](const auto&) { return 0; }, 1.0);
    const auto outcome = testing::fit_of(table, quick(500));
    EXPECT_LE(testing::chosen(outcome).metrics.at("r2"), 0.7);
    EXPECT_FALSE(outcome.result.front.empty());
}

TEST(WholeFit, TheUnitsOfTheColumnsDoNotMatter) {
    // Newton's law in kilograms and metres of stars and planets, with errors of one per cent.
    Table table = testing::table_of({"r", "m", "M"}, 40, [](const auto& v) { return v[1] * v[2] / (v[0] * v[0]); });
    RandomStream random(3);
    std::vector<Column> columns;
    const double units[] = {1e11, 1e25, 1e29, 6.674e-11 * 1e54 / 1e22};
    for (std::size_t k = 0; k < table.numeric.size(); ++k) {
        std::vector<double> values;
        for (const double v : table.numeric[k].values()) values.push_back(v * units[k] * (k == 3 ? 1 + 0.01 * random.normal() : 1));
        columns.emplace_back(table.numeric[k].name(), values);
    }
    table.numeric = columns;
    FitParameters parameters;
    parameters.sigma = "0.01*y";
    parameters.method = {"enumerate"};
    parameters.evaluations = 20'000;
    const auto outcome = testing::fit_of(table, parameters);
    const auto& member = outcome.result.front.members()[outcome.chosen];
    EXPECT_EQ(member.complexity, 8) << print(member.outputs[0], outcome.problem.vocabulary());
    EXPECT_NEAR(member.loss, 1, 0.5);
}

}  // namespace
}  // namespace balmer
