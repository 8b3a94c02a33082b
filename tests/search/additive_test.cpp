#include "search/additive.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "balmer/random.hpp"
#include "search/silent_observer.hpp"

namespace balmer {
namespace {

std::vector<double> uniform(std::size_t rows, std::uint64_t index) {
    RandomStream random(5, index);
    std::vector<double> values;
    for (std::size_t i = 0; i < rows; ++i) values.push_back(random.uniform(-3, 3));
    return values;
}

Problem problem_of(std::size_t rows) {
    Problem problem;
    for (const char* name : {"x", "y", "z"}) problem.data.features.emplace_back(name, uniform(rows, problem.data.features.size()));
    problem.operators = {Op::add, Op::multiply, Op::tanh, Op::gauss};
    problem.constraints.maximum_complexity = 200;
    problem.constraints.maximum_depth = 30;
    return problem;
}

SearchResult search(const Problem& problem, Observer& observer, double seconds = 20) {
    return make_additive_searcher({.rows = 400})->run(problem, {.seconds = seconds, .threads = 1}, 1, {}, observer, "");
}

TEST(AdditiveSearch, FindsSumsOfFunctions) {
    Problem problem = problem_of(600);
    std::vector<double> target;
    for (std::size_t i = 0; i < 600; ++i)
        target.push_back(2 * std::tanh(1.5 * problem.data.features[0][i] - 1) + std::exp(-std::pow(2 * problem.data.features[1][i] + 0.5, 2)) - 0.3 * problem.data.features[2][i]);
    problem.data.targets.emplace_back("t", std::move(target));
    Silent observer;
    const auto result = search(problem, observer);
    ASSERT_GE(result.front.members().size(), 3u);
    EXPECT_LT(result.front.members().back().loss, 1e-4);
    EXPECT_GT(observer.improved_, 2);
    for (std::size_t i = 1; i < result.front.members().size(); ++i) EXPECT_LT(result.front.members()[i].loss, result.front.members()[i - 1].loss);
    EXPECT_EQ(result.front.members().back().origin, "sums");
}

TEST(AdditiveSearch, SeparatesClasses) {
    Problem problem = problem_of(900);
    problem.task = Task::classification;
    problem.loss.name = "softmax";
    problem.data.classes = {"a", "b", "c"};
    std::vector<double> code;
    for (std::size_t i = 0; i < 900; ++i) {
        const double x = problem.data.features[0][i], y = problem.data.features[1][i];
        code.push_back(std::fabs(x) < 1 ? 0 : y > 0.5 ? 1 : 2);  // a band and a step
    }
    problem.data.targets.emplace_back("class", std::move(code));
    Silent observer;
    const auto result = search(problem, observer);
    ASSERT_FALSE(result.front.empty());
    EXPECT_LT(result.front.members().back().loss, 0.25);
    EXPECT_EQ(result.front.members().back().outputs.size(), 3u);
}

TEST(AdditiveSearch, LeavesFormsToOthers) {
    Problem problem = problem_of(50);
    problem.operators = {Op::divide};
    problem.data.targets.emplace_back("t", uniform(50, 9));
    Silent observer;
    const auto result = search(problem, observer);
    EXPECT_TRUE(result.front.empty());
    EXPECT_EQ(result.stop, StopReason::exhausted);
}

}  // namespace
}  // namespace balmer
