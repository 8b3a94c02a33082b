#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "balmer/error.hpp"
#include "balmer/model.hpp"
#include "model/run_program.hpp"

// Models with p[axis]: saved, predicted, exported and run.

namespace balmer {
namespace {

using testing::python;
using testing::run_program;
using testing::TemporaryFolder;

// y = scale[detector]*x + offset[run]*z, where runs are numbers.
Model detectors() {
    Vocabulary words{.features = {"x", "unused", "z"}, .parameters = {}, .definitions = {}, .holes = {},
                     .categories = {{"detector", {"left", "right \"B\""}}, {"run", {"1", "2", "10"}}}};
    Expression formula = parse("scale[detector]*x + offset[run]*z", words, UnknownName::parameter);
    formula.values = {1.25, -0.1, 3, 1e-7, 2};
    Model model = Model::from_expressions({formula}, words);
    model.outputs[0].name = "y";
    for (std::size_t i = 0; i < 5; ++i) model.parameters[i].uncertainty = 0.01;
    return model;
}

Table rows() {
    Table table;
    table.rows = 6;
    table.source = "rows.csv";
    table.numeric.emplace_back("z", std::vector<double>{1, -2, 0.3, 4, 5, 6});
    table.numeric.emplace_back("x", std::vector<double>{0.1, 0.2, 0.7, 1e5, -3, 2});
    table.numeric.emplace_back("run", std::vector<double>{1, 2, 10, 10, 1, 2});
    table.text.push_back({"detector", {"left", "right \"B\""}, {0, 1, 0, 1, 1, 0}});
    table.order = {"z", "x", "run", "detector"};
    return table;
}

std::vector<double> expected() {
    const Table table = rows();
    const double scale[] = {1.25, -0.1}, offset[] = {3, 1e-7, 2};
    const std::size_t run[] = {0, 1, 2, 2, 0, 1};
    std::vector<double> values;
    for (std::size_t i = 0; i < table.rows; ++i)
        values.push_back(scale[table.text[0].codes[i]] * table.numeric[1][i] + offset[run[i]] * table.numeric[0][i]);
    return values;
}

std::string error_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

TEST(Categories, TableOfParameters) {
    const Model model = detectors();
    EXPECT_EQ(model.parameters[1].name, "scale");
    EXPECT_EQ(model.parameters[1].axis, "detector");
    EXPECT_EQ(model.parameters[1].category, "right \"B\"");
    EXPECT_EQ(model.parameters[4].category, "10");
    EXPECT_EQ(print(model.outputs[0].expression, model.vocabulary), "scale[detector]*x + offset[run]*z");
}

TEST(Categories, PredictionsFindTheValueOfEachRow) {
    EXPECT_EQ(predict(detectors(), rows())[0], expected());
    Table missing = rows();
    missing.text[0] = {"detector", {"", "left", "right \"B\""}, {1, 0, 1, 2, 2, 1}};
    const auto values = predict(detectors(), missing)[0];
    EXPECT_TRUE(std::isnan(values[1]));
    EXPECT_EQ(values[3], expected()[3]);
}

TEST(Categories, JsonKeepsThem) {
    const Model model = detectors();
    const std::string text = to_json(model);
    EXPECT_NE(text.find("\"balmer_model\": 2"), std::string::npos);
    EXPECT_NE(text.find("\"axis\": \"run\",\n      \"category\": \"10\",\n      \"value\": 2.0"), std::string::npos) << text;
    const Model again = model_from_json(text, "m.json");
    EXPECT_EQ(to_json(again), text);
    EXPECT_EQ(predict(again, rows()), predict(model, rows()));
}

TEST(Categories, JsonErrors) {
    const std::string text = to_json(detectors());
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string changed = text;
        changed.replace(changed.find(from), from.size(), to);
        return error_of([&] { (void)model_from_json(changed, "m.json"); });
    };
    EXPECT_NE(with("\"category\": \"left\"", "\"category\": \"up\"").find("order of its labels"), std::string::npos);
    EXPECT_NE(with("\"axis\": \"run\"", "\"axis\": \"ran\"").find("no category axis 'ran'"), std::string::npos);
    EXPECT_NE(with("offset[run]*z\"", "offset[detector]*z\"").find("other categories"), std::string::npos);
    EXPECT_NE(with("offset[run]*z\"", "other[run]*z\"").find("do not stand under 'let'"), std::string::npos);
    EXPECT_NE(with("\"name\": \"run\"", "\"name\": \"detector\"").find("two category axes"), std::string::npos);
}

// The numbers that a program prints, one per line.
std::vector<double> numbers_of(const std::string& text) {
    std::vector<double> numbers;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) numbers.push_back(std::strtod(line.c_str(), nullptr));
    return numbers;
}

TEST(Categories, PythonAndNumpyTakeTheLabel) {
    const TemporaryFolder folder;
    std::ofstream(folder / "plain.py") << export_model(detectors(), "python");
    std::ofstream(folder / "arrays.py") << export_model(detectors(), "numpy");
    std::ofstream(folder / "main.py") << "import plain, arrays\n"
                                         "x = [0.1, 0.2, 0.7, 1e5, -3, 2]\nz = [1, -2, 0.3, 4, 5, 6]\nrun = [1, 2, 10, 10, 1, 2]\n"
                                         "where = ['left', 'right \"B\"', 'left', 'right \"B\"', 'right \"B\"', 'left']\n"
                                         "assert plain.features == arrays.features == ['x', 'z', 'detector', 'run']\n"
                                         "plain_values = [plain.predict(*row) for row in zip(x, z, where, run)]\n"
                                         "assert plain_values == arrays.predict(x, z, where, run).tolist()\n"
                                         "for value in plain_values: print(value.hex())\n"
                                         "for module in plain, arrays:\n"
                                         "    try:\n        module.predict(1.0, 1.0, 'up', 2)\n"
                                         "    except ValueError as error:\n        assert 'up' in str(error) and 'left' in str(error), error\n"
                                         "    else:\n        raise AssertionError\n";
    const auto ran = run_program("cd '" + folder.path().string() + "' && " + python() + " -W error main.py 2>&1");
    ASSERT_EQ(ran.status, 0) << ran.output << export_model(detectors(), "numpy");
    EXPECT_EQ(numbers_of(ran.output), expected());
}

TEST(Categories, CAndCppTakeTheCode) {
    const TemporaryFolder folder;
    std::ofstream(folder / "model.c") << export_model(detectors(), "c");
    std::ofstream(folder / "model.hpp") << export_model(detectors(), "c++");
    const std::string table = "{{0.1, 1, 0, 0}, {0.2, -2, 1, 1}, {0.7, 0.3, 0, 2}, {1e5, 4, 1, 2}, {-3, 5, 1, 0}, {2, 6, 0, 1}, {1, 1, 2, 0}}";
    std::ofstream(folder / "main.c") << "#include \"model.c\"\n#include <stdio.h>\nint main(void) {\n    const double x[7][4] = " << table
                                     << ";\n    for (int i = 0; i < 7; ++i) {\n        double y[1];\n        predict(x[i], y);\n        printf(\"%a\\n\", y[0]);\n    }\n}\n";
    std::ofstream(folder / "main.cpp") << "#include \"model.hpp\"\n#include <cstdio>\nint main() {\n    const double x[7][4] = " << table
                                       << ";\n    for (const auto& row : x) std::printf(\"%a\\n\", balmer_model::predict({row[0], row[1], row[2], row[3]})[0]);\n}\n";
    for (const auto& [compiler, source] : {std::pair{"cc -std=c99", "main.c"}, {"c++ -std=c++17", "main.cpp"}}) {
        const auto ran = run_program("cd '" + folder.path().string() + "' && " + compiler + " -O2 -ffp-contract=off -Wall -Wextra -Werror " + source +
                                     " -lm -o main 2>&1 && ./main");
        ASSERT_EQ(ran.status, 0) << ran.output;
        auto values = numbers_of(ran.output);
        EXPECT_TRUE(std::isnan(values.back())) << "a code beyond the table";
        values.pop_back();
        EXPECT_EQ(values, expected());
    }
}

TEST(Categories, OtherFormatsSaySoOrShowTheTable) {
    for (const char* format : {"sympy", "torch"})
        EXPECT_NE(error_of([&] { (void)export_model(detectors(), format); }).find("json, python, numpy, c, c++, latex, mathml"), std::string::npos);
    const std::string latex = export_model(detectors(), "latex");
    EXPECT_NE(latex.find("\\mathrm{scale}_{\\mathrm{detector}} \\, x"), std::string::npos) << latex;
    EXPECT_NE(latex.find("= 3.000(10)"), std::string::npos) << latex;
}

}  // namespace
}  // namespace balmer
