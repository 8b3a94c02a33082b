// Waves of arbitrary frequency and phase.
#include <gtest/gtest.h>

#include <cmath>

#include "balmer/enumerate.hpp"
#include "search/silent_observer.hpp"

namespace balmer {
namespace {

struct Wave {
    const char* formula;
    double noise;
};

class Oscillations : public testing::TestWithParam<Wave> {};

TEST_P(Oscillations, AreFoundWithTheirConstants) {
    constexpr std::size_t rows = 600;
    const Vocabulary names{.features = {"t", "k"}, .parameters = {}, .definitions = {}, .holes = {}};
    const Graph law = to_graph(parse(GetParam().formula, names));
    RandomStream random(5);
    std::vector<double> t(rows), k(rows), y(rows);
    for (std::size_t i = 0; i < rows; ++i) {
        t[i] = random.uniform(0.5, 9);
        k[i] = random.uniform(1, 3);
        y[i] = evaluate_row(law, law.values(), std::vector<double>{t[i], k[i]})[0] + GetParam().noise * random.normal();
    }
    Problem problem;
    problem.data.features = {Column("t", t), Column("k", k)};
    problem.data.targets = {Column("y", y)};
    for (const char* name : {"+", "-", "*", "/", "square", "sin", "cos"}) problem.operators.push_back(*find_operator(name));
    EnumerateSearcher searcher;
    Silent silent;
    const auto result = searcher.run(problem, {.seconds = 5, .threads = 2}, 1, {}, silent, {});
    double nearest = 1;
    for (const auto& member : result.front.members()) {
        const Graph graph = to_graph(member.outputs[0]);
        double worst = 0;
        for (std::size_t i = 0; i < 100; ++i) {
            const std::vector<double> row = {t[i], k[i]};
            worst = std::max(worst, std::fabs(evaluate_row(graph, graph.values(), row)[0] - evaluate_row(law, law.values(), row)[0]));
        }
        nearest = std::min(nearest, worst);
    }
    EXPECT_LT(nearest, GetParam().noise == 0 ? 1e-9 : 0.5 * GetParam().noise) << GetParam().formula;
    if (GetParam().noise == 0) EXPECT_EQ(result.stop, StopReason::solved);
    else EXPECT_NE(result.stop, StopReason::solved);
}

INSTANTIATE_TEST_SUITE_P(Waves, Oscillations,
                         testing::Values(Wave{"sin(1.37*t + 0.4)", 0}, Wave{"0.7 + 2.3*cos(11.9*t*k)", 0}, Wave{"t*sin(3.37*t/k - 1)", 0},
                                         Wave{"3*sin(20*t/k)^2", 0}, Wave{"2*sin(5.3*t + 0.9) + 4", 0.2}));

}  // namespace
}  // namespace balmer
