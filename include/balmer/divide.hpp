#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "balmer/search.hpp"

namespace balmer {

/// How hard a smaller problem is tried.
struct PartEffort {
    std::size_t entries = 20'000;  ///< values that the solver may keep, its measure of work
    std::size_t asked = 0;         ///< with how many it was asked before
    /// Whether the part's target is as exact as the data, or right to a small error: then one look is wanted, or a search as under noise.
    enum class Target : std::uint8_t { exact, near, noisy } target = Target::exact;
};
/// What solves smaller problems: given by the caller, because searchers do not know each other.
using PartSolver = std::function<std::unique_ptr<Searcher>(const PartEffort&)>;

/// Settings of the reduction of variables.
struct DivideOptions {
    std::size_t rows = 1500;           ///< rows on which smaller problems are stated; formulas are judged on all rows
    std::size_t terms = 220;           ///< of a surrogate polynomial
    std::size_t maximum_variables = 16;  ///< features that take part; those that tell most when there are more
    std::size_t maximum_parts = 40;    ///< smaller problems made at most
    double growth = 1.3;               ///< of the held-out error up to which a reduction is accepted
    double exact = 1e-10;              ///< relative residual on all rows that counts as exact, for what the solver calls exact on its part
    std::size_t asked_entries = 0;     ///< the whole problem was asked of a table of this size before
    /// What is done with a target that carries noise: smaller problems are asked noisy questions, or all is left to other methods.
    enum class Noise : std::uint8_t { asked, left } noise = Noise::asked;
    std::vector<std::size_t> efforts = {5'000, 20'000, 150'000, 500'000, 1'500'000, 4'000'000};  ///< entries by round
};

/// Reduction of variables: symmetries, factors and units that the sample shows make smaller problems of the problem, `solver` is asked about
/// each of them and about the whole, more with every round, and what it finds is put together into formulas in the columns. The tree of
/// reductions is in SearchResult::reductions. One target; several, and classes, are left to other methods. Deterministic for a seed as long as
/// the budget in seconds does not cut it short.
std::unique_ptr<Searcher> make_divide_searcher(PartSolver solver, DivideOptions options = {});

}  // namespace balmer
