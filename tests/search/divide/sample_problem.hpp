#pragma once

#include <string>
#include <vector>

#include "balmer/search.hpp"
#include "search/divide/tree.hpp"

namespace balmer::divide {

/// A law, the ranges of its variables, and their units where they matter.
struct Law {
    std::string formula;
    std::vector<std::string> variables;
    double low = 1, high = 3;
    std::vector<std::string> units = {};
    std::string target_unit = "";
};

/// Rows of a law drawn uniformly; every usual operator allowed.
inline Problem sample_problem(const Law& law, std::size_t rows = 600, std::uint64_t seed = 1) {
    const Vocabulary names{.features = law.variables, .parameters = {}, .definitions = {}, .holes = {}};
    const Graph graph = to_graph(parse(law.formula, names));
    RandomStream random(seed);
    std::vector<std::vector<double>> columns(law.variables.size());
    std::vector<double> target;
    for (std::size_t i = 0; i < rows; ++i) {
        std::vector<double> at;
        for (auto& column : columns) {
            column.push_back(random.uniform(law.low, law.high));
            at.push_back(column.back());
        }
        target.push_back(evaluate_row(graph, graph.values(), at)[0]);
    }
    Problem problem;
    for (std::size_t v = 0; v < columns.size(); ++v)
        problem.data.features.emplace_back(law.variables[v], columns[v], law.units.empty() ? "" : law.units[v]);
    problem.data.targets = {Column("y", target, law.target_unit)};
    if (!law.units.empty()) problem.units = UnitRule::constants_dimensionless;
    for (const char* name : {"+", "-", "*", "/", "sqrt", "exp", "log", "sin", "cos"}) problem.operators.push_back(*find_operator(name));
    problem.constraints.maximum_complexity = 60;
    problem.constraints.maximum_depth = 20;
    return problem;
}

/// A formula in these variables.
inline Expression in(const char* text, std::vector<std::string> variables) {
    return parse(text, Vocabulary{.features = std::move(variables), .parameters = {}, .definitions = {}, .holes = {}});
}

inline std::vector<std::size_t> all_rows(const Problem& problem) {
    std::vector<std::size_t> rows(problem.data.rows());
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i;
    return rows;
}

}  // namespace balmer::divide
