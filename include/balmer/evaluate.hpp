#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "balmer/graph.hpp"

namespace balmer {

/// Feature columns of equal length: feature i is column[i][0 .. rows).
template <class Real>
struct Columns {
    std::span<const Real* const> column;
    std::size_t rows = 0;

    /// Rows [begin, begin + count) of the same columns, seen through `offset`.
    std::size_t offset = 0;
};

/// Which kernels run; `automatic` takes the best the processor has.
enum class InstructionSet : std::uint8_t { automatic, baseline, avx2, avx512 };
/// The set that `automatic` means on this machine.
InstructionSet best_instruction_set();
/// Its name: "baseline", "avx2+fma", "avx512".
std::string_view name(InstructionSet set);

/// A compiled tape: immutable, shareable between threads. Parameters stay arguments, so one tape serves a whole fit.
class Program {
public:
    /// Compiles a graph without holes.
    explicit Program(const Graph& graph);
    explicit Program(const Expression& expression, std::span<const Definition> definitions = {});
    /// Holds nothing until `assign`.
    Program();
    /// Compiles anew into the memory that is there: for loops over many formulas, where it costs a fraction of a microsecond.
    void assign(const Expression& expression, std::span<const Definition> definitions = {});
    Program(Program&&) noexcept;
    Program& operator=(Program&&) noexcept;
    ~Program();

    std::size_t outputs() const;
    std::size_t parameters() const;
    /// One more than the largest feature index used.
    std::size_t features() const;
    /// Nodes as counted for the logical clock: operators and leaves of the graph.
    std::size_t nodes() const;

    /// Parameter values of the formula it was compiled from (constants of inlined calls included).
    std::span<const double> values() const;
    /// The graph it was compiled from (without calls): fits read from it which constants enter linearly. Made at the first call.
    const Graph& graph() const;

    struct Tape;
    const Tape& tape() const { return *tape_; }

private:
    std::unique_ptr<Tape> tape_;
};

/// Predictions: output[k][0 .. rows). NaN where an operator leaves its domain.
void evaluate(const Program& program, std::span<const double> parameters, const Columns<double>& columns,
              std::span<double* const> output, InstructionSet set = InstructionSet::automatic);
void evaluate(const Program& program, std::span<const double> parameters, const Columns<float>& columns,
              std::span<float* const> output, InstructionSet set = InstructionSet::automatic);
/// The slow, obvious meaning: one row through the graph with apply(); one value per root.
std::vector<double> evaluate_row(const Graph& graph, std::span<const double> parameters, std::span<const double> features);

/// Weighted squared error of one output, sum_i w_i (f_i - y_i)^2, summed in a fixed block tree.
struct SquaredError {
    double sum = 0;          ///< infinity when some row is not finite or the bar was passed
    std::size_t rows = 0;    ///< rows evaluated before stopping
};
/// `weights` may be empty (all 1). Stops at the first non-finite row and once the partial sum passes `bar`.
SquaredError squared_error(const Program& program, std::span<const double> parameters, const Columns<float>& columns,
                           std::span<const float> target, std::span<const float> weights, double bar,
                           InstructionSet set = InstructionSet::automatic);
SquaredError squared_error(const Program& program, std::span<const double> parameters, const Columns<double>& columns,
                           std::span<const double> target, std::span<const double> weights, double bar,
                           InstructionSet set = InstructionSet::automatic);

/// Sums that give the best a*f + b and its error: weights w, W = sum w, means and centred second moments of f and y.
struct Moments {
    double weight = 0, mean_f = 0, mean_y = 0, ff = 0, fy = 0, yy = 0;  ///< ff = sum w (f - mean_f)^2 and so on
    bool finite = false;
};
/// Those sums for output 0 in one pass; not finite as soon as one prediction is not.
Moments moments(const Program& program, std::span<const double> parameters, const Columns<float>& columns,
                std::span<const float> target, std::span<const float> weights,
                InstructionSet set = InstructionSet::automatic);
Moments moments(const Program& program, std::span<const double> parameters, const Columns<double>& columns,
                std::span<const double> target, std::span<const double> weights,
                InstructionSet set = InstructionSet::automatic);

/// What a loss tells about a tile of rows. All arrays have `count` entries per output.
class RowLoss {
public:
    virtual ~RowLoss() = default;
    /// Rows [row, row + count): prediction[k][i]. Adds to the return value the weighted loss of these rows. When `first` is not
    /// empty it also writes first[k][i] = dL/df_k and second[k*K + l][i] = d2L/df_k df_l (a positive semi-definite approximation, both
    /// triangles), weights included.
    virtual double tile(std::size_t row, std::size_t count, std::span<const double* const> prediction,
                        std::span<double* const> first, std::span<double* const> second) const = 0;
};

/// Value, gradient and Gauss-Newton curvature of a loss by all parameters.
struct Curvature {
    double value = 0;
    bool finite = false;
    std::vector<double> gradient;  ///< p
    std::vector<double> hessian;   ///< p x p, row-major, symmetric: J' (d2L) J
};
/// Loss value alone; infinity at the first non-finite row or once the partial value passes `bar`.
double loss_value(const Program& program, std::span<const double> parameters, const Columns<double>& columns,
                  const RowLoss& loss, double bar, InstructionSet set = InstructionSet::automatic);
/// Reverse pass per tile; accumulates J'J-like sums without an N x p Jacobian.
Curvature loss_curvature(const Program& program, std::span<const double> parameters, const Columns<double>& columns,
                         const RowLoss& loss, InstructionSet set = InstructionSet::automatic);
/// The same for the squared error of output 0 (value = sum w r^2, gradient = 2 J'Wr, hessian = 2 J'WJ), the fast path of fits.
Curvature squared_error_curvature(const Program& program, std::span<const double> parameters,
                                  const Columns<double>& columns, std::span<const double> target,
                                  std::span<const double> weights,
                                  InstructionSet set = InstructionSet::automatic);
/// Jacobian of output 0: jacobian[p][row], for tests, covariance and projection.
void jacobian(const Program& program, std::span<const double> parameters, const Columns<double>& columns,
              std::span<double* const> jacobian, InstructionSet set = InstructionSet::automatic);

}  // namespace balmer
