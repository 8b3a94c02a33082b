#pragma once

#include "search/enumerate/judge.hpp"
#include "search/enumerate/value_table.hpp"

namespace balmer::enumerate {

/// How far ask_inner_constants() goes.
struct InnerEffort {
    std::size_t arguments = 0;          ///< u: the first monomials and as many algebraic entries
    std::size_t product_arguments = 0;  ///< u in products: so many more monomials
    std::size_t factors = 0;            ///< A: the first monomials, as many sums and as many functions
    std::size_t shifts = 0;             ///< S: the first entries, with both signs
};

/// One arbitrary constant c inside a function, which no table of values can hold: g(T - S) = A (a + b f(c, u)), f one of sin(c u + d), exp(c u),
/// tanh(c u), log(u + c), 1/(u + c), sqrt(u + c); or C prod x^p f(c, u)^q with all p and q, f one of tanh(c u), u + c, exp(c u) - 1, exp(c u) + 1,
/// sinh(c u), cosh(c u), log(u + c). Linear constants (and the phase of a wave) are projected out, so that a coarse grid of c and one matrix product screen all of
/// them; what comes near is refined in c alone (variable projection; Golub and Pereyra, 1973) and offered only when nothing is left over.
/// `sample`: about a hundred rows.
void ask_inner_constants(const ValueTable& table, const Sample& sample, Judge& judge, const InnerEffort& effort);

}  // namespace balmer::enumerate
