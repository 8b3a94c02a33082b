#include "study/quantized_loss.hpp"

#include <gtest/gtest.h>

#include "study/fit_case.hpp"

namespace balmer {
namespace {

FitParameters by_tables() {
    FitParameters parameters;
    parameters.target = {"y"};
    parameters.operators = "+ - * exp tanh";
    parameters.complexity = "lut";
    return parameters;
}

Table sum_table() {
    return testing::table_of({"a", "b", "c"}, 300, [](const auto& v) { return std::tanh(2 * v[0] - 3) + std::exp(-v[1]) + 0.3 * v[2]; }, 0.02);
}

TEST(QuantizedLoss, AddsWhatFewBitsLose) {
    const Problem problem = prepare(by_tables(), sum_table()).problem;
    const QuantizedLoss loss(problem);
    const Scorer scorer(problem);
    const Candidate exact = scorer.score({parse("tanh(2*a - 3) + exp(-1*b) + 0.3*c", problem.vocabulary())}, "test");
    const Candidate once = loss.judged(exact);
    EXPECT_GT(once.loss, exact.loss);
    EXPECT_LT(once.loss, exact.loss + 0.01);
    EXPECT_EQ(loss.judged(once).loss, once.loss);
    EXPECT_EQ(once.complexity, exact.complexity);
}

TEST(QuantizedLoss, SearchesByTablesFindSums) {
    auto parameters = by_tables();
    parameters.evaluations = 400;
    parameters.threads = 1;
    const auto outcome = testing::fit_of(sum_table(), parameters);
    ASSERT_FALSE(outcome.result.front.empty());
    const auto& last = outcome.result.front.members().back();
    EXPECT_LT(last.loss, 0.01);
    EXPECT_GT(last.loss, Scorer(outcome.problem).loss(last.outputs)) << "the loss is that of a circuit";
    EXPECT_NE(outcome.result.report.at(0).find("sums of functions"), std::string::npos);
}

TEST(QuantizedLoss, LimitsAreThoseOfTables) {
    auto parameters = by_tables();
    EXPECT_EQ(prepare(parameters, sum_table()).problem.constraints.maximum_complexity, 200);
    parameters.maximum_complexity = 20;
    parameters.stated.insert("maximum_complexity");
    parameters.guess = {"tanh(a*b) + exp(-1*b*c) + 0.3*c"};
    const auto prepared = prepare(parameters, sum_table());
    EXPECT_EQ(prepared.problem.constraints.maximum_complexity, 20);
    ASSERT_FALSE(prepared.notes.empty());
    EXPECT_NE(prepared.notes.back().find("passes the limits of the search"), std::string::npos) << prepared.notes.back();
}

}  // namespace
}  // namespace balmer
