#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "balmer/search.hpp"

namespace balmer {

/// How a symbolic network becomes sparse.
enum class NetworkMethod : std::uint8_t {
    symbolnet,  ///< trainable thresholds under an adaptive regulariser (arXiv 2401.09949)
    eql,        ///< free; smooth L0.5; hard threshold, freeze, fine-tune
};

/// How inputs are brought to the size that operators like; the scaling is folded into the first layer's constants of the formula.
enum class InputScaling : std::uint8_t {
    automatic,  ///< as it is when near mean 0 and deviation 1, `range` for pixels, else `standard`
    none,
    standard,   ///< (x - mean)/deviation
    range,      ///< divided by the largest absolute value of all inputs
};

/// How Adam's step falls over the epochs of a trial.
enum class RateSchedule : std::uint8_t { cosine, constant };

/// Whether columns are screened before training.
enum class InputScreening : std::uint8_t {
    automatic,  ///< products of two columns that show in the data start as operators; with fewer than 50 rows for each column those that show nothing are left out
    none,       ///< every column is an input and all weights start at random, as in the paper
};

/// Whether squared errors of several outputs are averaged or added.
enum class ErrorOverOutputs : std::uint8_t { mean, sum };

/// Share of pruned weights, inputs, unary and binary operators that training heads for, each in [0, 1).
struct Sparsity {
    double weight = 0, input = 0, unary = 0, binary = 0;
};

/// Settings of the symbolic networks. Results depend on all of them, on problem, seed and budget, and on nothing else.
struct NeuralOptions {
    NetworkMethod network = NetworkMethod::symbolnet;
    int trials = 8;                    ///< networks trained; each draws what is not given below from the paper's ranges
    int epochs = 60;                   ///< of the longest trial
    RateSchedule schedule = RateSchedule::cosine;
    int layers = 0;                    ///< hidden symbolic layers; 0: drawn, 1 or 2
    int unary = -1, binary = -1;       ///< operators of each layer; -1: drawn
    double learning_rate = 0;          ///< Adam's; 0: drawn
    std::int64_t batch = 0;            ///< rows of a mini-batch, rounded to whole tiles of 64; 0: by the number of rows
    std::vector<double> sparsity;      ///< weight, input, unary, binary targets in [0, 1); empty: drawn
    ErrorOverOutputs over_outputs = ErrorOverOutputs::mean;  ///< of squared errors
    double warm_up = 0.5;              ///< share of the epochs before the targets hold: half of it free, half under rising targets; 0: at once, as in the paper
    InputScaling scaling = InputScaling::automatic;
    InputScreening screening = InputScreening::automatic;
    int patience = 0;                  ///< epochs without a better validation loss after which a trial ends; 0: never
    double clip = 10;                  ///< largest norm of a gradient
    int revival = 4;                   ///< every so many batches pruned weights and operators get a gradient too; 1: always, as in the paper
    int shrink_epochs = 3;             ///< passes over the rows after each removal when a trained network is shrunk step by step; 0: no shrinking
    double eql_penalty = 0;            ///< lambda of the smooth L0.5; 0: drawn
    double eql_threshold = 0;          ///< below which weights are set to zero; 0: drawn
};

/// Trains symbolic networks and gives what they unroll to. Throws balmer::Error from run() for losses and operators that have no network.
std::unique_ptr<Searcher> make_neural_searcher(NeuralOptions options = {});

}  // namespace balmer
