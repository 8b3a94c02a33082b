// Symbolic networks on hundreds and thousands of inputs.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cmath>
#include <set>
#include <sstream>

#include "runs.hpp"

namespace balmer {
namespace {

// Of thousands of terms that could come back only some are weighed together: a joint curvature of all would take gigabytes.
TEST(ManyInputs, StayAffordable) {
    constexpr std::size_t rows = 500, inputs = 1500;
    RandomStream random(5);
    Problem problem;
    std::vector<double> sum(rows, 0.0), target(rows);
    for (std::size_t i = 0; i < inputs; ++i) {
        std::vector<double> column(rows);
        for (std::size_t r = 0; r < rows; ++r) {
            column[r] = random.normal();
            if (i < 12) sum[r] += 0.5 * column[r];
        }
        problem.data.features.emplace_back("x" + std::to_string(i), std::move(column));
    }
    for (std::size_t r = 0; r < rows; ++r) target[r] = std::tanh(sum[r]) + 0.3 * sum[r];
    problem.data.targets = {Column("y", target)};
    problem.operators = {Op::add, Op::multiply, Op::tanh};
    problem.complexity = ComplexityMeasure::from_name("sympy");
    problem.constraints.maximum_complexity = 100;
    auto options = quick(1);
    options.epochs = 6;
    options.shrink_epochs = 1;
    options.unary = 8;
    Watcher watcher;
    EXPECT_FALSE(run(problem, options, 1, watcher).front.empty());
    EXPECT_NE(watcher.table_text.find("shrinking"), std::string::npos);
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    EXPECT_LT(usage.ru_maxrss, 500'000);  // kilobytes
}

// A product whose inputs have no slope of their own, among columns of noise.
TEST(ManyInputs, FindsAProductAmongManyInputs) {
    constexpr std::size_t rows = 1500, inputs = 400;
    RandomStream random(5);
    Problem problem = circle(rows, inputs - 2);
    std::vector<double> codes(rows);
    const auto x = [&](std::size_t i, std::size_t r) { return problem.data.features[i][r]; };
    for (std::size_t r = 0; r < rows; ++r) codes[r] = 2 * x(150, r) * x(220, r) + x(7, r) + 0.2 * random.normal() > 0 ? 1 : 0;
    problem.data.targets = {Column("y", codes)};
    problem.complexity = ComplexityMeasure::from_name("tree");
    Watcher watcher;
    const auto result = run(problem, quick(), 1, watcher);
    const Candidate* best = nullptr;
    for (const auto& member : result.front.members())
        if (member.complexity <= 11) best = &member;  // c*x7 + c*x150*x220 + c
    ASSERT_TRUE(best);
    std::set<std::int32_t> used;
    for (const auto& node : best->outputs[0].nodes)
        if (node.op == Op::feature) used.insert(node.index);
    EXPECT_EQ(used, (std::set<std::int32_t>{7, 150, 220}));
    EXPECT_LT(best->loss, 0.3);  // without the product .6
    std::string told;
    for (const auto& line : result.report) told += line + "\n";
    EXPECT_NE(told.find("x150*x220"), std::string::npos) << told;
    // Columns that were left out count as pruned.
    EXPECT_NE(watcher.table_text.find(",0.9"), std::string::npos);
}

// Rows learnt by heart have no error that could prune; the one on other rows does.
TEST(ManyInputs, PrunesWhatLearnsItsRowsByHeart) {
    auto problem = circle(300, 600);
    auto options = quick(1);
    options.screening = InputScreening::none;
    options.epochs = 60;
    options.shrink_epochs = 0;
    options.sparsity = {0.8, 0.5, 0.2, 0.2};
    Watcher watcher;
    (void)run(problem, options, 1, watcher);
    std::istringstream table(watcher.table_text);
    std::string line, last;
    while (std::getline(table, line)) last = line;
    std::vector<double> cells;
    std::istringstream cell_of(last);
    for (std::string cell; std::getline(cell_of, cell, ',');) cells.push_back(std::atof(cell.c_str()));
    EXPECT_LT(cells[3], 0.5 * cells[4]) << last;  // training error
    EXPECT_GT(cells[6], 0.75) << last;            // weights
    EXPECT_GT(cells[7], 0.45) << last;            // inputs
    // With shrinking such a network goes back to where it was best.
    options.shrink_epochs = 1;
    Watcher forgetting;
    (void)run(problem, options, 1, forgetting);
    EXPECT_EQ(forgetting.table_text.find("\n0,40,training"), std::string::npos);
    EXPECT_NE(forgetting.table_text.find("shrinking"), std::string::npos);
}

}  // namespace
}  // namespace balmer
