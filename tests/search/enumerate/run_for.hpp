#pragma once

#include "balmer/enumerate.hpp"
#include "search/silent_observer.hpp"

namespace balmer {

/// Enumeration alone, limited by work, not by the clock of a busy machine.
inline SearchResult run_for(const Problem& problem, double evaluations = 20'000) {
    EnumerateSearcher searcher;
    Silent silent;
    return searcher.run(problem, {.seconds = 1e6, .evaluations = evaluations, .threads = 2}, 1, {}, silent, {});
}

}  // namespace balmer
