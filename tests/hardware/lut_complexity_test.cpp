#include "balmer/lut_complexity.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace balmer
