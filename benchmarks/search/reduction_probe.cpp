// How many of the 120 Feynman equations reduction of variables with enumeration finds: ./reduction_probe [seconds] [with units: 0, 1] [every] [first] [name].
// Strict count: on 1,000 fresh rows the formula agrees within 1e-9 of the target's spread.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "balmer/divide.hpp"
#include "balmer/enumerate.hpp"
#include "physics/feynman.hpp"

using namespace balmer;

namespace {

class Silent final : public Observer {
public:
    void improved(const Progress&, const Candidate&) override {}
    void progressed(const Progress&) override {}
    void checkpoint(const std::string&) override {}
    bool checkpoint_due() override { return false; }
};

Dataset with_roles(const Table& table) {
    Dataset data;
    data.features.assign(table.numeric.begin(), table.numeric.end() - 1);
    data.targets = {table.numeric.back()};
    return data;
}

// Root mean square disagreement on fresh rows, relative to the target's standard deviation there.
double disagreement(const Expression& formula, const Dataset& fresh) {
    const Program program(formula);
    std::vector<double> prediction(fresh.rows());
    double* outputs[] = {prediction.data()};
    const auto pointers = feature_pointers(fresh);
    evaluate(program, formula.values, {.column = pointers, .rows = fresh.rows()}, outputs);
    const auto y = fresh.targets[0].values();
    double sum = 0, mean = 0, spread = 0;
    for (const double v : y) mean += v / static_cast<double>(y.size());
    for (std::size_t i = 0; i < y.size(); ++i) {
        sum += (prediction[i] - y[i]) * (prediction[i] - y[i]);
        spread += (y[i] - mean) * (y[i] - mean);
    }
    return std::isfinite(sum) ? std::sqrt(sum / spread) : INFINITY;
}

std::vector<Op> operators() {
    std::vector<Op> result;
    for (const char* name : {"+", "-", "*", "/", "^", "square", "cube", "sqrt", "exp", "log", "sin", "cos", "tan", "asin", "acos", "tanh"})
        result.push_back(*find_operator(name));
    return result;
}

double number(int argc, char** argv, int i, double otherwise) { return argc > i ? std::atof(argv[i]) : otherwise; }

std::unique_ptr<Searcher> solver(const PartEffort& effort) {
    EnumerateOptions options{.maximum_entries = effort.entries, .asked_entries = effort.asked};
    using Questions = EnumerateOptions::Questions;
    options.questions = effort.target == PartEffort::Target::exact ? Questions::exact_only
                        : effort.target == PartEffort::Target::near ? Questions::near : Questions::noisy_only;
    return make_enumerate_searcher(options);
}

}  // namespace

int main(int argc, char** argv) {
    const double seconds = number(argc, argv, 1, 10);
    const auto every = static_cast<std::size_t>(number(argc, argv, 3, 1)), first = static_cast<std::size_t>(number(argc, argv, 4, 0));
    const auto equations = feynman_equations();
    std::vector<double> times;
    std::size_t tried = 0;
    for (std::size_t e = first; e < equations.size(); e += every) {
        const auto& equation = equations[e];
        if (argc > 5 && equation.name != argv[5]) continue;
        Problem problem;
        problem.data = with_roles(generate_feynman(equation.name, 1000, 0, 1));
        if (number(argc, argv, 2, 0) > 0 && !equation.unit.empty()) problem.units = UnitRule::constants_dimensionless;
        problem.operators = operators();
        problem.constraints.maximum_complexity = 70;
        problem.constraints.maximum_depth = 20;
        Silent silent;
        const auto searcher = make_divide_searcher(solver);
        const auto begin = std::clock();
        const auto result = searcher->run(problem, {.seconds = seconds, .threads = 1}, 1, {}, silent, {});
        const double used = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
        const auto fresh = with_roles(generate_feynman(equation.name, 1000, 0, 99));
        double best = INFINITY;
        Expression formula;
        if (!result.front.empty()) {
            formula = result.front.members().back().outputs[0];
            best = disagreement(formula, fresh);
        }
        ++tried;
        const bool solved = best < 1e-9;
        if (solved) times.push_back(used);
        fmt::print("{} {:<8} {:6.2f} s of the processor {:9.2e} {:>9} {}\n", solved ? "ok  " : "MISS", equation.name, used, best, to_string(result.stop),
                   formula.empty() ? "" : print(formula, problem.vocabulary(), {.digits = 8}));
        if (argc > 5)
            for (std::size_t i = 0; i < result.reductions.size(); ++i) {
                const auto& r = result.reductions[i];
                fmt::print("    {} <- {} {}: {} | {} of {} | {:.2e} -> {:.2e} {}\n", i, r.parent, r.kind, r.words, r.target, fmt::join(r.variables, ", "), r.error_before, r.error_after, r.solution);
            }
        if (!solved || argc > 5) fmt::print("          {}\n", equation.formula);
        for (const auto& line : result.report) if (argc > 5) fmt::print("    {}\n", line);
        std::fflush(stdout);
    }
    std::ranges::sort(times);
    fmt::print("solved {} of {}", times.size(), tried);
    if (!times.empty()) fmt::print("; seconds: median {:.2f}, 90 % {:.2f}, largest {:.2f}", times[times.size() / 2], times[times.size() * 9 / 10], times.back());
    fmt::print("\n");
}
