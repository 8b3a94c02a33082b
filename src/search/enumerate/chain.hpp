#pragma once

#include "search/enumerate/inner_constants.hpp"
#include "search/enumerate/judge.hpp"
#include "search/enumerate/noise_look.hpp"
#include "search/enumerate/questions.hpp"
#include "search/enumerate/value_table.hpp"

namespace balmer::enumerate {

/// The stages in their order, cheap and short first, for every target of a problem on one table.
class Chain {
public:
    Chain(const Problem& problem, Run& run, std::uint64_t seed);

    /// Runs until solved, exhausted or out of budget.
    StopReason search();
    /// The fronts of the targets joined into candidates of k formulas.
    ParetoFront front() const;
    std::shared_ptr<const ValueTable> table() const { return table_; }
    /// Sentences on what each stage did.
    const std::vector<std::string>& report() const { return report_; }

private:
    bool grow(std::size_t entries);
    bool all_solved() const;
    StopReason near_stage();
    StopReason ended() const;
    StopReason reported();  ///< the same, with a sentence on the table
    NoiseLook noise_seen() const;
    void noisy_stage();
    void noisy_search(std::size_t t);
    void polynomial_stage(std::size_t monomials);
    void oscillation_stage();
    void pair_stage();
    void curve_stage();
    void inner_constant_stage(const InnerEffort& effort);
    /// How far each question goes; 0 leaves it out.
    struct Effort {
        InnerEffort inner;                               ///< afterwards: functions with an arbitrary constant inside
        std::size_t lattice = 0, lattice_views = 0;      ///< monomials as parts, plain and through every view
        std::size_t wide = 0, deep = 0;                  ///< entries as parts, plain and through every view
        std::size_t compounds = 0, thirds = 0;           ///< monomials of compounds, third factors
        std::size_t shifted_monomials = 0, functions = 0;  ///< monomials taken off before functions divide
        std::size_t factors = 0, products = 0;           ///< monomials times entries
        std::size_t shifts = 0, shifted = 0;             ///< parts taken off before quotients, entries of these
        std::size_t linear = 0, linear_parts = 0;        ///< entries of pairs, parts that divide before
        FactorEffort products_of = {};                   ///< of any powers
        SumEffort sums_of = {};                          ///< with any coefficients
    };
    /// Asks every target's questions of the table as it stands.
    void ask(const Effort& effort);
    bool over() const { return run_.over() || all_solved(); }
    TableLimits limits() const;

    const Problem& problem_;
    Run& run_;
    std::uint64_t seed_;
    std::vector<Problem> targets_;
    std::vector<std::unique_ptr<Judge>> judges_;
    std::shared_ptr<ValueTable> table_;
    std::vector<Sample> keys_, checks_;
    std::vector<std::unique_ptr<Questions>> questions_;
    std::vector<std::string> report_;
    bool asked_curves_ = false;
};

/// Features that take part: all of them, or the `maximum` that tell most about the target by their bins' means, in their order.
std::vector<std::int32_t> choose_variables(const Dataset& data, std::size_t maximum);

}  // namespace balmer::enumerate
