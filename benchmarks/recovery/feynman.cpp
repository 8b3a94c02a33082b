// How many of the 120 Feynman equations enumeration by value finds: ./feynman [seconds] [noise] [every] [first] [name].
// Strict count: on 1,000 fresh rows without noise the formula agrees within 1e-9 of the target's spread (noise 0), or the front's choice
// agrees within a tenth of the noise.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "balmer/clock.hpp"
#include "balmer/enumerate.hpp"
#include "physics/feynman.hpp"

using namespace balmer;

namespace {

class Silent final : public Observer {
public:
    void improved(const Progress& progress, const Candidate&) override { last_ = progress.seconds; }
    void progressed(const Progress&) override {}
    void checkpoint(const std::string&) override {}
    bool checkpoint_due() override { return false; }
    double last() const { return last_; }

private:
    double last_ = 0;
};

Dataset with_roles(const Table& table) {
    Dataset data;
    data.features.assign(table.numeric.begin(), table.numeric.end() - 1);
    data.targets = {table.numeric.back()};
    return data;
}

// Largest disagreement on fresh rows, relative to the target's standard deviation there.
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

}  // namespace

int main(int argc, char** argv) {
    const double seconds = number(argc, argv, 1, 10), noise = number(argc, argv, 2, 0);
    const auto every = static_cast<std::size_t>(number(argc, argv, 3, 1)), first = static_cast<std::size_t>(number(argc, argv, 4, 0));
    const auto equations = feynman_equations();
    std::vector<double> times;
    std::size_t tried = 0;
    for (std::size_t e = first; e < equations.size(); e += every) {
        const auto& equation = equations[e];
        if (argc > 5 && equation.name != argv[5]) continue;
        Problem problem;
        problem.data = with_roles(generate_feynman(equation.name, 1000, noise, 1));
        problem.operators = operators();
        problem.constraints.maximum_complexity = 70;
        problem.constraints.maximum_depth = 20;
        const Budget budget{.seconds = seconds};
        Silent silent;
        EnumerateSearcher searcher;
        const auto result = searcher.run(problem, budget, 1, {}, silent, {});
        const auto fresh = with_roles(generate_feynman(equation.name, 1000, 0, 99));
        double best = INFINITY;
        Expression formula;
        if (!result.front.empty()) {
            const auto& members = result.front.members();
            const auto chosen = noise > 0 ? select(result.front, Selection::description_length, problem) : members.size() - 1;
            formula = members[chosen].outputs[0];
            best = disagreement(formula, fresh);
        }
        ++tried;
        const bool solved = noise > 0 ? best < 0.1 * noise : best < 1e-9;
        if (solved) times.push_back(result.seconds);
        const Vocabulary names{.features = problem.data.feature_names(), .parameters = {}, .definitions = {}, .holes = {}};
        fmt::print("{} {:<8} {:6.2f} s {:6.2f} {:9.2e} {:>9} {}\n", solved ? "ok  " : "MISS", equation.name, result.seconds, silent.last(), best,
                   to_string(result.stop), formula.empty() ? "" : print(formula, names, {.digits = 8}));
        if (!solved) fmt::print("          {}\n", equation.formula);
        std::fflush(stdout);
    }
    std::ranges::sort(times);
    fmt::print("solved {} of {}", times.size(), tried);
    if (!times.empty()) fmt::print("; seconds: median {:.2f}, 90 % {:.2f}, largest {:.2f}", times[times.size() / 2], times[times.size() * 9 / 10], times.back());
    fmt::print("\n");
}
