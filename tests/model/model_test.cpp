#include "balmer/model.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "balmer/atomic_file.hpp"
#include "balmer/error.hpp"
#include "balmer/evaluate.hpp"
#include "model/example_models.hpp"
#include "model/run_program.hpp"

namespace balmer {
namespace {

using testing::dimuon_model;
using testing::model_of;

std::string message_of(const std::string& json) {
    try {
        model_from_json(json, "m.json");
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

Table table_of(const std::vector<std::pair<std::string, std::vector<double>>>& columns) {
    Table table;
    table.source = "t.csv";
    for (const auto& [name, values] : columns) {
        table.numeric.emplace_back(name, values);
        table.order.push_back(name);
        table.rows = values.size();
    }
    return table;
}

/// Everything but NaN, which is unlike itself.
void expect_equal(const Model& a, const Model& b) {
    EXPECT_EQ(a.task, b.task);
    EXPECT_EQ(a.link, b.link);
    EXPECT_EQ(a.vocabulary.features, b.vocabulary.features);
    EXPECT_EQ(a.feature_units, b.feature_units);
    EXPECT_EQ(a.covariance, b.covariance);
    EXPECT_EQ(a.classes, b.classes);
    EXPECT_EQ(a.provenance, b.provenance);
    ASSERT_EQ(a.outputs.size(), b.outputs.size());
    for (std::size_t k = 0; k < a.outputs.size(); ++k) {
        EXPECT_EQ(a.outputs[k].name, b.outputs[k].name);
        EXPECT_EQ(a.outputs[k].expression, b.outputs[k].expression);
    }
    ASSERT_EQ(a.parameters.size(), b.parameters.size());
    for (std::size_t i = 0; i < a.parameters.size(); ++i) {
        EXPECT_EQ(a.parameters[i].value, b.parameters[i].value);
        EXPECT_EQ(a.parameters[i].status, b.parameters[i].status);
        EXPECT_EQ(a.parameters[i].lower, b.parameters[i].lower);
        EXPECT_EQ(a.parameters[i].upper, b.parameters[i].upper);
        EXPECT_EQ(std::isnan(a.parameters[i].uncertainty), std::isnan(b.parameters[i].uncertainty));
        EXPECT_EQ(a.parameters[i].unit, b.parameters[i].unit);
        EXPECT_EQ(a.parameters[i].snapped_to, b.parameters[i].snapped_to);
        EXPECT_EQ(a.parameters[i].name, b.parameters[i].name);
    }
    ASSERT_EQ(a.box.size(), b.box.size());
    for (std::size_t i = 0; i < a.box.size(); ++i) {
        EXPECT_EQ(a.box[i].lower, b.box[i].lower);
        EXPECT_EQ(a.box[i].upper, b.box[i].upper);
    }
    ASSERT_EQ(a.metrics.size(), b.metrics.size());
    for (const auto& [key, value] : a.metrics) {
        EXPECT_TRUE(b.metrics.at(key) == value || (std::isnan(value) && std::isnan(b.metrics.at(key)))) << key;
    }
}

TEST(Model, TableJoinsTheConstantsOfAllOutputs) {
    const Model model = model_of({"2*x + 3", "x^2.5 - 4"}, {"x"});
    ASSERT_EQ(model.parameters.size(), 4u);
    EXPECT_EQ(model.parameter_values(), (std::vector<double>{2, 3, 2.5, 4}));
    EXPECT_EQ(print(model.outputs[1].expression, model.vocabulary), "x^2.5 - 4");
}

TEST(Model, SettingValuesReachesTheFormulas) {
    Model model = model_of({"2*x", "x + 5"}, {"x"});
    model.set_parameter_values(std::vector<double>{7, 8});
    EXPECT_EQ(print(model.outputs[0].expression, model.vocabulary), "7*x");
    EXPECT_EQ(print(model.outputs[1].expression, model.vocabulary), "x + 8");
}

TEST(Model, GraphBeginsWithTheTableAndInlinesOperators) {
    const Model model = model_of({"2*bell(x) + bell(3*x)"}, {"x"}, {"bell(u) = 5*exp(-u^2)"});
    const Graph graph = model.graph();
    ASSERT_EQ(graph.values().size(), 3u);  // 2, 3 and, once, 5
    EXPECT_EQ(graph.values()[0], 2);
    EXPECT_EQ(graph.values()[1], 3);
    EXPECT_EQ(graph.values()[2], 5);
    const double x = 0.3;
    EXPECT_EQ(evaluate_row(graph, graph.values(), std::vector<double>{x})[0],
              2 * (5 * std::exp(-(x * x))) + 5 * std::exp(-((3 * x) * (3 * x))));
}

TEST(Json, KeepsEverything) {
    expect_equal(dimuon_model(), model_from_json(to_json(dimuon_model()), "memory"));
}

TEST(Json, KeepsConstantsToTheLastBit) {
    Model model = model_of({"1*x + 2"}, {"x"});
    for (const double value : {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, -0.0}) {
        model.set_parameter_values(std::vector<double>{value, -value});
        const Model back = model_from_json(to_json(model), "memory");
        EXPECT_EQ(back.parameters[0].value, value);
        EXPECT_EQ(std::signbit(back.parameters[0].value), std::signbit(value));
        EXPECT_EQ(back.parameters[1].value, -value);
    }
}

TEST(Json, KeepsStructureWhateverTheValues) {
    // Values that the parser would read as another operator: 1/x, x^2, -2.
    Model model = model_of({"3*x", "4/x", "x^2.5"}, {"x"});
    model.set_parameter_values(std::vector<double>{-1, 1, 2});
    const Model back = model_from_json(to_json(model), "memory");
    for (std::size_t k = 0; k < 3; ++k) {
        EXPECT_EQ(model.outputs[k].expression, back.outputs[k].expression);
    }
}

TEST(Json, NamesOfColumnsMayBeAnything) {
    const std::vector<std::string> features = {"p0", "pt (GeV)", "sin", "e", "p1", "α", "two words"};
    Vocabulary vocabulary{.features = features, .parameters = {}, .definitions = {}, .holes = {}};
    Expression sum = Expression::feature(0);
    for (std::int32_t i = 1; i < 7; ++i) {
        sum = Expression::apply(Op::add, sum, Expression::apply(Op::multiply, Expression::constant(i + 0.5), Expression::feature(i)));
    }
    const Model model = Model::from_expressions({sum}, vocabulary);
    expect_equal(model, model_from_json(to_json(model), "memory"));
}

TEST(Json, KeepsClassesOperatorsAndNamedConstants) {
    Model model = model_of({"bell(x, 2) - 1", "3*x", "step(x)"}, {"x"}, {"bell(u, s) = exp(-(u/s)^2)", "twice(u) = 2*bell(u, 1)"});
    model.task = Task::classification;
    model.link = "softmax";
    model.classes = {"gluon", "quark \"light\"", "W"};
    model.parameters[1].name = "offset";
    model.vocabulary.parameters = {"", "offset", ""};
    const Model back = model_from_json(to_json(model), "memory");
    expect_equal(model, back);
    EXPECT_EQ(back.vocabulary.parameters, model.vocabulary.parameters);
    ASSERT_EQ(back.vocabulary.definitions.size(), 2u);
    EXPECT_EQ(back.vocabulary.definitions[1].body, model.vocabulary.definitions[1].body);
}

TEST(Json, FormulasAreReadable) {
    const std::string json = to_json(dimuon_model());
    EXPECT_NE(json.find("sqrt(p0*pt1*pt2*(cosh(eta1 - eta2) - cos(phi1 - phi2)) + p1)"), std::string::npos) << json;
}

TEST(Json, GoldenFileOfVersionOneLoadsForEver) {
    const std::string path = std::string(BALMER_SOURCE_DIR) + "/tests/golden/model_version_1.json";
    const Model model = load_model(path);
    expect_equal(model, dimuon_model());
}

TEST(Json, UnknownEntriesOfLaterVersionsAreIgnored) {
    std::string json = to_json(dimuon_model());
    json.insert(1, "\n  \"entry_of_the_future\": {\"a\": [1, 2]},");
    expect_equal(dimuon_model(), model_from_json(json, "memory"));
}

TEST(Json, NumbersInFormulasBecomeFixedConstants) {
    const Model model = model_from_json(
        R"({"balmer_model": 1, "features": [{"name": "x"}], "outputs": [{"name": "y", "formula": "2.5*x + a"}], "let": [{"let": "a", "value": 4}]})",
        "m.json");
    ASSERT_EQ(model.parameters.size(), 2u);
    EXPECT_EQ(model.parameters[0].value, 4);
    EXPECT_EQ(model.parameters[1].value, 2.5);
    EXPECT_EQ(model.parameters[1].status, ParameterStatus::fixed);
    EXPECT_EQ(predict(model, table_of({{"x", {2}}}))[0][0], 9);
}

TEST(JsonErrors, SayWhatAndWhere) {
    const std::string good = R"({"balmer_model": 1, "features": [{"name": "x"}], "outputs": [{"name": "y", "formula": "x"}]})";
    EXPECT_EQ(message_of(good), "no error");
    const auto with = [&good](const std::string& from, const std::string& to) {
        std::string json = good;
        json.replace(json.find(from), from.size(), to);
        return message_of(json);
    };
    EXPECT_NE(message_of("{\n  \"a\": 1,,\n}").find("m.json, line 2, column 10"), std::string::npos) << message_of("{\n  \"a\": 1,,\n}");
    EXPECT_NE(message_of("{}").find("not a balmer model"), std::string::npos);
    EXPECT_NE(message_of("[1]").find("not a balmer model"), std::string::npos);
    EXPECT_NE(with("\"balmer_model\": 1", "\"balmer_model\": 3").find("version 3"), std::string::npos);
    EXPECT_NE(with("\"balmer_model\": 1", "\"balmer_model\": \"one\"").find("expected a whole number"), std::string::npos);
    EXPECT_NE(with("\"formula\": \"x\"", "\"formula\": \"z\"").find("m.json (outputs[0].formula): unknown name 'z'"), std::string::npos)
        << with("\"formula\": \"x\"", "\"formula\": \"z\"");
    EXPECT_NE(with("\"formula\": \"x\"", "\"formula\": 7").find("outputs[0].formula): expected a text"), std::string::npos);
    EXPECT_NE(with("\"outputs\"", "\"output\"").find("the entry 'outputs' is missing"), std::string::npos);
    EXPECT_NE(with("[{\"name\": \"y\", \"formula\": \"x\"}]", "[]").find("at least one output"), std::string::npos);
    EXPECT_NE(with("{\"name\": \"x\"}", "{\"name\": \"x\"}, {\"name\": \"x\"}").find("two features are called 'x'"), std::string::npos);
    EXPECT_NE(with("1,", "1, \"task\": \"regresion\",").find("Did you mean 'regression'?"), std::string::npos);
    EXPECT_NE(with("1,", "1, \"task\": \"classification\", \"classes\": [\"a\"],").find("one formula per class"), std::string::npos);
    EXPECT_NE(with("1,", "1, \"covariance\": [[1]],").find("0 x 0"), std::string::npos);
    EXPECT_NE(with("1,", "1, \"let\": [{\"let\": \"a\", \"value\": \"much\"}],").find("let[0].value): expected a number"), std::string::npos);
}

TEST(JsonErrors, EveryTruncationIsRefusedOrWhole) {
    const std::string json = to_json(dimuon_model());
    for (std::size_t size = 0; size + 2 < json.size(); size += 7) {
        EXPECT_THROW(model_from_json(json.substr(0, size), "m.json"), Error) << size;
    }
}

TEST(Predict, FindsColumnsByName) {
    const Model model = model_of({"x - 2*y"}, {"x", "unused", "y"});
    const auto result = predict(model, table_of({{"extra", {9, 9}}, {"y", {1, 2}}, {"x", {10, 20}}}));
    EXPECT_EQ(result, (std::vector<std::vector<double>>{{8, 16}}));
}

TEST(Predict, NamesMissingColumnsWithNearOnes) {
    const Model model = model_of({"mass*x"}, {"mass", "x"});
    Table table = table_of({{"masss", {1}}});
    table.text.push_back({"x", {"a"}, {0}});
    table.order.push_back("x");
    try {
        predict(model, table);
        FAIL() << "no error";
    } catch (const Error& error) {
        const std::string text = error.what();
        EXPECT_NE(text.find("t.csv: column 'mass' is missing. Did you mean 'masss'?"), std::string::npos) << text;
        EXPECT_NE(text.find("column 'x' holds text"), std::string::npos) << text;
    }
}

TEST(Predict, HasTheBitsOfEvaluate) {
    const Model model = dimuon_model();
    std::vector<std::pair<std::string, std::vector<double>>> columns;
    std::vector<const double*> pointers;
    for (std::size_t i = 0; i < 6; ++i) {
        std::vector<double> values;
        for (int row = 0; row < 1000; ++row) {
            values.push_back(1 + std::sin(row * 0.7 + static_cast<double>(i)));
        }
        columns.emplace_back(model.vocabulary.features[i], values);
    }
    for (const auto& [name, values] : columns) {
        pointers.push_back(values.data());
    }
    std::vector<double> expected(1000);
    double* output = expected.data();
    evaluate(Program(model.outputs[0].expression), model.parameter_values(), Columns<double>{pointers, 1000}, std::span(&output, 1));
    EXPECT_EQ(predict(model, table_of(columns))[0], expected);
}

TEST(Classify, TakesTheLargestScoreAndNeverNaN) {
    Model model = model_of({"x", "1*x", "2*x"}, {"x"});
    const double nan = std::nan("");
    const std::vector<std::vector<double>> scores = {{1, nan, nan, 5}, {3, 2, nan, 5}, {2, nan, nan, 4}};
    EXPECT_EQ(classify(model, scores), (std::vector<std::uint32_t>{1, 1, 0, 0}));
    const auto p = probabilities(model, scores);
    EXPECT_NEAR(p[0][0] + p[1][0] + p[2][0], 1, 1e-15);
    EXPECT_NEAR(p[1][0] / p[0][0], std::exp(2), 1e-13);
    EXPECT_TRUE(std::isnan(p[1][1]));
}

TEST(Classify, OneScoreChoosesBetweenTwo) {
    const Model model = model_of({"x"}, {"x"});
    const std::vector<std::vector<double>> scores = {{-1, 0, 2, 1000}};
    EXPECT_EQ(classify(model, scores), (std::vector<std::uint32_t>{0, 0, 1, 1}));
    const auto p = probabilities(model, scores);
    EXPECT_EQ(p[1][1], 0.5);
    EXPECT_NEAR(p[1][2], 1 / (1 + std::exp(-2)), 1e-16);
    EXPECT_EQ(p[1][3], 1);
    EXPECT_EQ(p[0][3], 0);
}

TEST(Save, WritesWhatLoadReads) {
    const testing::TemporaryFolder folder;
    save(dimuon_model(), folder / "m.json");
    expect_equal(dimuon_model(), load_model(folder / "m.json"));
    EXPECT_THROW(load_model(folder / "none.json"), Error);
    EXPECT_THROW(save(dimuon_model(), folder / "no/such/folder.json"), Error);
}

}  // namespace
}  // namespace balmer
