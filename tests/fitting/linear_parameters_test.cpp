#include <gtest/gtest.h>

#include "balmer/fitting.hpp"

using namespace balmer;

namespace {

// One letter per parameter in order of appearance: L linear, n not.
std::string marks(const std::string& formula, const std::vector<bool>& excluded = {}) {
    const Vocabulary vocabulary{.features = {"x", "z"}, .parameters = {}, .definitions = {}, .holes = {}};
    std::string result;
    for (const bool linear : linear_parameters(to_graph(parse(formula, vocabulary)), excluded)) result += linear ? 'L' : 'n';
    return result;
}

TEST(LinearParameters, EnterThroughSumsProductsAndNumerators) {
    EXPECT_EQ(marks("2*x + 3"), "LL");
    EXPECT_EQ(marks("2*sin(3*x) - 4"), "LnL");
    EXPECT_EQ(marks("(2*x + 3)/(4 + z)"), "LLn");
    EXPECT_EQ(marks("-(2*x)/sqrt(z)"), "L");
    EXPECT_EQ(marks("x^2.5*2"), "nL");
    EXPECT_EQ(marks("x^2"), "");
    EXPECT_EQ(marks("exp(2 + x)"), "n");
    EXPECT_EQ(marks("if(x < 2, 3*x, 4)"), "nLL");
    EXPECT_EQ(marks("max(2*x, 3)"), "nn");
}

TEST(LinearParameters, LargerSideOfAProductWins) {
    EXPECT_EQ(marks("2*(3*x + 4)"), "nLL");
    EXPECT_EQ(marks("(3*x + 4)*2"), "LLn");
    EXPECT_EQ(marks("(2*x + 3)*(4*z + 5)").size(), 4u);
    const std::string both = marks("(2*x + 3)*(4*z + 5)");
    EXPECT_TRUE(both == "LLnn" || both == "nnLL");
    EXPECT_EQ(marks("(2*x)^2"), "n");
}

TEST(LinearParameters, ExcludedOnesMakeRoom) {
    EXPECT_EQ(marks("2*(3*x + 4)", {false, true, true}), "Lnn");
    EXPECT_EQ(marks("2*x + 3", {true, false}), "nL");
}

TEST(LinearParameters, SharedParameterCountsEveryPlace) {
    // p0 + p0*x is linear, p0*sin(p0*x) and p0*p0 are not.
    Graph graph;
    const auto p = graph.add_parameter(2), x = graph.add_feature(0);
    const std::uint32_t px[] = {p, x};
    const auto product = graph.add(Op::multiply, px);
    const std::uint32_t terms[] = {p, product};
    const auto sum = graph.add(Op::add, terms);
    graph.add_root(sum);
    EXPECT_EQ(linear_parameters(graph), std::vector<bool>{true});
    Graph squared;
    const auto q = squared.add_parameter(2);
    const std::uint32_t qq[] = {q, q};
    squared.add_root(squared.add(Op::multiply, qq));
    EXPECT_EQ(linear_parameters(squared), std::vector<bool>{false});
}

}  // namespace
