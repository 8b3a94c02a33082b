#pragma once

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "balmer/neural.hpp"
#include "balmer/random.hpp"
#include "search/bytes.hpp"

/// Problems, settings and observers of whole runs to test with.
namespace balmer {

// Stops, and keeps the last checkpoint, after so many calls.
class Watcher final : public Observer {
public:
    explicit Watcher(int stop_after = 1'000'000) : left_(stop_after) {}
    void improved(const Progress&, const Candidate&) override {}
    void progressed(const Progress& progress) override {
        last = progress;
        if (--left_ == 0) token.request_stop();
    }
    void checkpoint(const std::string& given) override { bytes = given; }
    bool checkpoint_due() override { return true; }
    void table(const std::string& name, const std::string& text) override {
        table_name = name;
        table_text = text;
    }

    StopToken token;
    std::string bytes, table_name, table_text;
    Progress last;

private:
    int left_;
};

// Two classes of a circle: x^2 + y^2 < 1, with inputs that tell nothing beside.
inline Problem circle(std::size_t rows, std::size_t noise_inputs = 3) {
    RandomStream random(17);
    std::vector<std::vector<double>> columns(2 + noise_inputs, std::vector<double>(rows));
    std::vector<double> codes(rows);
    for (std::size_t r = 0; r < rows; ++r) {
        for (auto& column : columns) column[r] = random.uniform(-1.5, 1.5);
        codes[r] = columns[0][r] * columns[0][r] + columns[1][r] * columns[1][r] < 1 ? 1 : 0;
    }
    Problem problem;
    for (std::size_t i = 0; i < columns.size(); ++i) problem.data.features.emplace_back("x" + std::to_string(i), columns[i]);
    problem.data.targets = {Column("inside", codes)};
    problem.data.classes = {"no", "yes"};
    problem.task = Task::classification;
    problem.loss.name = "logistic";
    problem.operators = {Op::add, Op::multiply, Op::square, Op::tanh};
    problem.complexity = ComplexityMeasure::from_name("sympy");
    return problem;
}

// Targets of x and y, weighed as SymPy counts.
inline Problem of_two(std::vector<double> x, std::vector<double> y, std::vector<Column> targets, std::vector<Op> operators) {
    Problem problem;
    problem.data.features = {Column("x", std::move(x)), Column("y", std::move(y))};
    problem.data.targets = std::move(targets);
    problem.operators = std::move(operators);
    problem.complexity = ComplexityMeasure::from_name("sympy");
    return problem;
}

inline NeuralOptions quick(int trials = 2) {
    NeuralOptions options;
    options.trials = trials;
    options.epochs = 25;
    options.layers = 1;
    options.unary = 4;
    options.binary = 2;
    options.learning_rate = 0.02;
    return options;
}

inline Budget unlimited(int threads) {
    Budget budget;
    budget.seconds = std::numeric_limits<double>::infinity();
    budget.threads = threads;
    return budget;
}

inline SearchResult run(const Problem& problem, const NeuralOptions& options, int threads, Watcher& watcher, const std::string& resume = "") {
    return make_neural_searcher(options)->run(problem, unlimited(threads), 3, watcher.token, watcher, resume);
}

inline std::string bytes_of(const ParetoFront& front) {
    ByteWriter writer;
    writer.front(front);
    return writer.take();
}

}  // namespace balmer
