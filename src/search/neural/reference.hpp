#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "search/neural/node_functions.hpp"
#include "search/neural/regulariser.hpp"

namespace balmer::neural {

/// What the outputs are compared with.
enum class ErrorKind : std::uint8_t {
    mean_squared,    ///< mean over outputs and rows
    summed_squared,  ///< summed over outputs, mean over rows
    softmax,         ///< cross-entropy over the outputs
    logistic,        ///< one output, the logit of class 1
};

/// Scaled inputs by feature, targets by output (class codes in targets[0] for softmax and logistic; one-hot columns otherwise), row weights.
struct TrainingRows {
    std::vector<std::vector<double>> inputs, targets;
    std::vector<double> weights;  ///< empty: all 1
};

/// `step` is the network; `smooth` puts the logistic function itself in the place of the step, so that the surrogate gradient is the true one
/// and finite differences can judge it.
enum class MaskForm : std::uint8_t { step, smooth };

/// The plain trainer in double precision: one row at a time, nothing shared with the fast one but the flat order of the parameters.
class ReferenceNetwork {
public:
    ReferenceNetwork(Shape shape, std::span<const Definition> definitions, ErrorKind error, MaskForm form = MaskForm::step);

    const Layout& layout() const { return layout_; }
    /// Outputs for one row of inputs, operators taken exactly.
    std::vector<double> outputs(std::span<const double> parameters, std::span<const double> inputs) const;

    /// Loss of a batch and its derivative by every parameter, operators guarded.
    struct Slope {
        double error = 0;  ///< L_error, how far operands lie outside their domain included
        double loss = 0;   ///< L_error (1 + sum D R)
        std::vector<double> gradient;
    };
    Slope slope(std::span<const double> parameters, const TrainingRows& rows, std::span<const std::size_t> batch, const Sparsity& targets) const;

private:
    struct Pass;
    Pass forward(std::span<const double> parameters, std::span<const double> inputs, Domain domain) const;
    void backward(std::span<const double> parameters, const Pass& pass, std::vector<double> slope_of_outputs, double of_outside, std::vector<double>& gradient) const;
    double mask(double x) const;

    Layout layout_;
    std::vector<std::vector<NodeFunction>> unary_, binary_;  ///< by layer
    std::vector<std::vector<NodeFunction>> guarded_unary_, guarded_binary_;
    ErrorKind error_;
    MaskForm form_;
};

/// Error of one row and its derivative by the outputs.
double row_error(ErrorKind kind, std::span<const double> outputs, const TrainingRows& rows, std::size_t row, std::span<double> slope);

}  // namespace balmer::neural
