#include <gtest/gtest.h>

#include <cmath>

#include "balmer/error.hpp"
#include "study/fit_case.hpp"
#include "study/inverted_form.hpp"

// Partly known forms and constants with categories, from a table to models.

namespace balmer {
namespace {

FitParameters form_of(const std::string& form, double evaluations = 20'000) {
    FitParameters parameters;
    parameters.target = {"y"};
    parameters.form = form;
    parameters.evaluations = evaluations;
    return parameters;
}

// Rows fall into three detectors with a calibration of their own.
constexpr double calibration[] = {0.8, 1.3, 2.1};
Table detectors(const std::function<double(const std::vector<double>&)>& f, double noise = 0, std::size_t rows = 120) {
    Table table = testing::table_of({"x", "z"}, rows, f, noise);
    TextColumn detector{.name = "detector", .categories = {"east", "north", "west"}, .codes = {}};
    std::vector<double> y(table.numeric[2].values().begin(), table.numeric[2].values().end());
    for (std::size_t i = 0; i < rows; ++i) {
        detector.codes.push_back(static_cast<std::uint32_t>(i * 7 % 3));
        y[i] *= calibration[i * 7 % 3];
    }
    table.numeric[2] = Column("y", y);
    table.text.push_back(detector);
    table.order.emplace_back("detector");
    return table;
}

TEST(FormFit, ConstantsOfCategoriesHaveTheirValuesAndErrors) {
    const auto table = detectors([](const auto& v) { return v[0] * std::exp(-0.5 * v[1]); }, 0.01);
    const auto outcome = testing::fit_of(table, form_of("p[detector]*x*exp(-k*z)"));
    const Model& model = testing::chosen(outcome);
    EXPECT_EQ(print(model.outputs[0].expression, model.vocabulary), "p[detector]*x*exp(-k*z)");
    ASSERT_EQ(model.parameters.size(), 4u);
    for (std::size_t k = 0; k < 3; ++k) {
        EXPECT_EQ(model.parameters[k].name, "p");
        EXPECT_EQ(model.parameters[k].axis, "detector");
        EXPECT_EQ(model.parameters[k].category, (std::vector<std::string>{"east", "north", "west"}[k]));
        EXPECT_GT(model.parameters[k].uncertainty, 1e-4);
        EXPECT_LT(std::fabs(model.parameters[k].value - calibration[k]), 5 * model.parameters[k].uncertainty);
    }
    EXPECT_NEAR(model.parameters[3].value, 0.5, 5 * model.parameters[3].uncertainty);
    EXPECT_EQ(model.covariance.size(), 16u);
}

TEST(FormFit, AModelWithCategoriesLastsAndPredicts) {
    const auto table = detectors([](const auto& v) { return v[0] * v[1]; });
    const Model model = testing::chosen(testing::fit_of(table, form_of("p[detector]*x*z + 0*q[detector]")));
    const std::string text = to_json(model);
    EXPECT_NE(text.find("\"balmer_model\": 2"), std::string::npos);
    const Model again = model_from_json(text, "again");
    EXPECT_EQ(to_json(again), text);
    const auto values = predict(again, table);
    ASSERT_EQ(values[0], predict(model, table)[0]);
    for (std::size_t i = 0; i < table.rows; ++i) EXPECT_NEAR(values[0][i], table.numeric[2][i], 1e-9);

    Table other = table;
    other.text[0].categories[1] = "nort";
    try {
        (void)predict(model, other);
        FAIL() << "an unknown category must not be predicted";
    } catch (const Error& error) {
        const std::string message = error.what();
        for (const char* part : {"detector", "row 2", "'nort'", "Did you mean 'north'", "east, north, west"})
            EXPECT_NE(message.find(part), std::string::npos) << part << " in " << message;
    }
    other.text.clear();
    other.order = {"x", "z", "y"};
    EXPECT_THROW((void)predict(model, other), Error);
}

TEST(FormFit, CategoriesMayBeNumbersAndStandInGuesses) {
    Table table = detectors([](const auto& v) { return v[0] + v[1]; });
    std::vector<double> runs;
    for (const auto code : table.text[0].codes) runs.push_back(100 + code);
    table.text.clear();
    table.numeric.emplace_back("run", runs);
    table.order.back() = "run";
    FitParameters parameters;
    parameters.target = {"y"};
    parameters.guess = {"p[run]*(x + z)"};
    parameters.evaluations = 500;
    const auto outcome = testing::fit_of(table, parameters);
    const Model& model = testing::chosen(outcome);
    EXPECT_LT(model.metrics.at("loss"), 1e-20);
    EXPECT_EQ(model.vocabulary.features, (std::vector<std::string>{"x", "z"}));
    EXPECT_NE(print(model.outputs[0].expression, model.vocabulary).find("[run]"), std::string::npos);
    EXPECT_EQ(model.vocabulary.categories[0].labels, (std::vector<std::string>{"100", "101", "102"}));
    for (std::size_t i = 0; i < table.rows; ++i) EXPECT_NEAR(predict(model, table)[0][i], table.numeric[2][i], 1e-8);
}

TEST(FormFit, OneUnknownFunctionIsSolvedForAndSearched) {
    const auto table = testing::table_of({"x", "z"}, 100, [](const auto& v) { return std::exp(-0.5 * v[1]) * (v[0] * v[0] + 0.7) + v[1]; });
    const auto outcome = testing::fit_of(table, form_of("exp(-0.5*z)*f(x) + z"));
    const Model& model = testing::chosen(outcome);
    EXPECT_EQ(outcome.result.stop, StopReason::solved);
    EXPECT_GT(model.metrics.at("r2"), 1 - 1e-12);
    EXPECT_EQ(model.provenance.at("where"), "f(x) = x^2 + 0.7");
    EXPECT_EQ(model.metrics.at("complexity"), 4);
    // The form's own numbers are no constants of the fit.
    EXPECT_EQ(model.parameters[0].value, -0.5);
    EXPECT_EQ(model.parameters[0].status, ParameterStatus::fixed);
}

TEST(FormFit, AHoleSeesItsArgumentsOnly) {
    // The law needs z, the hole may only see x: the best it can do leaves an error.
    const auto table = testing::table_of({"x", "z"}, 80, [](const auto& v) { return v[0] * v[1]; });
    const auto outcome = testing::fit_of(table, form_of("f(x)", 1000));
    for (const auto& member : outcome.result.front.members())
        for (const auto& node : member.outputs[0].nodes) EXPECT_FALSE(node.op == Op::feature && node.index == 1);
    EXPECT_LT(testing::chosen(outcome).metrics.at("r2"), 0.9);
}

TEST(FormFit, ArgumentsMayBeExpressions) {
    const auto table = testing::table_of({"x", "z"}, 100, [](const auto& v) { return std::log(3 + std::cos(v[0] - v[1])); });
    const auto outcome = testing::fit_of(table, form_of("log(f(x - z))"));
    EXPECT_GT(testing::chosen(outcome).metrics.at("r2"), 1 - 1e-12);
    EXPECT_EQ(testing::chosen(outcome).provenance.at("where"), "f(u) = cos(u) + 3");
}

TEST(FormFit, TwoUnknownFunctionsAndCategoriesTogether) {
    const auto table = testing::table_of({"x", "z"}, 150, [](const auto& v) { return std::sin(v[0] * v[0]) + 2 * std::sqrt(v[1]); });
    const auto outcome = testing::fit_of(table, form_of("sin(f(x)) + c*g(z)", 60'000));
    EXPECT_GT(testing::chosen(outcome).metrics.at("r2"), 0.999999) << testing::chosen(outcome).provenance.at("where");
    EXPECT_EQ(testing::chosen(outcome).parameters[0].name, "c");
}

TEST(FormFit, SameSeedSameFrontForAnyNumberOfThreads) {
    const auto table = detectors([](const auto& v) { return v[0] * std::exp(-v[1]); }, 0.02);
    const auto front = [&](std::int64_t threads) {
        FitParameters parameters = form_of("p[detector]*f(x) + g(z)", 3000);
        parameters.threads = threads;
        std::string text;
        for (const auto& model : testing::fit_of(table, parameters).models) text += to_json(model);
        return text;
    };
    const std::string one = front(1);
    EXPECT_EQ(one, front(3));
    EXPECT_NE(one.find("p[detector]"), std::string::npos);
}

TEST(FormFit, MistakesAreNamed) {
    const auto table = detectors([](const auto& v) { return v[0]; });
    const auto complaint = [&](FitParameters parameters) {
        try {
            (void)testing::fit_of(table, parameters);
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_NE(complaint(form_of("p[detctor]*x")).find("Did you mean 'detector'"), std::string::npos) << complaint(form_of("p[detctor]*x"));
    EXPECT_NE(complaint(form_of("2*x")).find("nothing to find"), std::string::npos);
    EXPECT_NE(complaint(form_of("f(x) + f(x, z)")).find("same number everywhere"), std::string::npos);
    FitParameters enumerate = form_of("a*f(x) + g(z)");
    enumerate.method = {"enumerate"};
    EXPECT_NE(complaint(enumerate).find("--method auto or genetic"), std::string::npos);
    FitParameters guess = form_of("f(x)");
    guess.guess = {"x"};
    EXPECT_NE(complaint(guess).find("--guess"), std::string::npos);
}

TEST(InvertedForm, KnowsWhatCanBeSolvedFor) {
    const auto table = testing::table_of({"x", "z"}, 50, [](const auto& v) { return 0.2 + 0.1 * v[0] * v[1]; });
    FitParameters parameters;
    parameters.target = {"y"};
    const auto can = [&](const std::string& form) {
        auto prepared = prepare(parameters, table);
        prepared.problem.form = parse_form(form, prepared.problem.vocabulary());
        return inverted(prepared.problem).has_value();
    };
    for (const char* form : {"f(x, z)", "z*f(x) - 1", "exp(f(x))", "1/(1 + f(x, z))", "sqrt(f(x)) + 0.1", "tanh(f(x))", "z - f(x)/x", "log(f(x - z))"})
        EXPECT_TRUE(can(form)) << form;
    for (const char* form : {"c*f(x)", "f(x) + f(z)", "f(x) + g(z)", "sin(f(x))", "f(x)^2", "log(f(x)) + f(z)", "sqrt(f(x)) + 100", "abs(f(x))"})
        EXPECT_FALSE(can(form)) << form;
    auto prepared = prepare(parameters, table);
    prepared.problem.form = parse_form("z*exp(f(x))", prepared.problem.vocabulary());
    const auto alone = inverted(prepared.problem);
    ASSERT_TRUE(alone && alone->data.sigma);
    for (std::size_t i = 0; i < 50; ++i) {
        const double y = table.numeric[2][i], z = table.numeric[1][i];
        EXPECT_NEAR(alone->data.targets[0][i], std::log(y / z), 1e-12);
        EXPECT_NEAR((*alone->data.sigma)[i], 1 / y, 1e-12 / y);
    }
}

}  // namespace
}  // namespace balmer
