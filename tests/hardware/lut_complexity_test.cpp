#include "balmer/lut_complexity.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "balmer/complexity.hpp"
#include "hardware/formula_case.hpp"

namespace balmer {
namespace {

int cost_of(const std::vector<std::string>& formulas) {
    const Model model = testing::model_of(formulas);
    std::vector<Expression> outputs;
    for (const Output& output : model.outputs) outputs.push_back(output.expression);
    return LutComplexity(model.vocabulary.features, {})(outputs);
}

TEST(LutComplexity, CountsWhatTheCircuitBuilds) {
    // A function of one variable is one table, however long it is.
    EXPECT_EQ(cost_of({"sin(x)"}), cost_of({"0.3*exp(-2*x^2) + tanh(x)*log(x + 4) - 1"}));
    EXPECT_GT(cost_of({"x*y"}), cost_of({"x + y"}));
    EXPECT_GT(cost_of({"sin(x*y)"}), cost_of({"x*y"}));
    // Shared parts count once.
    EXPECT_LT(cost_of({"sin(x*y)", "cos(x*y)"}), cost_of({"sin(x*y)"}) + cost_of({"cos(x*y)"}));
    EXPECT_EQ(cost_of({"x*(1/(2 - 2))"}), 1'000'000);
}

TEST(LutComplexity, IsAMeasureForSearches) {
    const LutComplexity lut({"x", "y"}, {});
    const auto measure = ComplexityMeasure::from_cost("lut", [=](std::span<const Expression> outputs) { return lut(outputs); });
    const Model model = testing::model_of({"sin(x*y)", "cos(x*y)"});
    const std::vector<Expression> outputs = {model.outputs[0].expression, model.outputs[1].expression};
    EXPECT_EQ(measure.name(), "lut");
    EXPECT_FALSE(measure.additive());
    EXPECT_EQ(measure.total(outputs), lut(outputs));
    EXPECT_LT(measure.total(outputs), measure(outputs[0]) + measure(outputs[1]));
}

TEST(QuantizedScores, AreNearTheFormulasAndCoarse) {
    const Model model = testing::model_of({"sin(x) + 0.3*y", "0.5*tanh(3*x - y)", "0.25"});
    const Table data = testing::table_of(model, 1500, -3, 3, 1.0 / 65536);
    std::vector<Expression> outputs;
    for (const Output& output : model.outputs) outputs.push_back(output.expression);
    const auto scores = QuantizedScores(data.numeric, {})(outputs);
    const auto exact = predict(model, data);
    ASSERT_EQ(scores.size(), 3u);
    for (std::size_t k = 0; k < 2; ++k) {
        double largest = 0;
        for (std::size_t row = 0; row < data.rows; ++row) largest = std::max(largest, std::fabs(scores[k][row] - exact[k][row]));
        EXPECT_LT(largest, 0.35) << k;
        EXPECT_GT(largest, 0.005) << k;
    }
    EXPECT_EQ(scores[2].size(), data.rows);
    EXPECT_NEAR(scores[2][7], 0.25, 0.01);
    EXPECT_TRUE(QuantizedScores(data.numeric, {})(std::vector{parse("x*(1/(2 - 2))", model.vocabulary)}).empty());
}

}  // namespace
}  // namespace balmer
