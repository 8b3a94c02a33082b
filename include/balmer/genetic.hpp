#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "balmer/search.hpp"

namespace balmer {

/// Settings of the genetic search. The defaults are the measured ones (benchmarks/search); results depend on all of them, and on
/// nothing else but problem, seed and budget.
struct GeneticOptions {
    int islands = 4;                  ///< populations that evolve apart and exchange emigrants; at least 1
    int niche_size = 16;              ///< members of one complexity in one population
    int tournament = 4;               ///< members compared for a parent
    double crossover = 0.25;          ///< share of children with two parents
    double constant_leaf = 0.25;      ///< share of constants among new leaves
    int fit_iterations = 4;           ///< Levenberg-Marquardt steps of every child
    int final_iterations = 25;        ///< the same for what enters the front
    std::size_t batch_rows = 2000;    ///< rows that judge a child; larger data is seen in batches drawn without replacement
    int batch_epochs = 20;            ///< epochs for which a population keeps its batch
    int migration_epochs = 5;         ///< epochs between migrations
    int emigrants = 4;                ///< members that leave for the next island
    int stagnation_epochs = 120;      ///< epochs without progress after which a population starts anew
    double epoch_work = 6e7;          ///< rows x nodes per island and epoch, small costs of a child included
    double solved = 1e-20;            ///< loss, relative to that of the best constant, that counts as exact
    bool stop_when_solved = true;     ///< end once an exact formula has not become shorter for a while
};

/// Evolution on islands: size-niched populations, every child's scale, offset and constants fitted. Without `library` the mutations that
/// ask one use a pool of the population's own subformulas.
/// Throws balmer::Error from run() when the problem has no rows, no features or no operators.
/// The library must be built on the rows of the problem that run() is given.
std::unique_ptr<Searcher> make_genetic_searcher(GeneticOptions options = {}, std::shared_ptr<const Library> library = nullptr);

}  // namespace balmer
