#include <algorithm>

#include "balmer/divide.hpp"
#include "balmer/enumerate.hpp"
#include "balmer/error.hpp"
#include "balmer/genetic.hpp"
#include "balmer/study.hpp"
#include "search/additive.hpp"
#include "study/chain.hpp"

namespace balmer {
namespace {

constexpr std::size_t small_table = 5'000;  // entries that are asked before variables are reduced

// Parts of a reduction are solved by enumeration.
std::unique_ptr<Searcher> part_solver(const PartEffort& effort) {
    using Questions = EnumerateOptions::Questions;
    EnumerateOptions options{.maximum_entries = effort.entries, .asked_entries = effort.asked};
    switch (effort.target) {
        case PartEffort::Target::exact: options.questions = Questions::exact_only; break;
        case PartEffort::Target::near: options.questions = Questions::near; break;
        case PartEffort::Target::noisy: options.questions = Questions::noisy_only; break;
    }
    return make_enumerate_searcher(options);
}

// A library keeps the values twice, while it is made and after, and about 200 bytes beside them.
constexpr std::size_t bytes_of_entry(std::size_t rows) { return 2 * rows * sizeof(double) + 200; }

// Evolution that may ask a library of small formulas what a subtree should have been.
class GeneticWithLibrary : public Searcher {
public:
    std::string name() const override { return "genetic"; }
    SearchResult run(const Problem& problem, const Budget& budget, std::uint64_t seed, StopToken stop, Observer& observer,
                     const std::string& resume) override {
        constexpr std::size_t most_entries = 20'000, fewest_entries = 500, rows = 200, fewest_rows = 8;
        // Half of the memory at most; populations and batches see to themselves.
        const std::size_t entries = std::min(most_entries, budget.memory / (2 * bytes_of_entry(rows)));
        const bool has_library = problem.task == Task::regression && problem.outputs() == 1 && problem.data.rows() >= fewest_rows &&
                                 entries >= fewest_entries;
        const auto library = has_library ? build_library(problem, entries, rows, seed, budget.threads) : nullptr;
        return make_genetic_searcher({}, library)->run(problem, budget, seed, std::move(stop), observer, resume);
    }
};

std::unique_ptr<Searcher> searcher_named(const std::string& name, const NeuralOptions& neural) {
    if (name == "neural") return make_neural_searcher(neural);
    if (name == "genetic") return std::make_unique<GeneticWithLibrary>();
    if (name == "enumerate") return make_enumerate_searcher();
    if (name == "divide") return make_divide_searcher(part_solver);
    if (name == "sums") return make_additive_searcher();
    const std::string known[] = {"auto", "divide", "enumerate", "genetic", "neural", "sums"};
    throw Error({.name = "--method"}, "unknown method '" + name + "'." + suggest(name, known) + " Allowed: auto, divide, enumerate, genetic, neural, sums");
}

// What "auto" runs: a small table, which holds most laws; smaller problems, where the data are exact; the table under noise and as large as
// it gets; evolution on what is left. Where the user states uncertainties, the table under noise comes first.
std::vector<Stage> automatic_stages(bool uncertain) {
    EnumerateOptions small{.maximum_entries = small_table};
    small.questions = EnumerateOptions::Questions::exact_only;
    DivideOptions divide{.asked_entries = small_table};
    divide.noise = DivideOptions::Noise::left;
    const EnumerateOptions large{.asked_entries = small_table};
    std::vector<Stage> stages;
    if (uncertain) stages.push_back({make_enumerate_searcher(large), 0.4, true, true});
    stages.push_back({make_enumerate_searcher(small), uncertain ? 0.45 : 0.15, false, true});
    stages.push_back({make_divide_searcher(part_solver, divide), uncertain ? 0.6 : 0.4, false, true});
    if (!uncertain) stages.push_back({make_enumerate_searcher(large), 0.6, true, true});
    stages.push_back({std::make_unique<GeneticWithLibrary>()});
    return stages;
}

}  // namespace

std::unique_ptr<Searcher> make_searcher(const std::vector<std::string>& methods, const NeuralOptions& neural, bool uncertain) {
    if (methods.empty()) throw Error({.name = "--method"}, "no method given. Allowed: auto, divide, enumerate, genetic, neural, sums");
    // Each method ends by its share of the budget; the stages of "auto" by theirs of its share.
    const double share = 1.0 / static_cast<double>(methods.size());
    std::vector<Stage> stages;
    for (std::size_t i = 0; i < methods.size(); ++i) {
        const double before = static_cast<double>(i) * share;
        std::vector<Stage> of_method;
        if (methods[i] == "auto") of_method = automatic_stages(uncertain);
        else of_method.push_back({searcher_named(methods[i], neural)});
        for (auto& stage : of_method) {
            stage.until = before + stage.until * share;
            stages.push_back(std::move(stage));
        }
    }
    return std::make_unique<Chain>(std::move(stages));
}

}  // namespace balmer
