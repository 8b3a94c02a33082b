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

// What "auto" runs: everything small by value first, then evolution on what is left.
constexpr double divide_share = 0.3, enumerate_share = 0.4, sums_share = 0.5;

// Parts of a reduction are solved by enumeration.
std::unique_ptr<Searcher> part_solver(const PartEffort& effort) {
    EnumerateOptions options{.maximum_entries = effort.entries};
    const bool exact = effort.target == PartEffort::Target::exact;
    options.questions = exact ? EnumerateOptions::Questions::exact_only : EnumerateOptions::Questions::noisy_only;
    return make_enumerate_searcher(options);
}

double share_of(const std::string& name, std::size_t methods) {
    if (methods > 1 && name == "divide") return divide_share;
    if (methods > 1 && name == "enumerate") return enumerate_share;
    if (methods > 1 && name == "sums") return sums_share;
    return 1.0 / static_cast<double>(methods);
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

}  // namespace

std::unique_ptr<Searcher> make_searcher(const std::vector<std::string>& methods, const NeuralOptions& neural) {
    std::vector<std::string> names;
    for (const auto& method : methods) {
        if (method == "auto") names.insert(names.end(), {"enumerate", "genetic"});
        else names.push_back(method);
    }
    if (names.empty()) throw Error({.name = "--method"}, "no method given. Allowed: auto, divide, enumerate, genetic, neural, sums");
    std::vector<Stage> stages;
    for (const auto& name : names) stages.push_back({searcher_named(name, neural), share_of(name, names.size())});
    return std::make_unique<Chain>(std::move(stages));
}

}  // namespace balmer
