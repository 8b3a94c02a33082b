#pragma once

#include <memory>

#include "balmer/study.hpp"

namespace balmer {

/// The searcher for a formula given as `--form`. Without unknown functions it fits the named constants and does not search; with some it
/// searches them by the methods asked for, on the problem that Problem::form describes, and hands out whole formulas. Sets names and status of the
/// form's parameters in the problem and tells what it takes for unknown. Throws balmer::Error when the form does not parse, has nothing to
/// find, or cannot be searched by these methods.
std::unique_ptr<Searcher> make_form_searcher(const FitParameters& parameters, PreparedFit& prepared);

}  // namespace balmer
