// Whether formulas equal the network that they were unrolled from, on every row of a file: trains and shrinks one network as networks.py's case
// `mnist` does and compares at the first epoch at which the mean complexity is within each limit. Arguments TRAIN VALID TEST SEED LIMIT...; the files
// are networks.py's: inputs and the class `y`. Limits fall. Formulas and network are evaluated in double, the network by the plain reference.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "balmer/evaluate.hpp"
#include "balmer/graph.hpp"
#include "balmer/readers.hpp"
#include "search/neural/trial.hpp"

namespace {

using namespace balmer;
using namespace balmer::neural;

Dataset read(const char* path) {
    Dataset data;
    for (auto& column : read_table(path).numeric) (column.name() == "y" ? data.targets : data.features).push_back(std::move(column));
    return data;
}

Problem problem_of(const char* training, const char* validation) {
    Problem problem;
    problem.data = read(training);
    problem.validation = read(validation);
    const auto codes = problem.data.targets.at(0).values();
    for (int k = 0; k <= static_cast<int>(*std::ranges::max_element(codes)); ++k) problem.data.classes.push_back(std::to_string(k));
    problem.validation->classes = problem.data.classes;
    problem.task = Task::classification;
    problem.loss.name = "softmax";
    problem.operators = {Op::add, Op::multiply, Op::sin, Op::gauss, Op::tanh};
    problem.complexity = ComplexityMeasure::from_name("sympy");
    problem.constraints.maximum_complexity = 310;
    problem.constraints.maximum_depth = 100;
    return problem;
}

NeuralOptions options() {
    NeuralOptions options;
    options.trials = options.layers = 1;
    options.epochs = 20;
    options.shrink_epochs = 8;
    options.unary = options.binary = 30;
    options.sparsity = {.9, .4, .1, .1};
    options.learning_rate = .004;
    return options;
}

std::size_t largest(const std::vector<double>& values) { return static_cast<std::size_t>(std::ranges::max_element(values) - values.begin()); }

void compare(const Setting& setting, const Trial& trial, const Dataset& test) {
    const auto& trainer = trial.network();
    const auto& floats = trainer.state().parameters;
    const std::vector<double> parameters(floats.begin(), floats.end());
    const ReferenceNetwork network(trainer.layout().shape(), {}, setting.error());
    const auto formulas = unroll(trainer.layout(), floats, setting.scaling());
    const Graph graph = to_graph(formulas);
    const auto& scaling = setting.scaling();
    double worst = 0;
    std::size_t right = 0, other = 0;
    std::vector<double> columns(test.features.size()), inputs(test.features.size());
    for (std::size_t row = 0; row < test.rows(); ++row) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            columns[i] = test.features[i][row];
            inputs[i] = (columns[i] - scaling.shift[i]) * scaling.scale[i];
        }
        const auto expected = network.outputs(parameters, inputs), found = evaluate_row(graph, graph.values(), columns);
        for (std::size_t k = 0; k < expected.size(); ++k) worst = std::max(worst, std::fabs(found[k] - expected[k]) / std::max(1.0, std::fabs(expected[k])));
        right += static_cast<double>(largest(found)) == test.targets[0][row];
        other += largest(found) != largest(expected);
    }
    std::printf("mean complexity %.1f: formulas and network differ by at most %.2g, in %zu answers, on %zu rows; %zu right\n",
                static_cast<double>(setting.scorer().complexity(formulas)) / static_cast<double>(formulas.size()), worst, other, test.rows(), right);
    std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 6) return std::puts("see the head of benchmarks/recovery/unrolled.cpp"), 2;
    const Problem problem = problem_of(arguments[1], arguments[2]);
    const Dataset test = read(arguments[3]);
    const Setting setting(problem, options(), std::strtoull(arguments[4], nullptr, 10));
    Trial trial(setting, 0);
    const auto outputs = static_cast<double>(problem.outputs());
    for (int at = 5; at < count; ++at) {
        while (!trial.finished() && (trial.is_training() || trial.size() > std::atof(arguments[at]) * outputs)) trial.advance();
        compare(setting, trial, test);
    }
    return 0;
}
