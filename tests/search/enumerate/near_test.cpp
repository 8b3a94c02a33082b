// Targets that are right to a small error, as surrogates give them.
#include <gtest/gtest.h>

#include <cmath>

#include "balmer/enumerate.hpp"
#include "search/silent_observer.hpp"

namespace balmer {
namespace {

class Near : public testing::TestWithParam<const char*> {};

TEST_P(Near, FindsTheFormulaBehindASmallError) {
    constexpr std::size_t rows = 400;
    constexpr double error = 1e-5;
    const Vocabulary names{.features = {"x", "z"}, .parameters = {}, .definitions = {}, .holes = {}};
    const Graph law = to_graph(parse(GetParam(), names));
    RandomStream random(5);
    std::vector<double> x(rows), z(rows), y(rows);
    for (std::size_t i = 0; i < rows; ++i) {
        x[i] = random.uniform(1, 3);
        z[i] = random.uniform(1, 3);
        y[i] = evaluate_row(law, law.values(), std::vector<double>{x[i], z[i]})[0] * (1 + error * random.normal());
    }
    Problem problem;
    problem.data.features = {Column("x", x), Column("z", z)};
    problem.data.targets = {Column("y", y)};
    for (const char* name : {"+", "-", "*", "/", "square", "sqrt", "exp", "log", "sin", "cos"}) problem.operators.push_back(*find_operator(name));
    EnumerateOptions options{.library_entries = 5000};
    options.questions = EnumerateOptions::Questions::near;
    EnumerateSearcher searcher(options);
    Silent silent;
    const auto result = searcher.run(problem, {.seconds = 60, .threads = 1}, 1, {}, silent, {});
    double nearest = 1;
    for (const auto& member : result.front.members()) {
        const Graph graph = to_graph(member.outputs[0]);
        double worst = 0;
        for (std::size_t i = 0; i < 100; ++i) {
            const std::vector<double> row = {x[i], z[i]};
            worst = std::max(worst, std::fabs(evaluate_row(graph, graph.values(), row)[0] / evaluate_row(law, law.values(), row)[0] - 1));
        }
        nearest = std::min(nearest, worst);
    }
    EXPECT_LT(nearest, error) << GetParam();
}

INSTANTIATE_TEST_SUITE_P(Laws, Near,
                         testing::Values("2.5/sin(sqrt(x))", "1.7*x^2*z/(x + z)^3", "0.3*exp(x/z) + 1", "sqrt(3*x^2 + 2)", "1/(exp(z/x) - 1)", "4*x^1.5/z"));

}  // namespace
}  // namespace balmer
