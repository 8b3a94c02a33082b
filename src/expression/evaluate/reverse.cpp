#include "expression/evaluate/reverse.hpp"

#include <algorithm>

#include "expression/evaluate/partial.hpp"

namespace balmer {
namespace {

constexpr std::size_t pitch = Reverse::tile + Reverse::block;

}  // namespace

Reverse::Reverse(const Program::Tape& tape, std::span<const double> parameters, const Columns<double>& columns, std::size_t outputs,
                 InstructionSet set)
    : tape_(tape), columns_(columns), forward_table_(kernel_table<double>(set)), table_(reverse_table(set)),
      plan_(reverse_plan(tape, outputs, table_)) {
    const std::size_t scalars = tape.scalars.size(), few = columns.rows < block ? tape.columns.size() : 0;
    const std::size_t tiles = plan_->slots - plan_->base[2];
    std::size_t derivatives = 0;
    for (std::size_t k = 0; k < outputs; ++k) derivatives += plan_->passes[k].slots.size();
    Carver carver(arena_.reserve(Carver::bytes<double>(scalars) + Carver::bytes<Term>(scalars) + Carver::bytes<double*>(plan_->slots) +
                                 Carver::bytes<double*>(derivatives) + Carver::bytes<double>(block * (scalars + few)) +
                                 Carver::bytes<double>(tiles * pitch)));
    const std::span<double> values(carver.take<double>(scalars), scalars);
    own_ = carver.take<Term>(scalars);
    slot_ = carver.take<double*>(plan_->slots);
    tiles_ = carver.take<const double*>(derivatives);
    double* const small = carver.take<double>(block * (scalars + few));
    double* const large = carver.take<double>(tiles * pitch);
    evaluate_scalars(tape, parameters, values);
    differentiate_scalars(values);
    for (std::size_t k = 0; k < scalars; ++k) {
        slot_[k] = small + k * block;
        std::fill_n(slot_[k], block, values[k]);
    }
    for (std::size_t k = 0; k < few; ++k) {
        double* const to = slot_[plan_->base[1] + k] = small + (scalars + k) * block;
        const double* const from = columns.column[static_cast<std::size_t>(tape.columns[k])] + columns.offset;
        for (std::size_t i = 0; i < block; ++i) to[i] = columns.rows == 0 ? 0 : from[std::min(i, columns.rows - 1)];
    }
    for (std::size_t k = 0; k < tiles; ++k) slot_[plan_->base[2] + k] = large + k * pitch;
    std::fill_n(slot_[plan_->ones], tile, 1.0);
    const double** to = tiles_;
    for (std::size_t k = 0; k < outputs; ++k)
        for (const auto slot : plan_->passes[k].slots) *to++ = slot_[slot];
}

// terms_[s]: derivative of scalar s by each parameter, forward through the few scalar operations.
void Reverse::differentiate_scalars(std::span<const double> values) {
    bool composed = false;
    for (std::size_t s = 0; s < tape_.scalars.size(); ++s) {
        own_[s] = {static_cast<std::uint32_t>(tape_.scalars[s].index), 1.0};
        composed = composed || tape_.scalars[s].source == Scalar::Source::operation;
    }
    if (!composed) return;  // every scalar is a parameter or a number, as in most formulas
    terms_.resize(tape_.scalars.size());
    std::vector<double> sum(tape_.parameters);
    for (std::size_t s = 0; s < tape_.scalars.size(); ++s) {
        const Scalar& scalar = tape_.scalars[s];
        if (scalar.source == Scalar::Source::parameter) terms_[s] = {own_[s]};
        if (scalar.source != Scalar::Source::operation) continue;
        const int arity = info(scalar.op).arity;
        std::vector<std::uint32_t> touched;
        for (int k = 0; k < arity; ++k) {
            const auto from = scalar.operand[k];
            if (terms_[from].empty()) continue;
            const double slope = partial(scalar.op, k, values[scalar.operand[0]], values[scalar.operand[1]], values[scalar.operand[2]],
                                         values[s], scalar.index);
            for (const auto& term : terms_[from]) {
                touched.push_back(term.parameter);
                sum[term.parameter] += slope * term.factor;
            }
        }
        std::ranges::sort(touched);
        touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
        for (const auto parameter : touched) {
            terms_[s].push_back({parameter, sum[parameter]});
            sum[parameter] = 0;
        }
    }
}

void Reverse::forward(const Stretch& s) {
    if (columns_.rows >= block)
        for (std::size_t k = 0; k < tape_.columns.size(); ++k)
            slot_[plan_->base[1] + k] =
                const_cast<double*>(columns_.column[static_cast<std::size_t>(tape_.columns[k])]) + columns_.offset + s.begin;
    for (const auto& step : plan_->steps) forward_table_.kernel[step.kernel](step, slot_, s.count);
}

void Reverse::backward(std::size_t output, std::size_t count) {
    for (const auto& step : plan_->passes[output].steps)
        step.kernel({.adjoint = operand(step.adjoint),
                     .a = operand(step.a),
                     .b = operand(step.b),
                     .f = operand(step.f),
                     .into = slot_[step.into],
                     .mode = step.mode,
                     .index = step.index},
                    count);
}

void Reverse::to_parameters(std::size_t output, const double* in, double* out) const {
    for (std::size_t i = 0; i < plan_->passes[output].scalars.size(); ++i)
        for (const auto& term : terms(output, i)) out[term.parameter] += in[i] * term.factor;
}

}  // namespace balmer
