// genetic_probe SOURCE [CPU seconds] [seed] [threads]: evolution alone on one problem, for tuning. Processor time, so
// that a busy machine does not spoil the comparison. SOURCE is a Feynman equation (I.12.11) or a table whose column
// `target` is fitted on a random three quarters of its rows. Prints the front (complexity, R2 on the training rows, R2
// on the others) and what the search did.
#include <fmt/format.h>
#include <sys/resource.h>

#include <cmath>
#include <cstdlib>
#include <string>

#include "balmer/clock.hpp"
#include "balmer/genetic.hpp"
#include "balmer/readers.hpp"
#include "balmer/split.hpp"
#include "physics/feynman.hpp"
#include "search/scorer.hpp"

using namespace balmer;

namespace {

double processor_seconds() {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

struct Watcher : Observer {
    double limit = 10;
    StopToken stop;
    double exact_at = NAN, baseline = 1;
    double first = NAN;
    void improved(const Progress&, const Candidate& candidate) override {
        if (std::isnan(first))
            first = processor_seconds();
        if (std::isnan(exact_at) && candidate.loss < 1e-13 * baseline)
            exact_at = processor_seconds();
    }
    void progressed(const Progress&) override {
        if (processor_seconds() > limit)
            stop.request_stop();
    }
    void checkpoint(const std::string&) override {}
    bool checkpoint_due() override { return false; }
};

Dataset dataset_of(const Table& table, const std::string& target) {
    Dataset data;
    for (const auto& column : table.numeric)
        (column.name() == target ? data.targets : data.features).push_back(column);
    data.source = table.source;
    return data;
}

Problem problem_for(const std::string& source, std::uint64_t seed) {
    Problem problem;
    const bool file = source.find('/') != std::string::npos;
    if (file) {
        const Dataset all = dataset_of(read_table(source), "target");
        const Split split = split_rows(all, 0.25, RandomStream(seed));
        problem.data = all.take(split.training);
        problem.validation = all.take(split.held_out);
        problem.operators = {Op::add, Op::subtract, Op::multiply, Op::divide, Op::sqrt,
                             Op::exp, Op::log,      Op::sin,      Op::cos,    Op::square};
        problem.constraints.maximum_complexity = 50;
    } else {
        const Table table = generate_feynman(source, 1000, 0, seed);
        problem.data = dataset_of(table, table.order.back());
        const Table other = generate_feynman(source, 1000, 0, seed + 1000);
        problem.validation = dataset_of(other, other.order.back());
        problem.operators = {Op::add, Op::subtract, Op::multiply, Op::divide, Op::sqrt,    Op::exp,  Op::log, Op::sin,
                             Op::cos, Op::square,   Op::cube,     Op::negate, Op::inverse, Op::tanh, Op::asin};
        problem.constraints.maximum_complexity = 40;
    }
    return problem;
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 2)
        return fmt::print("genetic_probe SOURCE [CPU seconds] [seed] [threads]\n"), 2;
    const auto number = [&](int i, double otherwise) { return count > i ? std::atof(arguments[i]) : otherwise; };
    const std::string source = arguments[1];
    const auto seed = static_cast<std::uint64_t>(number(3, 1));
    const bool quiet = std::getenv("BALMER_QUIET") != nullptr;
    const Problem problem = problem_for(source, seed);
    const Scorer scorer(problem);
    Watcher watcher;
    watcher.baseline = scorer.baseline();
    double held_out = 0, mean = 0;
    for (const double y : problem.validation->targets[0].values())
        mean += y / static_cast<double>(problem.validation->rows());
    for (const double y : problem.validation->targets[0].values())
        held_out += (y - mean) * (y - mean) / static_cast<double>(problem.validation->rows());
    watcher.limit = number(2, 10);
    const Budget budget{.seconds = 20 * watcher.limit, .threads = static_cast<int>(number(4, 2))};
    GeneticOptions options;
    if (const char* text = std::getenv("BALMER_ISLANDS"))
        options.islands = std::atoi(text);
    if (const char* text = std::getenv("BALMER_NICHE"))
        options.niche_size = std::atoi(text);
    if (const char* text = std::getenv("BALMER_CROSSOVER"))
        options.crossover = std::atof(text);
    if (const char* text = std::getenv("BALMER_FIT"))
        options.fit_iterations = std::atoi(text);
    if (const char* text = std::getenv("BALMER_BATCH"))
        options.batch_rows = static_cast<std::size_t>(std::atoi(text));
    if (const char* text = std::getenv("BALMER_STAGNATION"))
        options.stagnation_epochs = std::atoi(text);
    const auto result = make_genetic_searcher(options)->run(problem, budget, seed, watcher.stop, watcher, "");
    const Vocabulary names = problem.vocabulary();
    for (const auto& member : result.front.members())
        if (!quiet)
            fmt::print("{:3d} {:.6f} {:.6f} {:.3e}  {}\n", member.complexity, 1 - member.loss / scorer.baseline(),
                       1 - member.validation / held_out, member.loss / scorer.baseline(),
                       print(member.outputs[0], names, {.digits = 4}));
    if (!quiet)
        for (const auto& line : result.report)
            fmt::print("{}\n", line);
    const auto& best = result.front.members()[select(result.front, Selection::accuracy, problem)];
    fmt::print(
        "{:12} {:10} {:6.2f} s  exact at {:6.2f} s  first {:.2f} s  {:.0f} candidates per CPU s  best {} test R2 "
        "{:.6f}  {}\n",
        source.substr(source.rfind('/') + 1), to_string(result.stop), processor_seconds(), watcher.exact_at,
        watcher.first, result.evaluations / processor_seconds(), best.complexity, 1 - best.validation / held_out,
        print(best.outputs[0], names, {.digits = 4}).substr(0, 100));
    return 0;
}
