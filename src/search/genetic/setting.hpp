#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "balmer/genetic.hpp"
#include "balmer/random.hpp"
#include "search/scorer.hpp"

namespace balmer::genetic {

/// A node that may be placed: an operator, a call of a user operator or a whole-number power.
struct Choice {
    Op op = Op::add;
    std::uint8_t arity = 2;
    std::int32_t index = 0;  ///< definition of a call, exponent of integer_power
};

/// What is the same for all islands and epochs of a run.
class Setting {
public:
    Setting(const Problem& problem, const GeneticOptions& options, const Library* library);

    const Problem& problem() const { return *problem_; }
    const GeneticOptions& options() const { return options_; }
    const Scorer& scorer() const { return scorer_; }
    const Library* library() const { return library_; }
    /// Formulas of an individual: those that are searched.
    std::size_t outputs() const { return problem_->searched(); }
    /// How many features formula `output` may read: columns, or arguments of a hole.
    std::size_t features(std::size_t output) const { return problem_->features(output); }

    /// Operators with `arity` operands (1, 2 or 3) that new formulas may use.
    std::span<const Choice> choices(int arity) const { return choices_[static_cast<std::size_t>(arity)]; }
    /// Operators of every arity.
    std::span<const Choice> all_choices() const { return choices_[0]; }

    /// True when every output has a target and a loss of its own.
    bool separable() const { return !problem_->form && scorer_.rows().groups() == outputs(); }
    /// True when scale and offset are found by linear regression of each output on its own target.
    bool least_squares() const { return least_squares_; }
    /// True when every row is seen by every child.
    bool sees_all_rows() const { return sees_all_rows_; }
    /// An even quarter of the rows, on which hopeless children are told apart cheaply; nothing when there are few rows,
    /// or batches.
    const BoundRows* quick_rows() const { return quick_rows_.get(); }
    /// Rows of batch number `number` of an island: a slice of one fixed permutation, so that rows are not repeated
    /// before all were used.
    std::vector<std::size_t> batch(std::uint64_t seed, std::uint64_t island, std::uint64_t number) const;

    /// Largest complexity of a whole candidate.
    int maximum_complexity() const { return maximum_complexity_; }
    /// Niche of a complexity: the complexity itself while there are at most `niche_count` of them.
    std::size_t niche_of(int complexity) const;
    static constexpr std::size_t niche_count = 64;

    /// Canonical form in which only allowed operators occur.
    Expression normal(const Expression& expression) const;
    /// Shape, operators, features and units of formula `output`. Its own unit is free: scale and offset are judged where it is written out.
    bool allowed(const Expression& expression, std::size_t output) const;

private:
    bool knows(Op op) const { return known_[static_cast<std::size_t>(op)]; }
    void add_operators();
    void take_quick_rows();

    const Problem* problem_;
    GeneticOptions options_;
    const Library* library_;
    Scorer scorer_;
    UnitGuard units_;
    std::vector<Choice> choices_[4];
    std::array<bool, op_count> known_{};
    bool least_squares_ = false;
    bool sees_all_rows_ = true;
    int maximum_complexity_ = 0;
    Dataset quick_data_;
    std::unique_ptr<BoundRows> quick_rows_;
};

}  // namespace balmer::genetic
