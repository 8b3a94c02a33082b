// Laws found from rows, with and without noise; no false exactness.
#include <gtest/gtest.h>

#include <cmath>

#include "search/enumerate/run_for.hpp"

namespace balmer {
namespace {

std::vector<Op> scientific() {
    std::vector<Op> result;
    for (const char* name : {"+", "-", "*", "/", "sqrt", "exp", "log", "sin", "cos", "tanh", "asin", "acos"})
        result.push_back(*find_operator(name));
    return result;
}

struct Law {
    std::string formula;
    std::vector<std::string> variables;
    double low = 1, high = 5;
};

Problem problem_of(const Law& law, std::size_t rows, double noise = 0, std::uint64_t seed = 1) {
    const Vocabulary names{.features = law.variables, .parameters = {}, .definitions = {}, .holes = {}};
    const Expression formula = parse(law.formula, names);
    RandomStream random(seed);
    std::vector<std::vector<double>> columns(law.variables.size(), std::vector<double>(rows));
    for (auto& column : columns)
        for (double& x : column) x = random.uniform(law.low, law.high);
    std::vector<double> target(rows);
    const Graph graph = to_graph(formula);
    double size = 0;
    for (std::size_t i = 0; i < rows; ++i) {
        std::vector<double> at;
        for (const auto& column : columns) at.push_back(column[i]);
        target[i] = evaluate_row(graph, graph.values(), at)[0];
        while (!std::isfinite(target[i])) {  // rows outside the law's domain are drawn again
            for (std::size_t v = 0; v < at.size(); ++v) columns[v][i] = at[v] = random.uniform(law.low, law.high);
            target[i] = evaluate_row(graph, graph.values(), at)[0];
        }
        size += target[i] * target[i] / static_cast<double>(rows);
    }
    for (double& y : target) y += noise * std::sqrt(size) * random.normal();
    Problem problem;
    for (std::size_t v = 0; v < columns.size(); ++v) problem.data.features.emplace_back(law.variables[v], columns[v]);
    problem.data.targets = {Column("y", target)};
    problem.operators = scientific();
    problem.constraints.maximum_complexity = 50;
    problem.constraints.maximum_depth = 20;
    return problem;
}

SearchResult run(const Problem& problem, double seconds, int threads = 2) {
    EnumerateSearcher searcher;
    Silent silent;
    return searcher.run(problem, {.seconds = seconds, .threads = threads}, 1, {}, silent, {});
}

class Laws : public testing::TestWithParam<Law> {};

TEST_P(Laws, AreFoundExactly) {
    const auto result = run_for(problem_of(GetParam(), 300), 100'000);
    ASSERT_EQ(result.stop, StopReason::solved) << GetParam().formula;
    const auto fresh = problem_of(GetParam(), 200, 0, 99);
    const auto& formula = result.front.members().back().outputs[0];
    const Graph graph = to_graph(formula);
    const auto y = fresh.data.targets[0].values();
    for (std::size_t i = 0; i < y.size(); ++i) {
        std::vector<double> at;
        for (const auto& feature : fresh.data.features) at.push_back(feature[i]);
        ASSERT_NEAR(evaluate_row(graph, graph.values(), at)[0], y[i], 1e-9 * (1 + std::fabs(y[i])))
            << print(formula, fresh.vocabulary());
    }
}

// The seven rows with times of the AI Feynman paper's table.
INSTANTIATE_TEST_SUITE_P(AiFeynman, Laws,
                         testing::Values(Law{"exp(-theta^2/(2*sigma^2))/sqrt(2*pi*sigma^2)", {"theta", "sigma"}},
                                         Law{"G*m1*m2/((x2-x1)^2+(y2-y1)^2+(z2-z1)^2)", {"G", "m1", "m2", "x1", "x2", "y1", "y2", "z1", "z2"}},
                                         Law{"m0/sqrt(1-v^2/c^2)", {"m0", "v", "c"}}, Law{"x1*y1+x2*y2+x3*y3", {"x1", "x2", "x3", "y1", "y2", "y3"}},
                                         Law{"w/(1-v/c)", {"w", "v", "c"}}, Law{"h/(2*pi)*w", {"h", "w"}},
                                         Law{"n0*exp(-m*g*x/(k*t))", {"n0", "m", "g", "x", "k", "t"}}));

// Constants that no table holds, inside a function.
INSTANTIATE_TEST_SUITE_P(InnerConstants, Laws,
                         testing::Values(Law{"(x+z)*exp(-0.83*y)", {"x", "y", "z"}}, Law{"x/y+cos(1.52*z+1.44)", {"x", "y", "z"}},
                                         Law{"x*y*tanh(0.77*y*z/(v*w))", {"x", "y", "z", "v", "w"}}, Law{"z*sqrt(x+2.34)-y", {"x", "y", "z"}},
                                         Law{"x*y/(exp(1.3*y/z)+1)", {"x", "y", "z"}}, Law{"(x+z)*sin(1.37*y+0.4)", {"x", "y", "z"}}));

INSTANTIATE_TEST_SUITE_P(Feynman, Laws,
                         testing::Values(Law{"exp(-(theta/sigma)^2/2)/(sqrt(2*pi)*sigma)", {"sigma", "theta"}, 1, 3},
                                         Law{"sqrt((x2-x1)^2+(y2-y1)^2)", {"x1", "x2", "y1", "y2"}},
                                         Law{"m*v/sqrt(1+v^2/c^2)", {"m", "v", "c"}},
                                         Law{"q1*q2/(4*pi*e0*r^2)", {"q1", "q2", "e0", "r"}},
                                         Law{"(u+v)/(1+u*v/c^2)", {"u", "v", "c"}},
                                         Law{"i*sin(n*t/2)^2/sin(t/2)^2", {"i", "n", "t"}},
                                         Law{"sqrt(a^2+b^2-2*a*b*cos(s-t))", {"a", "b", "s", "t"}},
                                         Law{"1/(1/d1+n/d2)", {"d1", "d2", "n"}},
                                         Law{"x1*y1+x2*y2+x3*y3", {"x1", "x2", "x3", "y1", "y2", "y3"}},
                                         Law{"n0*exp(-m*g*x/(k*t))", {"n0", "m", "g", "x", "k", "t"}},
                                         Law{"i1+i2+2*sqrt(i1*i2)*cos(d)", {"i1", "i2", "d"}},
                                         Law{"q*(E+B*v*sin(t))", {"q", "E", "B", "v", "t"}},
                                         Law{"n0*(exp(q*v/(k*t))-1)", {"n0", "q", "v", "k", "t"}, 1, 2}));

TEST(Enumerate, NoiseIsNeverCalledExact) {
    const Law law{"x*y", {"x", "y", "z"}};
    auto problem = problem_of(law, 200);
    std::vector<double> noise;
    RandomStream random(5);
    for (int i = 0; i < 200; ++i) noise.push_back(random.normal());
    problem.data.targets = {Column("y", noise)};
    const auto result = run(problem, 2);
    EXPECT_NE(result.stop, StopReason::solved);
    for (const auto& member : result.front.members()) EXPECT_GT(member.loss, 0.3) << "noise explained";
}

TEST(Enumerate, ALawWithALittleNoiseIsFoundButNotExact) {
    const auto problem = problem_of({"x*y + cos(z)", {"x", "y", "z"}}, 400, 1e-4);
    const auto result = run(problem, 2);
    EXPECT_NE(result.stop, StopReason::solved);
}

TEST(Enumerate, NearIdentityIsNotExact) {
    // sin(u) for tiny u differs from u by at most 2e-9 of it: u is not exact, its Taylor polynomial u - u^3/6 would be.
    auto problem = problem_of({"sin(x*y)", {"x", "y"}, 1e-3, 1e-2}, 300);
    problem.operators = {*find_operator("+"), *find_operator("*")};
    const auto result = run(problem, 2);
    if (result.stop != StopReason::solved) return;
    const auto& exact = result.front.members().back().outputs[0];
    EXPECT_GT(exact.size(), 5u) << print(exact, problem.vocabulary());
    const Graph found = to_graph(exact);
    for (std::size_t i = 0; i < 50; ++i) {
        const double u = problem.data.features[0][i] * problem.data.features[1][i];
        const double value = evaluate_row(found, found.values(), std::vector<double>{problem.data.features[0][i], problem.data.features[1][i]})[0];
        EXPECT_NEAR(value / u, 1 - u * u / 6, 1e-11) << print(exact, problem.vocabulary());
    }
}

TEST(Enumerate, SameFrontForAnyNumberOfThreads) {
    const auto problem = problem_of({"x*cos(y) + z/x", {"x", "y", "z"}}, 300);
    const auto one = run(problem, 60, 1);
    for (const int threads : {2, 4}) {
        const auto many = run(problem, 60, threads);
        ASSERT_EQ(many.front.members().size(), one.front.members().size());
        for (std::size_t i = 0; i < one.front.members().size(); ++i) {
            EXPECT_EQ(many.front.members()[i].outputs, one.front.members()[i].outputs);
            EXPECT_EQ(many.front.members()[i].loss, one.front.members()[i].loss);
        }
    }
}

TEST(Enumerate, SeveralTargetsShareOneTable) {
    auto problem = problem_of({"x*y/z", {"x", "y", "z"}}, 300);
    const auto other = problem_of({"x^2 + sin(y)", {"x", "y", "z"}}, 300);
    problem.data.targets.push_back(Column("second", std::vector<double>(other.data.targets[0].values().begin(), other.data.targets[0].values().end())));
    const auto result = run(problem, 20);
    ASSERT_EQ(result.stop, StopReason::solved);
    ASSERT_EQ(result.front.members().back().outputs.size(), 2U);
    EXPECT_LT(result.front.members().back().loss, 1e-20);
}

TEST(Enumerate, KeepsToItsSeconds) {
    auto problem = problem_of({"x", {"x", "y", "z", "u", "v", "w"}}, 2000);
    std::vector<double> noise;
    RandomStream random(8);
    for (int i = 0; i < 2000; ++i) noise.push_back(random.normal());
    problem.data.targets = {Column("y", noise)};
    const auto result = run(problem, 1.5);
    EXPECT_LT(result.seconds, 3.5);  // generous: the machine may be busy
}

TEST(Enumerate, ClassesAreLeftAlone) {
    auto problem = problem_of({"x", {"x"}}, 20);
    problem.task = Task::classification;
    const auto result = run(problem, 1);
    EXPECT_TRUE(result.front.empty());
    EXPECT_EQ(result.stop, StopReason::exhausted);
}

TEST(Enumerate, FewAndConstantRowsAreNoTrouble) {
    auto few = problem_of({"x*y", {"x", "y"}}, 4);
    EXPECT_NE(run(few, 1).stop, StopReason::solved);
    auto constant = problem_of({"x", {"x"}}, 30);
    constant.data.features = {Column("x", std::vector<double>(30, 2.0))};
    EXPECT_EQ(run(constant, 1).stop, StopReason::exhausted);
}

TEST(Enumerate, LinearPairsFindAWeightedLawWithWrongRows) {
    // Two small formulas times a monomial under a root, relative errors, 2 % of the rows wrong.
    auto problem = problem_of({"sqrt(2*p*q*(cos(a - b) + 3*(c + 0)))", {"p", "q", "a", "b", "c"}}, 900, 0);
    std::vector<double> y(problem.data.targets[0].values().begin(), problem.data.targets[0].values().end()), sigma;
    RandomStream random(4);
    for (std::size_t i = 0; i < y.size(); ++i) {
        y[i] *= 1 + 0.01 * random.normal();
        if (i % 50 == 3) y[i] *= 1.5;
        sigma.push_back(0.01 * y[i]);
    }
    problem.data.targets = {Column("y", y)};
    problem.data.sigma = Column("sigma", sigma);
    problem.loss.name = "huber";
    const auto result = run_for(problem, 1e6);
    ASSERT_FALSE(result.front.empty());
    bool found = false;
    for (const auto& member : result.front.members()) {
        const std::string text = print(member.outputs[0], problem.vocabulary(), {.digits = 3});
        found |= text.find("cos(a - b)") != std::string::npos && text.find("sqrt(") == 0 && text.find("p*q") != std::string::npos;
    }
    EXPECT_TRUE(found);
}

// Powers times two functions of two variables each, neither among the smallest formulas of all five variables.
TEST(EnumerateSearcher, MultipliesFunctionsOfTwoVariables) {
    const Law law{"e^2*sin(a^2 - b)*log(c + d^2)/a", {"a", "b", "c", "d", "e"}, 1, 3};
    const auto result = run_for(problem_of(law, 300), 2e6);
    EXPECT_EQ(result.stop, StopReason::solved);
    ASSERT_FALSE(result.front.empty());
    EXPECT_LT(result.front.members().back().loss, 1e-20);
}

}  // namespace
}  // namespace balmer
