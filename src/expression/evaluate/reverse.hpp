#pragma once

#include <vector>

#include "expression/evaluate/runner.hpp"

namespace balmer {

/// Forward and reverse pass over tiles in double, all values of a tile kept. The derivatives of one output by the scalars that depend on
/// parameters stand in tiles; `to_parameters` takes sums over them to the parameters.
class Reverse {
public:
    static constexpr std::size_t tile = 256;
    static constexpr std::size_t block = kernels::block<double>;

    Reverse(const Program::Tape& tape, std::span<const double> parameters, const Columns<double>& columns, std::size_t outputs,
            InstructionSet set);

    /// Values of all outputs on a stretch.
    void forward(const Stretch& s);
    const double* prediction(std::size_t output) const { return slot_[passes_[output].root]; }
    /// Derivative tiles of one output, after `forward`.
    void backward(std::size_t output, std::size_t count);
    std::span<const double* const> derivatives(std::size_t output) const { return passes_[output].tiles; }

    /// jacobian row: adds to out[parameter] the sum of in[i] d(scalar i)/d(parameter) for the scalars of one output.
    void to_parameters(std::size_t output, const double* in, double* out) const;
    /// Weight of each parameter in scalar i of an output.
    struct Term {
        std::uint32_t parameter = 0;
        double factor = 0;
    };
    std::span<const Term> terms(std::size_t output, std::size_t i) const { return terms_[passes_[output].scalars[i]]; }
    const kernels::ReverseTable& table() const { return table_; }

private:
    struct Back {
        kernels::ReverseTable::Kernel kernel = nullptr;
        std::uint32_t adjoint = 0, a = 0, b = 0, f = 0, into = 0;
        kernels::Into mode = kernels::Into::write;
        std::int32_t index = 0;
    };
    struct Pass {
        std::uint32_t root = 0;                ///< slot of the prediction
        std::vector<Back> steps;
        std::vector<std::uint32_t> scalars;    ///< scalars that the output depends on
        std::vector<std::uint32_t> slots;      ///< their tiles
        std::vector<const double*> tiles;
    };

    void differentiate_scalars(std::span<const double> values);
    void find_dependence();
    void plan_forward(std::size_t outputs);
    void plan_backward(std::size_t output);
    std::uint32_t tile_slot() { return next_slot_++; }
    std::uint32_t slot_of(Reference r) const { return base_[static_cast<int>(kind_of(r))] + number_of(r); }
    kernels::Operand operand(std::uint32_t slot) const { return {slot_[slot], slot < tape_.scalars.size() ? 0 : block}; }

    const Program::Tape& tape_;
    Columns<double> columns_;
    const kernels::Table<double>& forward_table_;
    const kernels::ReverseTable& table_;
    std::vector<kernels::Step> steps_;
    std::vector<Pass> passes_;
    std::vector<std::vector<Term>> terms_;  ///< of each scalar
    std::vector<bool> depends_;             ///< of each value: on some parameter
    std::uint32_t base_[4] = {};
    std::uint32_t ones_ = 0, next_slot_ = 0;
    std::vector<double*> slot_;
    Arena arena_;
};

}  // namespace balmer
