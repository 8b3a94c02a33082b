#pragma once

#include <array>
#include <vector>

#include "search/neural/trainer.hpp"

namespace balmer::neural {

/// A node's operator as the fast trainer calls it: a kernel, or the compiled formula of value and slopes.
struct FastNode {
    kernels::Table::Unary unary = nullptr;
    kernels::Table::Binary binary = nullptr;
    std::shared_ptr<const Program> formula;
    std::shared_ptr<const Program> guarded;  ///< null: defined for all numbers
    std::array<double, 2> start{};           ///< constants of its rows at first

    void run(const float* a, float* value, float* slope) const;
    void run(const float* a, const float* b, float* value, float* slope_a, float* slope_b) const;
    /// Guarded: with the distance from the domain and its slopes.
    void run(const float* a, float* value, float* slope, float* outside, float* outside_slope) const;
    void run(const float* a, const float* b, float* value, float* slope, float* outside, float* outside_slope) const;
};

/// What a tile and a batch need beside the parameters.
struct Trainer::Workspace {
    struct Layer {
        std::vector<FastNode> nodes;
        FloatArray sum;      ///< [row][64]: rows of the linear map
        FloatArray value;    ///< [node][64], then a row of ones
        FloatArray slope;    ///< [row][64]: d(node)/d(row)
        FloatArray raw;      ///< [node][64]: values of pruned operators, for their thresholds
        FloatArray back;     ///< [node][64]: dL/d(node)
        FloatArray delta;    ///< [row][64]: dL/d(row)
        FloatArray outside, outside_slope;  ///< [node][64], [row][64]: of restricted operators; empty when the layer has none
        std::vector<double> of_threshold;  ///< [node]: dL/d(mask)
    };
    std::vector<Layer> layers;
    FloatArray outputs;  ///< [output][64]: outputs, then their slopes
    struct OfMatrix {
        FloatArray by_row;                     ///< [64][padded]: slopes of live rows
        FloatArray gradient;                   ///< [live input][padded]
        std::vector<const float*> inputs;      ///< of live inputs, in the current tile
        std::vector<const float*> rows;        ///< of live rows
        std::vector<float*> gradient_rows;
        std::vector<float> by_entry;           ///< [entry][lanes]: gradient of each entry, before its lanes are added
        std::size_t padded = 0;
    };
    std::vector<OfMatrix> matrices;
    std::vector<float> effective;      ///< dL/d(masked weight), all weights
    std::vector<float> gradient;       ///< all parameters
    std::vector<std::size_t> listed;   ///< parameters that a step moves, when not all
    std::vector<float> list_value, list_first, list_second, list_gradient;
};

}  // namespace balmer::neural
