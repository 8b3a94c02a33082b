#pragma once

#include <cstddef>
#include <memory>

#include "balmer/search.hpp"

namespace balmer {

/// Settings of the search for sums of functions.
struct AdditiveOptions {
    std::size_t functions = 3;    ///< of one column in one output, at most
    std::size_t tables = 48;      ///< pairs of output and column, at most
    std::size_t rows = 4000;      ///< that choose functions and fit them while sums grow; the front is fitted on all
    std::size_t patience = 4;     ///< steps without a relative gain of 1e-3 after which growth ends
};

/// Sums of functions of one column each: output k = offset + sum_j f_kj(x_j), every f_kj a few terms a*x and a*g(b*x + c) with the smooth unary operators
/// g that the problem allows. In hardware f_kj is one table however many terms it has. Grows by the term that promises most loss (Newton's step on
/// its coefficient) for what it costs by the problem's complexity, then leaves out one f_kj after another; every state on the way may enter the front.
/// For regression and classes alike; a partly known form is left to others.
std::unique_ptr<Searcher> make_additive_searcher(AdditiveOptions options = {});

}  // namespace balmer
