#include "balmer/evaluate.hpp"

#include <cassert>
#include <cmath>

#include "expression/evaluate/runner.hpp"

namespace balmer {
namespace {

template <class Real>
void evaluate_columns(const Program& program, std::span<const double> parameters, const Columns<Real>& columns,
                      std::span<Real* const> output, InstructionSet set) {
    assert(output.size() == program.outputs() && columns.column.size() >= program.features());
    Runner<Real> runner(program.tape(), parameters, columns, output, set);
    Stretch stretch;
    for (Stretches rows(columns.rows, Runner<Real>::tile, Runner<Real>::block); rows.next(stretch);) {
        runner.move_to(stretch);
        runner.run(stretch);
    }
    if (columns.rows < Runner<Real>::block)
        for (std::size_t k = 0; k < output.size(); ++k) std::copy_n(runner.output(k), columns.rows, output[k]);
}

template <class Real>
SquaredError sum_squares(const Program& program, std::span<const double> parameters, const Columns<Real>& columns,
                         std::span<const Real> target, std::span<const Real> weights, double bar, InstructionSet set) {
    assert(target.size() >= columns.rows && (weights.empty() || weights.size() >= columns.rows));
    const auto& tape = program.tape();
    Runner<Real> runner(tape, parameters, columns, {}, set);
    SquaredError result;
    Stretch s;
    for (Stretches rows(columns.rows, Runner<Real>::tile, Runner<Real>::block); rows.next(s);) {
        runner.move_to(s);
        if (tape.ends_in_output && weights.empty() && s.skip + s.valid == s.count) {
            runner.run(s, tape.steps.size() - 1);
            const auto& last = tape.steps.back();
            result.sum += runner.table().loss[last.kernel](last, runner.slots(), s.count, target.data() + s.begin, s.skip);
        } else {
            runner.run(s);
            const std::size_t row = s.begin + s.skip;
            result.sum += runner.table().squared(runner.output(0) + s.skip, target.data() + row,
                                                 weights.empty() ? nullptr : weights.data() + row, s.valid);
        }
        result.rows += s.valid;
        if (!std::isfinite(result.sum) || result.sum > bar) {
            result.sum = INFINITY;
            break;
        }
    }
    return result;
}

template <class Real>
double mean(const Real* values, std::size_t count) {
    double total = 0;
    for (std::size_t i = 0; i < count; ++i) total += static_cast<double>(values[i]);
    return total / static_cast<double>(count);
}

template <class Real>
Moments sum_moments(const Program& program, std::span<const double> parameters, const Columns<Real>& columns, std::span<const Real> target,
                    std::span<const Real> weights, InstructionSet set) {
    assert(target.size() >= columns.rows && (weights.empty() || weights.size() >= columns.rows));
    Runner<Real> runner(program.tape(), parameters, columns, {}, set);
    kernels::ShiftedSums sums;
    Real shift_f = 0, shift_y = 0;  // means of the first rows: the sums below then lose no digits to a large offset
    Stretch s;
    for (Stretches rows(columns.rows, Runner<Real>::tile, Runner<Real>::block); rows.next(s);) {
        runner.move_to(s);
        runner.run(s);
        const std::size_t row = s.begin + s.skip;
        const Real* const f = runner.output(0) + s.skip;
        if (row == 0) {
            const std::size_t some = std::min<std::size_t>(s.valid, 64);
            shift_f = static_cast<Real>(mean(f, some));
            shift_y = static_cast<Real>(mean(target.data(), some));
        }
        runner.table().shifted(f, target.data() + row, weights.empty() ? nullptr : weights.data() + row, s.valid, shift_f, shift_y, sums);
        if (!std::isfinite(sums.ff)) return {};
    }
    if (columns.rows == 0) return {};
    Moments m;
    m.weight = sums.w;
    const double f = sums.f / sums.w, y = sums.y / sums.w;
    m.mean_f = static_cast<double>(shift_f) + f;
    m.mean_y = static_cast<double>(shift_y) + y;
    m.ff = sums.ff - sums.f * f;
    m.fy = sums.fy - sums.f * y;
    m.yy = sums.yy - sums.y * y;
    m.finite = std::isfinite(m.ff) && std::isfinite(m.fy) && std::isfinite(m.mean_f);
    return m;
}

}  // namespace

void evaluate(const Program& program, std::span<const double> parameters, const Columns<double>& columns, std::span<double* const> output,
              InstructionSet set) {
    evaluate_columns(program, parameters, columns, output, set);
}
void evaluate(const Program& program, std::span<const double> parameters, const Columns<float>& columns, std::span<float* const> output,
              InstructionSet set) {
    evaluate_columns(program, parameters, columns, output, set);
}
SquaredError squared_error(const Program& program, std::span<const double> parameters, const Columns<float>& columns,
                           std::span<const float> target, std::span<const float> weights, double bar, InstructionSet set) {
    return sum_squares(program, parameters, columns, target, weights, bar, set);
}
SquaredError squared_error(const Program& program, std::span<const double> parameters, const Columns<double>& columns,
                           std::span<const double> target, std::span<const double> weights, double bar, InstructionSet set) {
    return sum_squares(program, parameters, columns, target, weights, bar, set);
}
Moments moments(const Program& program, std::span<const double> parameters, const Columns<float>& columns, std::span<const float> target,
                std::span<const float> weights, InstructionSet set) {
    return sum_moments(program, parameters, columns, target, weights, set);
}
Moments moments(const Program& program, std::span<const double> parameters, const Columns<double>& columns, std::span<const double> target,
                std::span<const double> weights, InstructionSet set) {
    return sum_moments(program, parameters, columns, target, weights, set);
}

double loss_value(const Program& program, std::span<const double> parameters, const Columns<double>& columns, const RowLoss& loss, double bar,
                  InstructionSet set) {
    Runner<double> runner(program.tape(), parameters, columns, {}, set);
    std::vector<const double*> prediction(program.outputs());
    double total = 0;
    Stretch s;
    for (Stretches rows(columns.rows, Runner<double>::tile, Runner<double>::block); rows.next(s);) {
        runner.move_to(s);
        runner.run(s);
        for (std::size_t k = 0; k < prediction.size(); ++k) {
            prediction[k] = runner.output(k) + s.skip;
            double sum = 0;  // x * 0 is 0 for finite x alone
            for (std::size_t i = 0; i < s.valid; ++i) sum += prediction[k][i] * 0;
            if (sum != 0) return INFINITY;
        }
        total += loss.tile(s.begin + s.skip, s.valid, prediction, {}, {});
        if (!std::isfinite(total) || total > bar) return INFINITY;
    }
    return total;
}

}  // namespace balmer
