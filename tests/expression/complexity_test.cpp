#include "balmer/complexity.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "balmer/error.hpp"
#include "expression/operator_cycles.hpp"

using namespace balmer;

namespace {

int count(const std::string& measure, const std::string& formula) {
    Vocabulary names{{"x", "y", "z"}, {}, {}, {}};
    return ComplexityMeasure::from_name(measure)(parse(formula, names));
}

std::string written(const std::string& name, const std::string& text) {
    const auto path = std::filesystem::path(::testing::TempDir()) / name;
    std::ofstream(path) << text;
    return path.string();
}

std::string measure_error(const std::string& measure) {
    try {
        ComplexityMeasure::from_name(measure);
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST(Complexity, TreeCountsAsPySr) {
    EXPECT_EQ(count("tree", "x"), 1);
    EXPECT_EQ(count("tree", "x^2"), 2);
    EXPECT_EQ(count("tree", "x^5"), 3);
    EXPECT_EQ(count("tree", "x^y"), 3);
    EXPECT_EQ(count("tree", "sin(x) + 2*y"), 6);
}

TEST(Complexity, SympyCountsSmallFormulas) {
    const std::pair<const char*, int> cases[] = {
        {"x + 0.5*2*x", 3},    {"x - y", 5},          {"1/x", 3},         {"x/y", 5},         {"sqrt(x)", 3},
        {"-0.38*x", 3},        {"gauss(x)", 6},       {"2*pi*x", 4},      {"0.5*(x + y)*z", 9}, {"(x*y)^2", 7},
        {"sqrt(4*x)", 5},      {"sqrt(8)", 5},        {"2/3", 1},         {"x/3", 3},         {"exp(x)^2", 4},
        {"exp(x + log(y))", 4}, {"sin(-2*x)", 6},     {"cos(y - x)", 6},  {"sin(y - x)", 8},  {"x/x", 1},
        {"exp(x)*exp(-x)", 1}, {"sqrt(-2.5*x)", 7},   {"log(1/x)", 4},    {"(x + y)/2", 7},   {"1/(2*x)", 5}};
    for (const auto& [formula, expected] : cases) EXPECT_EQ(count("sympy", formula), expected) << formula;
}

// Multiples of functions that stood before, in whatever order: of a difference and its negative one is written with the minus in front.
TEST(Complexity, SympyTakesTheMinusOutOfOneOfTwoOpposites) {
    const std::string before = "exp(-3*tanh(x)) + exp(-2*exp(x)) + exp(3*tanh(x)) + ";
    for (const char* odd : {"sin", "tan", "tanh"}) {
        const int a = count("sympy", before + odd + "(2*exp(x) - 3*tanh(x))"), b = count("sympy", before + odd + "(3*tanh(x) - 2*exp(x))");
        EXPECT_EQ(std::abs(a - b), 2) << odd;  // -1 and the product
    }
    EXPECT_EQ(count("sympy", before + "abs(2*exp(x) - 3*tanh(x))"), count("sympy", before + "abs(3*tanh(x) - 2*exp(x))"));
}

TEST(Complexity, PublishedSympyCounts) {
    std::ifstream file(std::string(BALMER_SOURCE_DIR) + "/../shared/published/reference_formulas.json");
    if (!file) GTEST_SKIP() << "the published formulas are not beside this checkout";
    int reached = 0, have = 0;
    const auto published = nlohmann::json::parse(file);
    for (const auto& model : published["models"]) {
        Vocabulary names;
        const auto formula = parse(model["formula"].get<std::string>(), names, UnknownName::feature);
        if (!model.contains("complexity") || model["complexity"].is_null()) continue;
        ++have;
        const bool equal = ComplexityMeasure::from_name("sympy")(formula) == model["complexity"].get<int>();
        reached += equal;
        const auto target = model["target"].get<std::string>();
        const bool known = model["model"] == "symbolnet_mnist_table2" && (target == "0" || target == "1" || target == "5");
        EXPECT_EQ(equal, !known) << model["model"] << " " << target << ": " << ComplexityMeasure::from_name("sympy")(formula);
    }
    EXPECT_EQ(have, 16);
    EXPECT_EQ(reached, 13);
}

TEST(Complexity, PublishedCycles) {
    const auto cycles = ComplexityMeasure::from_name("cycles");
    const std::pair<Op, int> published[] = {{Op::add, 1}, {Op::subtract, 1}, {Op::multiply, 1}, {Op::log, 4}, {Op::sin, 8},
                                            {Op::tan, 48}, {Op::cosh, 8},    {Op::sinh, 9},     {Op::exp, 3}};
    for (const auto& [op, expected] : published) EXPECT_EQ(cycles.weight(op), expected) << info(op).name;
    EXPECT_EQ(count("cycles", "sin(x + y)"), 11);
    EXPECT_EQ(count("cycles:18,10", "x/y"), 31);
    EXPECT_EQ(count("cycles", "x^8"), 4);
    EXPECT_NE(measure_error("cycles:7,3").find("cycles:16,6"), std::string::npos);
}

TEST(Complexity, CompiledCyclesAreTheDataFile) {
    std::ifstream file(std::string(BALMER_SOURCE_DIR) + "/data/operator_cycles_vu9p.csv");
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_EQ(text.str(), operator_cycles_table());
}

TEST(Complexity, WeightsFromAFile) {
    const auto path = written("weights.csv", "operator,weight\nsin,8\n# comment\n-,3\nnegate,5\n^,7\nconstant,2\n");
    EXPECT_EQ(count(path, "sin(x)"), 9);
    EXPECT_EQ(count(path, "x - y"), 5);
    EXPECT_EQ(count(path, "-x"), 6);
    EXPECT_EQ(count(path, "x + 1.5"), 4);
}

TEST(Complexity, ErrorsNamePlaceAndRemedy) {
    EXPECT_NE(measure_error("sympi").find("sympy"), std::string::npos);
    EXPECT_NE(measure_error(written("a.csv", "sinn,3\n")).find("line 1"), std::string::npos);
    EXPECT_NE(measure_error(written("a.csv", "sinn,3\n")).find("Did you mean"), std::string::npos);
    EXPECT_NE(measure_error(written("b.csv", "operator,weight\nsin,many\n")).find("line 2"), std::string::npos);
    EXPECT_NE(measure_error(written("c.csv", "sin,-1\n")).find("whole number"), std::string::npos);
    EXPECT_NE(measure_error(written("d.csv", "")).find("no lines"), std::string::npos);
    EXPECT_NE(measure_error(written("e.csv", "sin 3\n")).find("sin,8"), std::string::npos);
}
