#pragma once

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "balmer/random.hpp"
#include "balmer/study.hpp"

namespace balmer::testing {

/// A table of uniform columns in [0.5, 3] and one target y = f(row) + noise; the same for the same seed.
inline Table table_of(std::vector<std::string> names, std::size_t rows, const std::function<double(const std::vector<double>&)>& f,
                      double noise = 0, std::uint64_t seed = 7) {
    RandomStream random(seed);
    std::vector<std::vector<double>> columns(names.size(), std::vector<double>(rows));
    std::vector<double> target(rows);
    for (std::size_t i = 0; i < rows; ++i) {
        std::vector<double> row;
        for (auto& column : columns) row.push_back(column[i] = 0.5 + 2.5 * random.uniform());
        target[i] = f(row) + noise * random.normal();
    }
    Table table;
    for (std::size_t k = 0; k < names.size(); ++k) table.numeric.emplace_back(names[k], std::move(columns[k]));
    table.numeric.emplace_back("y", std::move(target));
    table.order = std::move(names);
    table.order.emplace_back("y");
    table.rows = rows;
    table.source = "table";
    return table;
}

/// Law with a part that small formulas do not reach, and noise: a search keeps improving on it.
inline Table hard_table(std::size_t rows = 60) {
    return table_of({"a", "b", "c"}, rows, [](const auto& v) { return v[0] * std::exp(-v[1]) + v[2] * v[2] / (1 + v[0]); }, 0.05);
}

/// Hears nothing.
class Deaf : public FitListener {
public:
    void started(const PreparedFit&, const std::filesystem::path&) override {}
    void improved(const Progress&, const Candidate&, const Vocabulary&) override {}
    void progressed(const Progress&, const Vocabulary&) override {}
};

inline FitOutcome fit_of(const Table& table, FitParameters parameters) {
    if (parameters.target.empty()) parameters.target = {"y"};
    Deaf deaf;
    return fit_table(parameters, table, deaf, StopToken());
}

inline const Model& chosen(const FitOutcome& outcome) { return outcome.models[outcome.chosen]; }

}  // namespace balmer::testing
