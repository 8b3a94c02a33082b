#pragma once

#include <functional>
#include <vector>

#include "balmer/parallel.hpp"
#include "search/scorer.hpp"

namespace balmer {

/// Tries every way to insert one constant ("+ c", "* c") or to drop one node anywhere in a candidate, refits each and returns those that
/// improve on `front`'s members of their complexity, best first. Deterministic while `late`, which every thread asks before each fit,
/// says no; `pool` only shares the work.
std::vector<Candidate> polish(const Candidate& candidate, const ParetoFront& front, const Scorer& scorer, ThreadPool& pool,
                              const std::function<bool()>& late);

/// Writes constants as integers, simple rationals or multiples of pi where the data cannot tell the difference: the profile
/// likelihood changes by less than `deviations` standard errors, the other constants refitted each time. Offsets of angles come within
/// half a turn of zero first.
Candidate snap_constants(const Candidate& candidate, const Scorer& scorer, double deviations = 2.0);

/// Shortest equal formula (equality saturation within a node limit on the data's box), kept only when its loss is not worse.
Candidate shorten(const Candidate& candidate, const Scorer& scorer);

}  // namespace balmer
