#pragma once

#include <memory>
#include <string>

#include "balmer/search.hpp"

namespace balmer {

/// A Searcher that fits the named constants of a formula given as `--form` and does not search: names that are no columns are parameters,
/// numbers stay as they are. Throws balmer::Error when the form does not parse, uses unknown functions or has nothing to fit.
/// Sets `problem.parameter_names`.
std::unique_ptr<Searcher> make_form_fitter(const std::string& form, Problem& problem);

}  // namespace balmer
