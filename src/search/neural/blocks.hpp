#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "search/neural/reference.hpp"

namespace balmer::neural {

/// An array of floats on 64-byte boundaries.
class FloatArray {
public:
    FloatArray() = default;
    explicit FloatArray(std::size_t size);
    float* data() { return data_.get(); }
    const float* data() const { return data_.get(); }
    std::size_t size() const { return size_; }

private:
    struct Release {
        void operator()(float* at) const;
    };
    std::unique_ptr<float[], Release> data_;
    std::size_t size_ = 0;
};

/// Columns as they lie in the data, and how they are scaled on their way: input = (column - shift)*scale; likewise targets.
struct RowView {
    std::vector<const double*> inputs, targets;
    std::vector<double> shift, scale, target_shift, target_scale;  ///< target_: empty for class codes; target = (column - shift)/scale
    const double* weights = nullptr;                               ///< null: all 1
};

/// Training rows as tiles of 64: in each tile the rows of one input lie side by side, a row of ones (the bias) after the inputs. The last tile is
/// filled with copies of weight 0.
class Blocks {
public:
    /// `order`: which rows, in which order.
    Blocks(const RowView& rows, std::span<const std::size_t> order);
    /// Rows that are scaled already.
    Blocks(const TrainingRows& rows, std::span<const std::size_t> order);

    std::size_t inputs() const { return inputs_; }
    std::size_t rows() const { return rows_; }
    std::size_t tiles() const { return tiles_; }
    const float* input(std::size_t tile) const { return input_.data() + tile * (inputs_ + 1) * 64; }
    const float* target(std::size_t tile) const { return target_.data() + tile * targets_ * 64; }
    const float* weight(std::size_t tile) const { return weight_.data() + tile * 64; }
    /// Sum of the weights of a tile.
    double total(std::size_t tile) const { return total_[tile]; }

private:
    std::size_t inputs_, targets_, rows_, tiles_;
    FloatArray input_, target_, weight_;
    std::vector<double> total_;
};

}  // namespace balmer::neural
