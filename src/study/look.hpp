#pragma once

#include <functional>

#include "search/scorer.hpp"

namespace balmer {

/// First formulas, within milliseconds: the user's guesses refitted, constants, and a straight line through each feature (the first ones,
/// when rows times features are many). `found` hears each in turn.
void look(const Scorer& scorer, const std::function<void(const Candidate&)>& found);

}  // namespace balmer
