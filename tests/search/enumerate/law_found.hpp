#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "balmer/enumerate.hpp"
#include "search/silent_observer.hpp"

namespace balmer {

/// A law of t (.5 to 9, 3 in the first row) and, where the formula names it, of k (1 to 3); 600 rows with normal noise.
struct StatedLaw {
    const char* formula;
    double noise;
};

/// Enumeration alone comes to the law: within `exactly` and solved without noise, else within half of the noise and with no such claim.
inline void expect_found(const StatedLaw& given, const std::vector<std::string>& operators, double exactly) {
    constexpr std::size_t rows = 600;
    const Vocabulary names{.features = {"t", "k"}, .parameters = {}, .definitions = {}, .holes = {}};
    const Graph law = to_graph(parse(given.formula, names));
    RandomStream random(5);
    std::vector<double> t(rows), k(rows), y(rows);
    for (std::size_t i = 0; i < rows; ++i) {
        t[i] = i == 0 ? 3 : random.uniform(0.5, 9);
        k[i] = random.uniform(1, 3);
        y[i] = evaluate_row(law, law.values(), std::vector<double>{t[i], k[i]})[0] + given.noise * random.normal();
    }
    Problem problem;
    problem.data.features = {Column("t", t)};
    if (std::string(given.formula).find('k') != std::string::npos) problem.data.features.push_back(Column("k", k));
    problem.data.targets = {Column("y", y)};
    for (const auto& name : operators) problem.operators.push_back(*find_operator(name));
    EnumerateSearcher searcher;
    Silent silent;
    const auto result = searcher.run(problem, {.evaluations = 20'000, .threads = 2}, 1, {}, silent, {});
    double nearest = std::numeric_limits<double>::infinity();
    for (const auto& member : result.front.members()) {
        const Graph graph = to_graph(member.outputs[0]);
        double worst = 0;
        for (std::size_t i = 0; i < 100; ++i) {
            const std::vector<double> row = {t[i], k[i]};
            worst = std::max(worst, std::fabs(evaluate_row(graph, graph.values(), row)[0] - evaluate_row(law, law.values(), row)[0]));
        }
        nearest = std::min(nearest, worst);
    }
    EXPECT_LT(nearest, given.noise == 0 ? exactly : 0.5 * given.noise) << given.formula;
    if (given.noise == 0) EXPECT_EQ(result.stop, StopReason::solved);
    else EXPECT_NE(result.stop, StopReason::solved);
}

}  // namespace balmer
