#pragma once

#include <string>
#include <vector>

#include "balmer/study.hpp"

namespace balmer {

/// What a first look at the data tells, from at most 1,500 rows.
struct Survey {
    double noise = 0;  ///< share of the target's spread that no smooth function of the columns explains: an upper bound of the noise
    bool from_replicates = false;  ///< whether rows with equal columns told the noise itself
    std::size_t wrong_rows = 0;    ///< far off a smooth fit of all others
    double wrong_scale = 0;        ///< standard deviation of the others around that fit
    std::vector<std::string> idle;       ///< columns that seem not to matter
    std::vector<std::string> identical;  ///< "a = b"
    std::vector<std::string> whole, positive, angles;
};
/// Of the first target; regression only.
Survey survey(const Problem& problem);

/// One paragraph: what the look tells and what the chain will do. Where a few rows are far off all others and the user has not chosen a
/// loss, the problem's loss becomes one that they do not rule.
void explain_plan(PreparedFit& prepared, const FitParameters& parameters);

}  // namespace balmer
