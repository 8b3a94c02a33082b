#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include "balmer/neural.hpp"
#include "search/neural/layout.hpp"

namespace balmer::neural {

/// Steepness of the surrogate gradient.
inline constexpr double kappa = 5;
/// Exponent d of the adaptive factor.
inline constexpr double adaptive_exponent = 0.01;
/// Thresholds of inputs and operators prune from 1 on. They may rise a little above: where the border were the end too,
/// the noise of single batches would bring back a part of what is pruned at every step.
inline constexpr float highest_threshold = 1.05f;

/// d theta(x)/dx as training takes it: kappa s(kappa x)(1 - s(kappa x)), which does not overflow.
template <class Real>
Real surrogate(Real x) {
    const Real e = std::exp(-std::fabs(static_cast<Real>(kappa) * x));
    return static_cast<Real>(kappa) * e / ((1 + e) * (1 + e));
}

/// The four kinds of thresholds.
enum class ThresholdKind : std::size_t { weight, input, unary, binary };
inline constexpr std::size_t threshold_kinds = 4;

/// Per kind: how many thresholds there are and how many of them prune now, and the regulariser's value R.
struct KindState {
    std::size_t count = 0, pruned = 0;
    double value = 0;

    double sparsity() const { return count ? static_cast<double>(pruned) / static_cast<double>(count) : 0; }
};
using KindStates = std::array<KindState, threshold_kinds>;

/// D(s; alpha, d) = exp[-(alpha/(alpha - min(s, alpha)))^d + 1]: 1 at s = 0, 0 at alpha. No target, no pressure.
inline double adaptive_factor(double sparsity, double target) {
    if (!(target > 0)) return 0;
    const double rest = target - std::min(sparsity, target);
    return rest > 0 ? std::exp(1 - std::pow(target / rest, adaptive_exponent)) : 0;
}

inline std::array<double, threshold_kinds> targets_of(const Sparsity& s) { return {s.weight, s.input, s.unary, s.binary}; }

/// First threshold of the kind and their number, layer by layer; weights and inputs have one range.
template <class Use>
void for_each_range(const Layout& layout, ThresholdKind kind, Use&& use) {
    switch (kind) {
        case ThresholdKind::weight: use(layout.threshold(0), layout.weights()); return;
        case ThresholdKind::input: use(layout.input_threshold(0), layout.shape().inputs); return;
        case ThresholdKind::unary:
            for (std::size_t l = 0; l < layout.shape().hidden.size(); ++l) use(layout.unary_threshold(l, 0), layout.shape().hidden[l].unary.size());
            return;
        case ThresholdKind::binary:
            for (std::size_t l = 0; l < layout.shape().hidden.size(); ++l) use(layout.binary_threshold(l, 0), layout.shape().hidden[l].binary.size());
            return;
    }
}

/// Whether a threshold prunes: theta(|w| - t) = 0, theta(1 - t) = 0 for the others.
template <class Real>
bool prunes(ThresholdKind kind, const Layout& layout, const Real* parameters, std::size_t threshold) {
    if (kind == ThresholdKind::weight) return !(std::fabs(parameters[threshold - layout.weights()]) > parameters[threshold]);
    return !(parameters[threshold] < 1);
}

/// Counts and regulariser values: R_weight = mean exp(-t), R = exp(-mean t) for the others.
template <class Real>
KindStates kind_states_from(ThresholdKind first_kind, const Layout& layout, const Real* parameters) {
    KindStates states;
    for (std::size_t k = static_cast<std::size_t>(first_kind); k < threshold_kinds; ++k) {
        const auto kind = static_cast<ThresholdKind>(k);
        double sum = 0;
        for_each_range(layout, kind, [&](std::size_t first, std::size_t count) {
            states[k].count += count;
            for (std::size_t i = first; i < first + count; ++i) {
                const double t = static_cast<double>(parameters[i]);
                sum += kind == ThresholdKind::weight ? std::exp(-t) : t;
                states[k].pruned += prunes(kind, layout, parameters, i) ? 1 : 0;
            }
        });
        const double mean = states[k].count ? sum / static_cast<double>(states[k].count) : 0;
        states[k].value = states[k].count == 0 ? 0 : kind == ThresholdKind::weight ? mean : std::exp(-mean);
    }
    return states;
}
template <class Real>
KindStates kind_states(const Layout& layout, const Real* parameters) {
    return kind_states_from(ThresholdKind::weight, layout, parameters);
}

}  // namespace balmer::neural
