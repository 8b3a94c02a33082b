#pragma once

#include "search/enumerate/judge.hpp"
#include "search/enumerate/value_table.hpp"

namespace balmer::enumerate {

/// One look at all entries for a target that is right to a small error, too large for keys: T = a B + b and T = C prod x^p B^q by their
/// correlation with what constants and log x leave of T, for the main transforms T of the target. Of every size of B those that leave least are
/// fitted and offered. `sample`: a few hundred rows.
void ask_near(const ValueTable& table, const Sample& sample, Judge& judge);

}  // namespace balmer::enumerate
