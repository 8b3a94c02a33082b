#pragma once

#include <vector>

#include "expression/evaluate/reverse_plan.hpp"

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
    const double* prediction(std::size_t output) const { return slot_[plan_->passes[output].root]; }
    /// Derivative tiles of one output, after `forward`.
    void backward(std::size_t output, std::size_t count);
    std::span<const double* const> derivatives(std::size_t output) const {
        const double* const* first = tiles_;
        for (std::size_t k = 0; k < output; ++k) first += plan_->passes[k].slots.size();
        return {first, plan_->passes[output].slots.size()};
    }

    /// jacobian row: adds to out[parameter] the sum of in[i] d(scalar i)/d(parameter) for the scalars of one output.
    void to_parameters(std::size_t output, const double* in, double* out) const;
    /// Weight of each parameter in scalar i of an output.
    struct Term {
        std::uint32_t parameter = 0;
        double factor = 0;
    };
    std::span<const Term> terms(std::size_t output, std::size_t i) const {
        const auto scalar = plan_->passes[output].scalars[i];
        return terms_.empty() ? std::span<const Term>(&own_[scalar], 1) : std::span<const Term>(terms_[scalar]);
    }
    /// True when every scalar that an output depends on is a parameter: `terms` are then one parameter of weight 1 each.
    bool plain() const { return terms_.empty(); }
    const kernels::ReverseTable& table() const { return table_; }

private:
    void differentiate_scalars(std::span<const double> values);
    kernels::Operand operand(std::uint32_t slot) const { return {slot_[slot], slot < tape_.scalars.size() ? 0 : block}; }

    const Program::Tape& tape_;
    Columns<double> columns_;
    const kernels::Table<double>& forward_table_;
    const kernels::ReverseTable& table_;
    std::shared_ptr<const ReversePlan> plan_;
    Arena arena_;                           ///< holds the next three and the tiles
    Term* own_ = nullptr;                   ///< of each scalar that is a parameter: itself
    double** slot_ = nullptr;
    const double** tiles_ = nullptr;        ///< derivatives, one output after the other
    std::vector<std::vector<Term>> terms_;  ///< of each scalar, when some are computed from others
};

}  // namespace balmer
