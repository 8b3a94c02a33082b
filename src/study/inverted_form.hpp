#pragma once

#include <memory>
#include <optional>

#include "balmer/search.hpp"

namespace balmer {

/// The problem of finding the one unknown function of `problem.form` by itself: its arguments are the columns, the values that it must have
/// are the target, their standard deviation follows from the target's. Nothing when the form has several holes or constants to fit, when
/// the way from the hole to the target cannot be undone on every row, or when the loss is not one of residuals.
std::optional<Problem> inverted(const Problem& problem);

/// A searcher of such problems made one of partly known forms: what it finds is scored in the form. Where the form cannot be inverted it
/// reports so and finds nothing.
std::unique_ptr<Searcher> make_inverting_searcher(std::unique_ptr<Searcher> searcher);

}  // namespace balmer
