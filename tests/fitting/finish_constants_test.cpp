#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "balmer/error.hpp"
#include "fitting/fit_case.hpp"

using namespace balmer;
using namespace fit_case;

namespace {

template <class F>
Dataset sampled(const F& f, double noise, bool with_sigma = false) {
    RandomStream random(11);
    std::map<std::string, std::vector<double>> columns;
    for (int i = 0; i < 500; ++i) {
        const double x = random.uniform(0.5, 3);
        columns["x"].push_back(x);
        columns["y"].push_back(f(x) + noise * random.normal());
        if (with_sigma) columns["sigma"].push_back(noise);
    }
    return dataset(columns);
}

Model model_of(const std::string& formula, Vocabulary vocabulary = {.features = {"x"}, .parameters = {}, .definitions = {}, .holes = {}}) {
    return Model::from_expressions({parse(formula, vocabulary)}, vocabulary);
}

TEST(FinishConstants, SnapsWhatTheDataCannotTellApart) {
    // 2*x^1.5 + 2.718: a two and three halves to be found, and a constant that is none.
    Model model = model_of("1.9*x^1.4 + 2.6");
    const Dataset data = sampled([](double x) { return 2 * std::pow(x, 1.5) + 2.7182818; }, 0.001);
    finish_constants(model, data, {});
    EXPECT_EQ(model.parameters[0].snapped_to, "2");
    EXPECT_EQ(model.parameters[0].status, ParameterStatus::snapped);
    EXPECT_EQ(model.parameters[0].value, 2);
    EXPECT_EQ(model.parameters[1].snapped_to, "3/2");
    EXPECT_EQ(model.parameters[2].status, ParameterStatus::free);
    EXPECT_NEAR(model.parameters[2].value, 2.7182818, 5e-4);
    EXPECT_NEAR(model.parameters[2].uncertainty, 0.001 / std::sqrt(500), 1e-5);
    EXPECT_EQ(model.parameters[0].uncertainty, 0);
    ASSERT_EQ(model.covariance.size(), 1u);
    EXPECT_DOUBLE_EQ(std::sqrt(model.covariance[0]), model.parameters[2].uncertainty);
    EXPECT_EQ(model.outputs[0].expression.values[0], 2);
}

TEST(FinishConstants, FindsMultiplesOfPiInExactData) {
    Model model = model_of("1.1*sin(6.2*x)");
    finish_constants(model, sampled([](double x) { return std::sin(2 * std::numbers::pi * x); }, 0), {});
    EXPECT_EQ(model.parameters[0].snapped_to, "1");
    EXPECT_EQ(model.parameters[1].snapped_to, "2*pi");
}

TEST(FinishConstants, LeavesMeasuredConstantsAlone) {
    Model model = model_of("1*x + 0.1");
    finish_constants(model, sampled([](double x) { return 1.2840254 * x + 0.1057; }, 1e-6), {});
    EXPECT_EQ(model.parameters[0].status, ParameterStatus::free);
    EXPECT_EQ(model.parameters[1].status, ParameterStatus::free);
    EXPECT_NEAR(model.parameters[0].value, 1.2840254, 1e-6);
    EXPECT_EQ(model.covariance.size(), 4u);
}

TEST(FinishConstants, RespectsFixedParametersAndBounds) {
    Model model = model_of("1*x + 0.1");
    model.parameters[1].status = ParameterStatus::fixed;
    model.parameters[0].upper = 1.5;
    finish_constants(model, sampled([](double x) { return 1.9 * x + 0.1; }, 0.01), {});
    EXPECT_EQ(model.parameters[1].value, 0.1);
    EXPECT_EQ(model.parameters[1].status, ParameterStatus::fixed);
    EXPECT_LE(model.parameters[0].value, 1.5);
}

TEST(FinishConstants, KeepsConstantsOfUserOperators) {
    Vocabulary vocabulary{.features = {"x"}, .parameters = {}, .definitions = {}, .holes = {}};
    vocabulary.definitions.push_back(parse_definition("bump(t) = exp(-0.7*t^2)", vocabulary));
    Model model = model_of("2*bump(x) + 1", vocabulary);
    finish_constants(model, sampled([](double x) { return 3 * std::exp(-0.7 * x * x) + 0.123456; }, 1e-4), {});
    ASSERT_EQ(model.parameters.size(), 2u);
    EXPECT_EQ(model.parameters[0].snapped_to, "3");
    EXPECT_NEAR(model.parameters[1].value, 0.123456, 1e-4);
}

TEST(FinishConstants, WorksForRobustLossesWithSigma) {
    Model model = model_of("1.9*x^2 + 0.9");
    finish_constants(model, sampled([](double x) { return 2 * x * x + 0.98765; }, 0.001, true), {.name = "huber"});
    EXPECT_EQ(model.parameters[0].snapped_to, "2");
    EXPECT_NEAR(model.parameters[1].uncertainty, 0.001 / std::sqrt(500), 1e-5);
}

TEST(FinishConstants, NamesMissingColumns) {
    Model model = model_of("1*z", {.features = {"z"}, .parameters = {}, .definitions = {}, .holes = {}});
    EXPECT_THROW(finish_constants(model, sampled([](double x) { return x; }, 0.1), {}), Error);
}

}  // namespace
