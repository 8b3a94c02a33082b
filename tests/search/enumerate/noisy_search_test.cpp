#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "balmer/enumerate.hpp"
#include "balmer/random.hpp"
#include "search/enumerate/robust.hpp"
#include "search/silent_observer.hpp"
#include "search/scorer.hpp"

namespace balmer {
namespace {

struct NoisyLaw {
    const char* formula;
    std::vector<std::string> names;
    double noise;  ///< of the target's root mean square
};

/// Columns uniform in [0.5, 2.5]; with `noise` 0 the values of the law itself.
Problem problem_of(const NoisyLaw& law, std::size_t rows, double noise, std::uint64_t seed) {
    Problem problem;
    RandomStream random(seed);
    std::vector<std::vector<double>> columns(law.names.size(), std::vector<double>(rows));
    for (auto& column : columns)
        for (double& x : column) x = 0.5 + 2 * random.uniform();
    const Vocabulary names{.features = law.names, .parameters = {}, .definitions = {}, .holes = {}};
    const Graph graph = to_graph(parse(law.formula, names));
    std::vector<double> y(rows);
    for (std::size_t i = 0; i < rows; ++i) {
        std::vector<double> row;
        for (const auto& column : columns) row.push_back(column[i]);
        y[i] = evaluate_row(graph, graph.values(), row)[0];
    }
    double square = 0;
    for (const double v : y) square += v * v / static_cast<double>(rows);
    for (double& v : y) v += noise * std::sqrt(square) * random.normal();
    for (std::size_t k = 0; k < columns.size(); ++k) problem.data.features.emplace_back(law.names[k], columns[k]);
    problem.data.targets.emplace_back("y", y);
    problem.operators = {Op::add, Op::subtract, Op::multiply, Op::divide, Op::square, Op::sqrt, Op::exp, Op::log, Op::sin, Op::cos};
    return problem;
}

SearchResult search(const Problem& problem, int threads) {
    Silent silent;
    const Budget budget{.seconds = 1e9, .threads = threads};
    return EnumerateSearcher({.questions = EnumerateOptions::Questions::noisy_only}).run(problem, budget, 3, StopToken(), silent, "");
}

class NoisyLaws : public ::testing::TestWithParam<NoisyLaw> {};

// The chosen formula, its constants fitted once more without noise, is the law.
TEST_P(NoisyLaws, AreTheShortestDescription) {
    const auto& law = GetParam();
    const Problem noisy = problem_of(law, 300, law.noise, 11), clean = problem_of(law, 200, 0, 12);
    const auto result = search(noisy, 1);
    ASSERT_FALSE(result.front.empty());
    auto outputs = result.front.members()[select(result.front, Selection::description_length, noisy)].outputs;
    const Scorer scorer(clean);
    const double loss = scorer.fit(outputs, {.maximum_iterations = 60});
    EXPECT_LT(std::sqrt(loss / scorer.baseline()), 1e-6) << print(outputs[0], noisy.vocabulary());
}

INSTANTIATE_TEST_SUITE_P(Laws, NoisyLaws,
                         ::testing::Values(NoisyLaw{"a^2*exp(-0.7*a*b)/c", {"a", "b", "c"}, 0.03}, NoisyLaw{"sqrt(a^2 + 3*b^2)", {"a", "b"}, 0.02},
                                           NoisyLaw{"a + a*b*sin(c)", {"a", "b", "c"}, 0.1}, NoisyLaw{"a*sqrt((1 + b)/(3 - b))", {"a", "b"}, 0.01},
                                           NoisyLaw{"a/(exp(0.16*a*b/(c*d)) - 1)", {"a", "b", "c", "d"}, 0.001}),
                         [](const auto& named) { return "law" + std::to_string(named.index); });

TEST(NoisySearch, AnExponentialOfAVariableThatVariesLittle) {
    // Arrhenius: over a factor of two in temperature, exp(-E/T) is nearly a power of it.
    Problem problem;
    RandomStream random(5);
    std::vector<double> temperature, concentration, rate, error;
    for (int i = 0; i < 150; ++i) {
        temperature.push_back(300 + 300 * random.uniform());
        concentration.push_back(0.1 + 2 * random.uniform());
        rate.push_back(3.2e7 * concentration.back() * concentration.back() * std::exp(-5200 / temperature.back()) * (1 + 0.03 * random.normal()));
        error.push_back(0.03 * rate.back());
    }
    problem.data.features = {Column("T", temperature), Column("c", concentration)};
    problem.data.targets = {Column("k", rate)};
    problem.data.sigma = Column("error", error);
    problem.operators = {Op::add, Op::subtract, Op::multiply, Op::divide, Op::square, Op::sqrt, Op::exp, Op::log, Op::sin, Op::cos};
    const auto result = search(problem, 1);
    ASSERT_FALSE(result.front.empty());
    const auto& chosen = result.front.members()[select(result.front, Selection::description_length, problem)].outputs[0];
    const Graph graph = to_graph(chosen);
    const auto at = [&](double T, double c) { return evaluate_row(graph, graph.values(), std::vector{T, c})[0]; };
    for (const double T : {310.0, 450.0, 590.0})
        for (const double c : {0.5, 2.0}) EXPECT_NEAR(at(T, c) / (3.2e7 * c * c * std::exp(-5200 / T)), 1, 0.04) << print(chosen, problem.vocabulary());
    EXPECT_NEAR(at(1000, 1) / (3.2e7 * std::exp(-5.2)), 1, 0.25) << print(chosen, problem.vocabulary());
}

TEST(NoisySearch, AnyNumberOfThreadsGivesTheSameFront) {
    const Problem problem = problem_of({"a*cos(b)/(1 + a)", {"a", "b"}, 0}, 120, 0.02, 5);
    const auto one = search(problem, 1), two = search(problem, 2);
    ASSERT_EQ(one.front.members().size(), two.front.members().size());
    for (std::size_t i = 0; i < one.front.members().size(); ++i) {
        EXPECT_EQ(one.front.members()[i].loss, two.front.members()[i].loss);
        EXPECT_EQ(print(one.front.members()[i].outputs[0], problem.vocabulary()), print(two.front.members()[i].outputs[0], problem.vocabulary()));
    }
}

TEST(RobustFits, FindExponentsThatNoiseBiasesInLogarithms) {
    // Most rows lie below the noise; their logarithms say nothing of the exponent.
    RandomStream random(8);
    std::vector<std::vector<double>> columns(2, std::vector<double>(800, 1.0));
    std::vector<double> u, weight(800, 1.0), logarithm, of_logarithm;
    for (std::size_t i = 0; i < 800; ++i) {
        const double x = 0.3 + 2.7 * random.uniform();
        columns[1][i] = std::log(x);
        u.push_back(0.5 * std::pow(x, 4) + random.normal());
        logarithm.push_back(std::log(std::fabs(u[i])));
        of_logarithm.push_back(u[i] * u[i]);
    }
    const auto fit = enumerate::power_fit(columns, u, weight, logarithm, of_logarithm);
    EXPECT_NEAR(fit.coefficients[1], 4, 3 * fit.error[1]);
    EXPECT_LT(fit.error[1], 0.05);
    u[5] = 1e6;  // a wrong row
    logarithm[5] = std::log(1e6);
    of_logarithm[5] = 100;
    EXPECT_NEAR(enumerate::power_fit(columns, u, weight, logarithm, of_logarithm).coefficients[1], 4, 0.1);
}

}  // namespace
}  // namespace balmer
