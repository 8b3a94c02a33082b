// Tables that are poor, repetitive or of wild scale: no crash, no false law, and the law where the rows still tell it.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "search/enumerate/run_for.hpp"

namespace balmer {
namespace {

using ValueLists = std::vector<std::vector<double>>;
using Value = std::function<double(const std::vector<double>&)>;

ValueLists random_columns(std::size_t count, std::size_t rows) {
    RandomStream random(3);
    ValueLists columns(count, std::vector<double>(rows));
    for (auto& column : columns)
        for (double& x : column) x = random.uniform(1, 5);
    return columns;
}

Problem problem_of(const ValueLists& columns, const Value& law) {
    Problem problem;
    std::vector<double> target;
    for (std::size_t r = 0; r < columns.front().size(); ++r) {
        std::vector<double> row;
        for (const auto& column : columns) row.push_back(column[r]);
        target.push_back(law(row));
    }
    for (std::size_t v = 0; v < columns.size(); ++v) problem.data.features.emplace_back("x" + std::to_string(v), columns[v]);
    problem.data.targets = {Column("y", target)};
    for (const char* name : {"+", "-", "*", "/", "sqrt", "exp", "log", "sin", "cos"}) problem.operators.push_back(*find_operator(name));
    return problem;
}

// The most accurate formula, printed with 3 digits.
std::string found(const Problem& problem, const SearchResult& result) {
    return print(result.front.members().back().outputs[0], problem.vocabulary(), {.digits = 3});
}

double product(const std::vector<double>& x) { return x[0] * x[1]; }

TEST(BadInput, ThreeRowsAreNoLaw) {
    const auto result = run_for(problem_of(random_columns(2, 3), product));
    EXPECT_NE(result.stop, StopReason::solved);
}

TEST(BadInput, DuplicateRowsChangeNothing) {
    auto columns = random_columns(2, 30);
    for (auto& column : columns)
        for (int copy = 0; copy < 3; ++copy) column.insert(column.end(), column.begin(), column.begin() + 30);
    const auto problem = problem_of(columns, product);
    const auto result = run_for(problem);
    EXPECT_EQ(result.stop, StopReason::solved);
    EXPECT_EQ(found(problem, result), "x0*x1");
}

TEST(BadInput, AConstantColumnIsLeftOut) {
    auto columns = random_columns(2, 100);
    columns[1].assign(100, 3.0);
    const auto problem = problem_of(columns, [](const auto& x) { return x[1] * x[0] * x[0]; });
    const auto result = run_for(problem);
    EXPECT_EQ(result.stop, StopReason::solved);
    EXPECT_EQ(found(problem, result), "3*x0^2");
}

TEST(BadInput, IdenticalColumnsAreOne) {
    auto columns = random_columns(3, 100);
    columns[1] = columns[0];
    const auto problem = problem_of(columns, [](const auto& x) { return x[0] * x[2] + x[1]; });
    const auto result = run_for(problem);
    EXPECT_EQ(result.stop, StopReason::solved);
    const std::string text = found(problem, result);
    EXPECT_NE(text.find("x0") == std::string::npos, text.find("x1") == std::string::npos) << text;
}

TEST(BadInput, WholeNumbersWithZeros) {
    ValueLists columns(2);
    RandomStream random(9);
    for (int i = 0; i < 150; ++i)
        for (auto& column : columns) column.push_back(std::floor(random.uniform(0, 9)));
    const auto problem = problem_of(columns, [](const auto& x) { return x[0] * x[0] + 3 * x[1]; });
    const auto result = run_for(problem);
    ASSERT_EQ(result.stop, StopReason::solved);
    EXPECT_EQ(found(problem, result).size(), std::string("x0^2 + 3*x1").size()) << found(problem, result);
}

TEST(BadInput, ColumnsOfWildlyDifferentScale) {
    auto columns = random_columns(2, 100);
    for (double& x : columns[0]) x *= 1e-30;
    for (double& x : columns[1]) x *= 1e30;
    for (const Value& law : {Value([](const auto& x) { return x[0] * x[1] * x[1]; }), Value([](const auto& x) { return x[0] / x[1] + 1e-60; }),
                           Value([](const auto& x) { return std::sqrt(x[0] * x[0] * 1e120 + x[1] * x[1]); })}) {
        const auto problem = problem_of(columns, law);
        const auto result = run_for(problem);
        EXPECT_EQ(result.stop, StopReason::solved) << found(problem, result);
    }
}

}  // namespace
}  // namespace balmer
