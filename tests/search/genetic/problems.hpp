#pragma once

// Small problems and a silent observer for the tests of the genetic search.
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "balmer/genetic.hpp"
#include "balmer/random.hpp"

namespace balmer::testing {

inline const std::vector<Op> all_operators = {
    Op::add, Op::subtract, Op::multiply, Op::divide, Op::negate, Op::square, Op::sqrt,          Op::inverse, Op::exp,
    Op::log, Op::sin,      Op::cos,      Op::power,  Op::tanh,   Op::cube,   Op::integer_power, Op::max};

/// `features` columns uniform in [.5, 3] and as many targets as there are functions of a row.
inline Problem made_problem(std::size_t rows, std::size_t features,
                            const std::vector<std::function<double(const std::vector<double>&)>>& targets,
                            std::uint64_t seed = 5) {
    Problem problem;
    RandomStream random(seed);
    std::vector<std::vector<double>> columns(features, std::vector<double>(rows)),
        results(targets.size(), std::vector<double>(rows));
    for (std::size_t i = 0; i < rows; ++i) {
        std::vector<double> row;
        for (auto& column : columns)
            row.push_back(column[i] = random.uniform(0.5, 3));
        for (std::size_t k = 0; k < targets.size(); ++k)
            results[k][i] = targets[k](row);
    }
    for (std::size_t f = 0; f < features; ++f)
        problem.data.features.emplace_back("x" + std::to_string(f), columns[f]);
    for (std::size_t k = 0; k < targets.size(); ++k)
        problem.data.targets.emplace_back("y" + std::to_string(k), results[k]);
    problem.operators = {Op::add, Op::subtract, Op::multiply, Op::divide, Op::sqrt,
                         Op::exp, Op::sin,      Op::cos,      Op::square};
    problem.constraints.maximum_complexity = 20;
    return problem;
}

/// Hears everything and keeps the checkpoints asked for.
struct QuietObserver : Observer {
    std::function<bool(int)> wants_checkpoint = [](int) { return false; };
    std::function<void(int)> after_epoch = [](int) {};
    std::vector<std::string> checkpoints;
    int epochs = 0, improvements = 0;

    void improved(const Progress&, const Candidate&) override { ++improvements; }
    void progressed(const Progress&) override { after_epoch(++epochs); }
    void checkpoint(const std::string& bytes) override { checkpoints.push_back(bytes); }
    bool checkpoint_due() override { return wants_checkpoint(epochs); }
};

/// Small populations and epochs, so that tests see many epochs in little time.
inline GeneticOptions small_options() {
    GeneticOptions options;
    options.islands = 3;
    options.niche_size = 8;
    options.epoch_work = 3e6;
    options.migration_epochs = 2;
    options.stagnation_epochs = 6;
    return options;
}

/// The front as text with all digits: what must be equal when two runs are.
inline std::string exact_text(const SearchResult& result, const Problem& problem) {
    std::string text;
    for (const auto& member : result.front.members()) {
        text += std::to_string(member.complexity) + " " + std::to_string(member.loss);
        for (const auto& output : member.outputs)
            text += " | " + print(output, problem.vocabulary());
        text += "\n";
    }
    return text;
}

}  // namespace balmer::testing
