#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "balmer/operators.hpp"

namespace balmer::neural {

/// The operator of a node: of the table, or the user's (Op::call with its index).
struct NodeOperator {
    Op op = Op::tanh;
    std::int32_t definition = 0;

    bool operator==(const NodeOperator&) const = default;
};

/// Operators of one hidden layer: u unary, then b binary ones. Its linear map has u + 2b rows, its output u + b nodes; binary node k reads
/// rows u + 2k and u + 2k + 1.
struct LayerShape {
    std::vector<NodeOperator> unary, binary;

    std::size_t rows() const { return unary.size() + 2 * binary.size(); }
    std::size_t nodes() const { return unary.size() + binary.size(); }
};

/// A network: inputs, hidden symbolic layers, a linear output layer.
struct Shape {
    std::size_t inputs = 0, outputs = 0;
    std::vector<LayerShape> hidden;
};

/// Where a linear map lies in the flat parameters: the entry of input i and row j at first + i*rows + j; input number `inputs` is the bias.
struct MatrixPlace {
    std::size_t first = 0, inputs = 0, rows = 0;

    std::size_t size() const { return (inputs + 1) * rows; }
    std::size_t at(std::size_t input, std::size_t row) const { return first + input * rows + row; }
};

/// The flat order of a network's parameters: all weights and biases (matrix by matrix), as many thresholds in the same order, input
/// thresholds, then for each layer unary and binary thresholds.
class Layout {
public:
    explicit Layout(Shape shape) : shape_(std::move(shape)) {
        std::size_t first = 0, inputs = shape_.inputs;
        for (const auto& layer : shape_.hidden) {
            matrices_.push_back({first, inputs, layer.rows()});
            first += matrices_.back().size();
            inputs = layer.nodes();
        }
        matrices_.push_back({first, inputs, shape_.outputs});
        weights_ = first + matrices_.back().size();
        size_ = 2 * weights_ + shape_.inputs;
        for (const auto& layer : shape_.hidden) {
            unary_.push_back(size_);
            size_ += layer.unary.size();
            binary_.push_back(size_);
            size_ += layer.binary.size();
        }
    }

    const Shape& shape() const { return shape_; }
    const std::vector<MatrixPlace>& matrices() const { return matrices_; }
    std::size_t weights() const { return weights_; }          ///< weights and biases of all matrices
    std::size_t threshold(std::size_t weight) const { return weights_ + weight; }
    std::size_t input_threshold(std::size_t i) const { return 2 * weights_ + i; }
    std::size_t unary_threshold(std::size_t layer, std::size_t k) const { return unary_[layer] + k; }
    std::size_t binary_threshold(std::size_t layer, std::size_t k) const { return binary_[layer] + k; }
    std::size_t size() const { return size_; }                ///< all parameters

private:
    Shape shape_;
    std::vector<MatrixPlace> matrices_;
    std::vector<std::size_t> unary_, binary_;
    std::size_t weights_ = 0, size_ = 0;
};

}  // namespace balmer::neural
