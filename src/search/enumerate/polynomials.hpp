#pragma once

#include "search/enumerate/resolver.hpp"

namespace balmer::enumerate {

/// Exponents of each variable, term by term.
using Powers = std::vector<std::vector<int>>;
/// All terms up to a total degree, the constant first.
Powers powers_up_to(std::size_t variables, int degree);
/// Values of one term on the sample.
std::vector<double> term_values(const std::vector<int>& powers, const std::vector<std::int32_t>& variables, const Sample& sample);

/// Nodes that a term adds to a sum, by estimate.
int nodes_of_term(const std::vector<int>& powers);

/// Sparse polynomials that are exact: y, y^2 or 1/y as at most ten terms of degree at most six (eight in one variable), 24 where
/// all coefficients are short. All terms are
/// fitted at once by least squares on `sample`; only where that is exact are the terms counted. Offers what holds through `resolver`.
void ask_polynomials(const Sample& sample, const std::vector<std::int32_t>& variables, Judge& judge, Resolver& resolver);

/// The same for y M, y^2 M and M / y, where M is one of `monomials`, the first of which is 1: one factorisation serves all of them.
void ask_polynomial_quotients(const Sample& sample, const std::vector<std::int32_t>& variables, const std::vector<LatticePoint>& monomials,
                              Judge& judge, Resolver& resolver);

}  // namespace balmer::enumerate
