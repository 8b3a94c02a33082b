#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "balmer/random.hpp"
#include "search/neural/compact.hpp"
#include "search/neural/domain.hpp"
#include "search/neural/surgeon.hpp"

namespace balmer::neural {

/// The kernels of an instruction set. Throws balmer::Error when the processor lacks it.
const kernels::Table& kernel_table(InstructionSet set);

/// Whether a weight of a frozen structure moves.
enum class Hold : std::uint8_t {
    free,
    held,     ///< stays at its value
    carrier,  ///< the same; it only carries a value on to the next layer
};

/// Parameters in their flat order, and Adam's moments.
struct TrainerState {
    std::vector<float> parameters, first, second;
    std::vector<Hold> holds;  ///< by weight; empty: all free. Respected by Reach::live
    double beta1_power = 1, beta2_power = 1;  ///< powers of Adam's decay rates
    std::uint64_t steps = 0;
};

/// What training does with thresholds.
enum class Structure : std::uint8_t {
    learnt,  ///< weights and thresholds move (SymbolNet)
    smooth,  ///< weights move under the smooth L0.5 penalty, thresholds stay (EQL, second phase)
    frozen,  ///< weights that are there move, pruned ones stay pruned
};

/// Settings of a batch.
struct StepSettings {
    Structure structure = Structure::learnt;
    Reach reach = Reach::all;
    Sparsity targets;
    double rate = 1e-3;
    double clip = 10;     ///< largest norm of the gradient
    double penalty = 0;   ///< of the smooth L0.5
    double memory = 1;    ///< error on rows not trained on over that on rows trained on: what is learnt by heart does not weaken the regulariser

    /// Whether a step concerns only the weights that are there.
    bool is_listed() const { return structure == Structure::frozen && reach == Reach::live; }
};

/// Error and, for classes, the share of right answers, over some rows.
struct Judgement {
    double error = 0, accuracy = 0;
};

/// The fast trainer: floats, tiles of rows, only what is not pruned. Rows lie on the lanes of vectors, so results do not depend on the
/// instruction set.
class Trainer {
public:
    Trainer(Shape shape, std::span<const Definition> definitions, ErrorKind error, InstructionSet set = InstructionSet::automatic);
    ~Trainer();
    Trainer(Trainer&&) noexcept;

    const Layout& layout() const { return layout_; }
    /// To change it. What is changed through an older reference after a step counts only after another call.
    TrainerState& state() {
        keeps_entries_ = false;
        return state_;
    }
    const TrainerState& state() const { return state_; }
    /// Weights from a normal distribution of deviation gain/sqrt(inputs), thresholds 0; constants that keep operands inside their domain.
    void initialise(RandomStream random, double gain);

    /// One step on the rows of `tiles`. Returns the error before it; not finite: the state has not moved.
    double step(const Blocks& blocks, std::span<const std::uint32_t> tiles, const StepSettings& settings);
    /// Error of the batch and its gradient by all parameters, as the step takes it, before clipping.
    double slope(const Blocks& blocks, std::span<const std::uint32_t> tiles, const StepSettings& settings, std::vector<float>& gradient);
    Judgement judge(const Blocks& blocks, Domain domain = Domain::exact);
    /// Mean error over the rows of some tiles, operators guarded.
    double error(const Blocks& blocks, std::span<const std::uint32_t> tiles);
    /// Whether some operator is not defined for all numbers.
    bool is_restricted() const;
    /// Whether the row's constant keeps an operand of a restricted operator inside its domain.
    bool needs_constant(std::size_t matrix, std::size_t row) const;
    /// Mean over the rows of w^2 (dL/dz_j)^2 (x_i - mean x_i)^2/2 per weight: about what removing it costs when its mean stays in the bias (the
    /// curvature is that of the squared slopes). `means` gets the mean of each weight's input, 0 for biases. Infinite for what is pruned.
    std::vector<float> removal_costs(const Blocks& blocks, std::span<const std::uint32_t> tiles, std::vector<float>& means);
    /// Fisher information of the weights that are there, carriers left out, from the rows of `tiles`: the mean over rows of the squared slopes
    /// for labels drawn from the network's own predictions (for squares: the Gauss-Newton matrix, from noise).
    Curvature curvature(const Blocks& blocks, std::span<const std::uint32_t> tiles, RandomStream random);
    KindStates kinds() const;
    Hold hold(std::size_t weight) const { return state_.holds.empty() ? Hold::free : state_.holds[weight]; }
    /// The network's input that input `i` of a matrix is, carried on by the layers between; none where it is an operator's value.
    std::optional<std::size_t> input_behind(std::size_t matrix, std::size_t i) const;
    /// Weights and biases that are not pruned and that outputs depend on.
    std::size_t live_weights();

private:
    struct Workspace;
    void rebuild(Reach reach);
    void forward(const Blocks& blocks, std::size_t tile, Reach reach, Domain domain);
    void forward_nodes(std::size_t layer, Reach reach, Domain domain);
    double outside(const float* weight);
    double start_of(std::size_t matrix, std::size_t row) const;
    void sample_residuals(const Blocks& blocks, std::size_t tile, RandomStream& random);
    void backward(const Blocks& blocks, std::size_t tile, const StepSettings& settings);
    /// `weight`: of the rows, for what lies outside domains; null: that does not count.
    void backward_through(std::size_t m, const StepSettings& settings, const float* weight);
    std::vector<std::vector<double>> input_means(const Blocks& blocks, std::span<const std::uint32_t> tiles);
    void add_costs(const Blocks& blocks, std::size_t tile, std::size_t m, std::span<const double> means, std::vector<double>& cost) const;
    void backward_nodes(std::size_t layer, const StepSettings& settings, const float* weight);
    void gather_gradient(const Blocks& blocks, std::size_t tile, std::size_t m);
    double error_of(const Blocks& blocks, std::size_t tile);
    double pass(const Blocks& blocks, std::span<const std::uint32_t> tiles, const StepSettings& settings, double& total);
    void scatter_gradient(double total_weight);
    void list_gradient(double total_weight);
    double regularise(double error, const StepSettings& settings);
    void penalise(double penalty);
    /// `before`: thresholds of inputs and operators before the step.
    void wait_at_targets(std::span<const float> before, const Sparsity& targets);
    void update(double norm, const StepSettings& settings);  ///< of the gradient

    Layout layout_;
    ErrorKind error_;
    const kernels::Table& kernels_;
    TrainerState state_;
    Compact compact_;
    bool keeps_entries_ = false;  ///< the last call was a step of a frozen structure: the entries are still those
    std::unique_ptr<Workspace> work_;
};

}  // namespace balmer::neural
