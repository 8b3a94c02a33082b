#include "search/genetic/memory.hpp"

#include <algorithm>

#include "search/genetic/island.hpp"

namespace balmer::genetic {
namespace {

constexpr std::size_t fewest_rows = 200;  // of a batch
constexpr int fewest_members = 4;         // of a niche

// A formula as long as the limits allow, twice over: a core may lose its complexity to cheap nodes.
std::size_t bytes_of_individual(const Problem& problem) {
    const auto nodes = 2 * static_cast<std::size_t>(std::max(1, problem.constraints.maximum_complexity));
    const std::size_t of_core = sizeof(Expression) + nodes * (sizeof(Node) + sizeof(double));
    return sizeof(Individual) + problem.searched() * (of_core + 3 * sizeof(double));
}

std::size_t bytes_of_batch(const Problem& problem, std::size_t batch_rows) {
    const std::size_t rows = problem.data.rows();
    const std::size_t columns = problem.data.features.size() + problem.data.categories.size() + 2 * problem.data.targets.size() + 2;
    return (2 * rows <= 3 * batch_rows ? 0 : batch_rows) * columns * sizeof(double);
}

}  // namespace

std::size_t bytes_kept(const Problem& problem, const GeneticOptions& options) {
    const auto islands = static_cast<std::size_t>(std::max(1, options.islands));
    const std::size_t members = Setting::niche_count * static_cast<std::size_t>(std::max(1, options.niche_size));
    return islands * (members * bytes_of_individual(problem) + sizeof(std::uint64_t) * Tried().slots().size() +
                      bytes_of_batch(problem, options.batch_rows));
}

GeneticOptions within_memory(GeneticOptions options, const Problem& problem, std::size_t bytes) {
    const bool in_batches = bytes_of_batch(problem, options.batch_rows) > 0;
    while (in_batches && options.batch_rows > fewest_rows && bytes_kept(problem, options) > bytes)
        options.batch_rows = std::max(fewest_rows, options.batch_rows / 2);
    while (options.niche_size > fewest_members && bytes_kept(problem, options) > bytes)
        options.niche_size = std::max(fewest_members, options.niche_size / 2);
    return options;
}

}  // namespace balmer::genetic
