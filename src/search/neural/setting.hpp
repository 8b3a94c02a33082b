#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "balmer/neural.hpp"
#include "balmer/split.hpp"
#include "search/neural/blocks.hpp"
#include "search/neural/node_functions.hpp"
#include "search/neural/sizes.hpp"
#include "search/neural/unroll.hpp"
#include "search/scorer.hpp"

namespace balmer::neural {

/// What every trial of a run shares: data as tiles, scaling, operators, error, limits. Const after construction.
class Setting {
public:
    Setting(const Problem& problem, const NeuralOptions& options, std::uint64_t seed);

    const Problem& problem() const { return *problem_; }
    const NeuralOptions& options() const { return options_; }
    const Scorer& scorer() const { return scorer_; }
    const Palette& palette() const { return palette_; }
    const PieceCosts& piece_costs() const { return piece_costs_; }
    ErrorKind error() const { return error_; }
    const Scaling& scaling() const { return scaling_; }
    /// Inputs of the networks: every column, or those that screening left.
    std::size_t inputs() const { return scaling_.column.size(); }
    /// Sparsities count columns, those that screening left out among the pruned; networks count their inputs.
    double share_of_columns(double share_of_inputs) const;
    double share_of_inputs(double share_of_columns) const;
    /// Products that showed in the data, strongest first: two inputs (the same twice: a square).
    const std::vector<std::array<std::size_t, 2>>& products() const { return products_; }
    /// Mean and deviation of an input as the network sees it.
    ColumnScale input_scale(std::size_t i) const;
    const Blocks& training() const { return *training_; }
    /// Rows that judge epochs: the problem's validation rows (at most 20,000), else a part of its rows held back from training.
    const Blocks& monitor() const { return *monitor_; }
    std::size_t tiles_per_batch() const { return tiles_per_batch_; }
    std::uint64_t seed() const { return seed_; }
    /// Largest sum of the outputs' complexities.
    int complexity_limit() const;
    std::vector<std::string> notes() const { return notes_; }

private:
    void choose_error();
    void choose_rows_for_training(const RandomStream& random);
    void choose_inputs(RandomStream random);
    void choose_scaling();
    void make_blocks(const RandomStream& random);

    const Problem* problem_;
    NeuralOptions options_;
    std::uint64_t seed_;
    Scorer scorer_;
    Palette palette_;
    PieceCosts piece_costs_;
    ErrorKind error_ = ErrorKind::mean_squared;
    Scaling scaling_;
    std::vector<std::array<std::size_t, 2>> products_;
    std::vector<std::size_t> training_rows_, monitor_rows_;  ///< of the problem's data; the latter of its validation rows where it has some
    std::unique_ptr<Blocks> training_, monitor_;
    std::size_t tiles_per_batch_ = 1;
    std::vector<std::string> notes_;
};

/// What one trial is: the shape of its network and how it is trained.
struct TrialPlan {
    Shape shape;
    Sparsity targets;
    double rate = 1e-3;
    double eql_penalty = 0, eql_threshold = 0;
};
/// Plan of trial number `index`: what the options leave open is drawn from the paper's ranges by a low-discrepancy sequence.
TrialPlan plan_trial(const Setting& setting, std::size_t index);

}  // namespace balmer::neural
