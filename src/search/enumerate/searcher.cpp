#include "balmer/enumerate.hpp"
#include "search/enumerate/chain.hpp"
#include "search/enumerate/library.hpp"

namespace balmer {

using namespace enumerate;

EnumerateSearcher::EnumerateSearcher(EnumerateOptions options) : options_(options) {}
EnumerateSearcher::~EnumerateSearcher() = default;

SearchResult EnumerateSearcher::run(const Problem& problem, const Budget& budget, std::uint64_t seed, StopToken stop, Observer& observer,
                                    const std::string& /*resume*/) {
    SearchResult result;
    if (problem.task == Task::classification) {
        result.stop = StopReason::exhausted;
        result.report.push_back("library: classes are left to evolution");
        return result;
    }
    ThreadPool pool(budget.threads > 0 ? static_cast<std::size_t>(budget.threads) : 0);
    Run run{.budget = budget, .options = options_, .stop = stop, .observer = observer, .pool = pool};
    run.rows = static_cast<double>(problem.data.rows());
    Chain chain(problem, run, seed);
    result.stop = chain.search();
    result.front = chain.front();
    result.front.update_scores();
    result.report = chain.report();
    result.seconds = run.watch.seconds();
    result.evaluations = run.spent();
    result.node_rows = static_cast<double>(run.clock.ticks());
    return result;
}

std::unique_ptr<Searcher> make_enumerate_searcher(const EnumerateOptions& options) {
    return std::make_unique<EnumerateSearcher>(options);
}

std::shared_ptr<const Library> build_library(const Problem& problem, std::size_t entries, std::size_t rows, std::uint64_t seed,
                                             int threads) {
    ThreadPool pool(threads > 0 ? static_cast<std::size_t>(threads) : 0);
    const auto variables = choose_variables(problem.data, EnumerateOptions{}.maximum_variables);
    const auto keys = take_sample(problem.data, choose_key_rows(problem.data, variables.size() > 8 ? 24 : 16));
    auto table = std::make_shared<ValueTable>(keys.columns, variables, problem.operators, problem.definitions,
                                              RandomStream(seed, 0, 0, 77));
    const TableLimits limits{.entries = 4 * entries, .affine_distinct = entries};
    while (table->grow(1 << 15, limits, pool)) {
    }
    auto sample = take_sample(problem.data, choose_spread_rows(problem.data.rows(), rows, {}));
    return std::make_shared<ValueLibrary>(std::move(table), std::move(sample), entries, pool);
}

}  // namespace balmer
