#include "physics/sources.hpp"

#include "balmer/error.hpp"
#include "balmer/readers.hpp"
#include "physics/feynman.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

namespace balmer {
namespace {

template <class Call>
std::string said(Call&& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing";
}

TEST(Feynman, AllEquationsAreFiniteOnTheirRanges) {
    const auto equations = feynman_equations();
    ASSERT_EQ(equations.size(), 120u);
    for (const FeynmanEquation& equation : equations) {
        SCOPED_TRACE(equation.name + ": " + equation.formula);
        const Table table = generate_feynman(equation.name, 50, 0, 1);
        ASSERT_EQ(table.numeric.size(), equation.variables.size() + 1);
        EXPECT_EQ(std::set<std::string>(table.order.begin(), table.order.end()).size(), table.order.size());
        for (const double value : table.numeric.back().values()) {
            EXPECT_TRUE(std::isfinite(value));
        }
        const auto [low, high] = std::minmax_element(table.numeric.back().values().begin(), table.numeric.back().values().end());
        EXPECT_LT(*low, *high);
        for (std::size_t i = 0; i < equation.variables.size(); ++i) {
            for (const double value : table.numeric[i].values()) {
                EXPECT_GE(value, equation.variables[i].low);
                EXPECT_LE(value, equation.variables[i].high);
            }
        }
    }
}

// Formulas written out by hand: what the parser made of the file's notation.
TEST(Feynman, ValuesAreThoseOfTheBooks) {
    constexpr double pi = std::numbers::pi;
    const auto check = [](const std::string& name, auto&& formula) {
        const Table table = generate_feynman(name, 20, 0, 3);
        for (std::size_t row = 0; row < table.rows; ++row) {
            const auto v = [&](const char* column) { return table.numeric[*table.find_numeric(column)][row]; };
            const double expected = formula(v);
            EXPECT_NEAR(table.numeric.back()[row], expected, 1e-12 * std::abs(expected)) << name;
        }
    };
    check("I.6.2a", [&](auto v) { return std::exp(-v("theta") * v("theta") / 2) / std::sqrt(2 * pi); });
    check("I.26.2", [&](auto v) { return std::asin(v("n") * std::sin(v("theta2"))); });
    check("I.44.4", [&](auto v) { return v("n") * v("kb") * v("T") * std::log(v("V2") / v("V1")); });
    check("test_10", [&](auto v) {
        const double beta = v("v") / v("c");
        return std::acos((std::cos(v("theta2")) - beta) / (1 - beta * std::cos(v("theta2"))));
    });
    check("test_9", [&](auto v) {
        return -32.0 / 5 * std::pow(v("G"), 4) / std::pow(v("c"), 5) * std::pow(v("m1") * v("m2"), 2) * (v("m1") + v("m2")) /
               std::pow(v("r"), 5);
    });
    check("III.15.14", [&](auto v) { return std::pow(v("h") / (2 * pi), 2) / (2 * v("E_n") * v("d") * v("d")); });
}

TEST(Feynman, NoiseHasTheSizeAskedForAndTheSeedDecides) {
    const Table clean = generate_feynman("I.12.1", 4000, 0, 5);
    const Table noisy = generate_feynman("I.12.1", 4000, 0.1, 5);
    double square = 0, difference = 0;
    for (std::size_t row = 0; row < clean.rows; ++row) {
        const double y = clean.numeric.back()[row];
        square += y * y;
        difference += std::pow(noisy.numeric.back()[row] - y, 2);
        EXPECT_EQ(clean.numeric[0][row], noisy.numeric[0][row]);
    }
    EXPECT_NEAR(std::sqrt(difference / square), 0.1, 0.005);
    EXPECT_EQ(to_csv(noisy), to_csv(generate_feynman("I.12.1", 4000, 0.1, 5)));
    EXPECT_NE(to_csv(noisy), to_csv(generate_feynman("I.12.1", 4000, 0.1, 6)));
    EXPECT_TRUE(to_csv(clean).starts_with(to_csv(generate_feynman("I.12.1", 10, 0, 5))));
}

TEST(Feynman, MistakesAreNamed) {
    EXPECT_EQ(said([] { generate_feynman("I.9.81", 10, 0, 1); }),
              "there is no Feynman equation 'I.9.81'. Did you mean 'I.9.18'? They are called I.6.2a ... III.21.20 and test_1 ... test_20.");
    EXPECT_EQ(said([] { generate_feynman("I.9.18", 10, -1, 1); }),
              "the noise is -1; it must be 0 or more, such as 0.01 for 1 % of the target's root mean square.");
    EXPECT_EQ(said([] { generate_feynman("I.9.18", 0, 0, 1); }), "0 rows are asked for; at least 1 is needed.");
}

TEST(Cms, GivesTheSixRawColumnsAndTheMass) {
    const Table table = generate("cms");
    EXPECT_EQ(table.rows, 19079u);
    EXPECT_EQ(table.order, (std::vector<std::string>{"pt1", "eta1", "phi1", "pt2", "eta2", "phi2", "M"}));
    EXPECT_EQ(table.numeric[0].unit(), "GeV");
    EXPECT_TRUE(table.non_finite.empty());
    std::size_t near = 0;
    for (std::size_t row = 0; row < table.rows; ++row) {
        const auto v = [&](std::size_t i) { return table.numeric[i][row]; };
        const double mass = std::sqrt(2 * v(0) * v(3) * (std::cosh(v(1) - v(4)) - std::cos(v(2) - v(5))) + 0.0453);
        near += std::abs(mass / v(6) - 1) < 0.01;
    }
    EXPECT_GT(near, table.rows * 9 / 10);
}

TEST(Cms, TakesFewerRowsAndOtherColumns) {
    const Table table = generate("cms", {.rows = 100, .seed = 7, .columns = {"window", "E1", "M"}});
    EXPECT_EQ(table.rows, 100u);
    EXPECT_EQ(table.text.at(0).codes.size(), 100u);
    EXPECT_EQ(table.order, (std::vector<std::string>{"window", "E1", "M"}));
    EXPECT_EQ(to_csv(table), to_csv(generate("cms", {.rows = 100, .seed = 7, .columns = {"window", "E1", "M"}})));
    EXPECT_NE(to_csv(table), to_csv(generate("cms", {.rows = 100, .seed = 8, .columns = {"window", "E1", "M"}})));
}

TEST(Sources, AreListedAndMistakesAreNamed) {
    EXPECT_EQ(sources().size(), 121u);
    EXPECT_NE(said([] { generate("feynmen:I.9.18"); }).find("Did you mean 'feynman:I.9.18'?"), std::string::npos);
    EXPECT_NE(said([] { generate("cms", {.rows = 20000}); }).find("20000 rows of cms are asked for and there are 19079"), std::string::npos);
    EXPECT_NE(said([] { generate("cms", {.noise = 0.1}); }).find("no noise"), std::string::npos);
    EXPECT_NE(said([] { generate("cms", {.columns = {"pt3"}}); }).find("there is no column 'pt3'. Did you mean 'pt1'?"), std::string::npos);
}

}  // namespace
}  // namespace balmer
