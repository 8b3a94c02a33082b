// Sparse polynomials under noise and among wrong rows.
#include <gtest/gtest.h>

#include <cmath>

#include "balmer/enumerate.hpp"
#include "search/silent_observer.hpp"

namespace balmer {
namespace {

// y = sqrt(2 (a b - c d) + .3), the products nearly cancelling; 0.1 % noise, 2 % of the rows wrong.
Problem cancelling_products(std::uint64_t seed) {
    constexpr std::size_t rows = 1500;
    RandomStream random(seed);
    std::vector<std::vector<double>> x(4, std::vector<double>(rows));
    std::vector<double> y(rows), sigma(rows);
    for (std::size_t i = 0; i < rows; ++i) {
        for (auto& column : x) column[i] = random.uniform(10, 30);
        x[3][i] = (x[0][i] * x[1][i] - random.uniform(.5, 20)) / x[2][i];
        const double exact = std::sqrt(2 * (x[0][i] * x[1][i] - x[2][i] * x[3][i]) + .3);
        y[i] = exact * (1 + .001 * random.normal());
        if (random.chance(.02)) y[i] *= random.uniform(1.1, 2);
        sigma[i] = .001 * exact;
    }
    Problem problem;
    for (std::size_t v = 0; v < x.size(); ++v) problem.data.features.emplace_back(std::string(1, static_cast<char>('a' + v)), x[v]);
    problem.data.targets = {Column("y", y)};
    problem.data.sigma = Column("sigma", sigma);
    problem.loss.name = "huber";
    for (const char* name : {"+", "-", "*", "/", "sqrt"}) problem.operators.push_back(*find_operator(name));
    return problem;
}

TEST(NoisyPolynomials, FindsProductsThatCancel) {
    for (const std::uint64_t seed : {1, 2, 3}) {
        const auto problem = cancelling_products(seed);
        EnumerateSearcher searcher({.questions = EnumerateOptions::Questions::noisy_only});
        Silent silent;
        const auto result = searcher.run(problem, {.seconds = 1e6, .evaluations = 100'000, .threads = 2}, seed, {}, silent, {});
        EXPECT_NE(result.stop, StopReason::solved) << "noisy data are not exact";
        const auto law = to_graph(parse("sqrt(2*(a*b - c*d) + 0.3)", problem.vocabulary()));
        double nearest = 1;
        for (const auto& member : result.front.members()) {
            const auto graph = to_graph(member.outputs[0]);
            double worst = 0;
            for (std::size_t i = 0; i < 200; ++i) {
                std::vector<double> row;
                for (const auto& feature : problem.data.features) row.push_back(feature[i]);
                const double expected = evaluate_row(law, law.values(), row)[0];
                worst = std::max(worst, std::fabs(evaluate_row(graph, graph.values(), row)[0] / expected - 1));
            }
            nearest = std::min(nearest, worst);
        }
        EXPECT_LT(nearest, 2e-3) << "seed " << seed;
    }
}

}  // namespace
}  // namespace balmer
