#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "balmer/enumerate.hpp"
#include "search/silent_observer.hpp"

namespace balmer {

/// How near enumeration comes to a law of t (.5 to 9), and of k (1 to 3) where the formula names it, from 600 rows with normal noise.
struct LawFound {
    double nearest = 0;  ///< the least of the largest differences between a formula of the front and the law
    StopReason stop = StopReason::exhausted;
};

inline LawFound search_for_law(const std::string& formula, double noise, const std::vector<std::string>& operators) {
    constexpr std::size_t rows = 600;
    const Vocabulary names{.features = {"t", "k"}, .parameters = {}, .definitions = {}, .holes = {}};
    const Graph law = to_graph(parse(formula, names));
    RandomStream random(5);
    std::vector<double> t(rows), k(rows), y(rows);
    for (std::size_t i = 0; i < rows; ++i) {
        t[i] = random.uniform(0.5, 9);
        k[i] = random.uniform(1, 3);
        y[i] = evaluate_row(law, law.values(), std::vector<double>{t[i], k[i]})[0] + noise * random.normal();
    }
    Problem problem;
    problem.data.features = {Column("t", t)};
    if (formula.find('k') != std::string::npos) problem.data.features.push_back(Column("k", k));
    problem.data.targets = {Column("y", y)};
    for (const auto& name : operators) problem.operators.push_back(*find_operator(name));
    EnumerateSearcher searcher;
    Silent silent;
    const auto result = searcher.run(problem, {.evaluations = 20'000, .threads = 2}, 1, {}, silent, {});
    LawFound found{.nearest = std::numeric_limits<double>::infinity(), .stop = result.stop};
    for (const auto& member : result.front.members()) {
        const Graph graph = to_graph(member.outputs[0]);
        double worst = 0;
        for (std::size_t i = 0; i < 100; ++i) {
            const std::vector<double> row = {t[i], k[i]};
            worst = std::max(worst, std::fabs(evaluate_row(graph, graph.values(), row)[0] - evaluate_row(law, law.values(), row)[0]));
        }
        found.nearest = std::min(found.nearest, worst);
    }
    return found;
}

}  // namespace balmer
