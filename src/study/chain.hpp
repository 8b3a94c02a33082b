#pragma once

#include <memory>
#include <string>
#include <vector>

#include "balmer/search.hpp"

namespace balmer {

/// One link of a chain.
struct Stage {
    std::unique_ptr<Searcher> searcher;
    double until = 1;     ///< share of the whole budget, what came before included, by which it ends
    bool refined = true;  ///< whether what it found is refined even where it solved nothing
    bool seeks_law = false;  ///< whether rows that seem wrong are kept from it
};

/// Searchers one after another on one budget: each gets the front so far as guesses, and after those that ask for it
/// the front is refined (constants inserted, snapped, formulas shortened). Ends early when a stage reports that the
/// problem is solved. Where the first stage leaves a law unfound and some rows lie grossly off a smooth fit, the stages
/// that seek laws run without these, from the first on.
class Chain : public Searcher {
public:
    explicit Chain(std::vector<Stage> stages) : stages_(std::move(stages)) {}
    std::string name() const override { return "chain"; }
    SearchResult run(const Problem& problem, const Budget& budget, std::uint64_t seed, StopToken stop, Observer& observer,
                     const std::string& resume) override;

private:
    std::vector<Stage> stages_;
};

}  // namespace balmer
