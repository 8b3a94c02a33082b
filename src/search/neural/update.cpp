// From the gradient of the masked weights to a step of Adam.
#include <algorithm>
#include <cmath>

#include "search/neural/trainer.hpp"
#include "search/neural/workspace.hpp"

namespace balmer::neural {

using kernels::tile;

namespace {

// Adds lanes in a fixed order.
float lane_total(const float* lanes) {
    float lane[kernels::lanes];
    std::copy_n(lanes, kernels::lanes, lane);
    for (std::size_t half = kernels::lanes / 2; half > 0; half /= 2)
        for (std::size_t k = 0; k < half; ++k) lane[k] += lane[k + half];
    return lane[0];
}

}  // namespace

// Gradient by the masked weights into its flat order, means over the batch.
void Trainer::scatter_gradient(double total_weight) {
    const float scale = static_cast<float>(1 / total_weight);
    auto& effective = work_->effective;
    std::ranges::fill(effective, 0.0f);
    for (std::size_t m = 0; m < work_->matrices.size(); ++m) {
        const auto& matrix = compact_.matrix(m);
        const auto& place = layout_.matrices()[m];
        const auto& work = work_->matrices[m];
        if (matrix.by_entry) {
            for (std::size_t e = 0; e < matrix.place.size(); ++e) effective[matrix.place[e]] = lane_total(work.by_entry.data() + e * kernels::lanes) * scale;
            continue;
        }
        const bool all_rows = matrix.live_rows.size() == place.rows;
        for (std::size_t a = 0; a < matrix.live_inputs.size(); ++a) {
            const float* const from = work.gradient_rows[a];
            float* const to = effective.data() + place.at(matrix.live_inputs[a], 0);
            if (all_rows)
                for (std::size_t j = 0; j < place.rows; ++j) to[j] = from[j] * scale;
            else
                for (std::size_t b = 0; b < matrix.live_rows.size(); ++b) to[matrix.live_rows[b]] = from[b] * scale;
        }
    }
    for (auto& layer : work_->layers)
        for (auto& g : layer.of_threshold) g *= static_cast<double>(scale);
}

// The same of a frozen structure: only the weights that are there and free.
void Trainer::list_gradient(double total_weight) {
    const float scale = static_cast<float>(1 / total_weight);
    auto& listed = work_->listed;
    auto& gradient = work_->list_gradient;
    listed.clear();
    gradient.clear();
    for (std::size_t m = 0; m < work_->matrices.size(); ++m) {
        const auto& matrix = compact_.matrix(m);
        const auto& work = work_->matrices[m];
        std::vector<const float*> by_input(layout_.matrices()[m].inputs + 1, nullptr);
        for (std::size_t a = 0; a < matrix.live_inputs.size(); ++a) by_input[matrix.live_inputs[a]] = work.gradient_rows[a];
        std::vector<std::uint32_t> by_row(layout_.matrices()[m].rows, 0);
        for (std::size_t b = 0; b < matrix.live_rows.size(); ++b) by_row[matrix.live_rows[b]] = static_cast<std::uint32_t>(b);
        for (std::size_t e = 0; e < matrix.place.size(); ++e) {
            if (hold(matrix.place[e]) != Hold::free) continue;
            listed.push_back(matrix.place[e]);
            gradient.push_back(scale * (matrix.by_entry ? lane_total(work.by_entry.data() + e * kernels::lanes) : by_input[matrix.input[e]][by_row[matrix.row[e]]]));
        }
    }
}

// Slopes of weights and thresholds through their masks, and the regulariser; returns the loss.
double Trainer::regularise(double error, const StepSettings& settings) {
    auto& gradient = work_->gradient;
    const float* const p = state_.parameters.data();
    const std::size_t weights = layout_.weights();
    auto& effective = work_->effective;
    const auto& inputs = layout_.matrices()[0];
    std::vector<float> of_input(inputs.inputs, 0.0f);
    for (std::size_t i = 0; i < inputs.inputs; ++i) {
        const std::size_t at = inputs.at(i, 0);
        of_input[i] = kernels_.masked_dot(p + at, p + weights + at, effective.data() + at, inputs.rows);
        if (!compact_.input_kept(i)) std::fill_n(effective.data() + at, inputs.rows, 0.0f);
    }
    const auto goal = targets_of(settings.targets);
    KindStates states;
    if (settings.structure == Structure::learnt) {
        // Thresholds of weights are many: their survey is a kernel. The others are few.
        states[0].count = weights;
        states[0].pruned = kernels_.survey(p, p + weights, weights, &states[0].value);
        states[0].value /= static_cast<double>(weights);
        const auto few = kind_states_from(ThresholdKind::input, layout_, p);
        for (std::size_t k = 1; k < threshold_kinds; ++k) states[k] = few[k];
    }
    double pressure = 0;
    std::array<double, threshold_kinds> push{};
    for (std::size_t k = 0; k < threshold_kinds && settings.structure == Structure::learnt; ++k) {
        const double factor = adaptive_factor(states[k].sparsity(), goal[k]);
        pressure += factor * states[k].value;
        push[k] = settings.memory * error * factor / static_cast<double>(std::max<std::size_t>(1, states[k].count));
    }
    const float grow = static_cast<float>(1 + pressure);
    if (settings.structure != Structure::learnt) {
        std::fill(gradient.begin() + static_cast<std::ptrdiff_t>(weights), gradient.end(), 0.0f);
        for (std::size_t w = 0; w < weights; ++w) gradient[w] = std::fabs(p[w]) > p[weights + w] ? effective[w] : 0;
        return error;
    }
    kernels_.through_mask({state_.parameters.data(), state_.parameters.data() + weights, effective.data(), gradient.data(), gradient.data() + weights, weights},
                          grow, static_cast<float>(push[0]));
    for (std::size_t i = 0; i < inputs.inputs; ++i) {
        const std::size_t at = layout_.input_threshold(i);
        gradient[at] = -grow * of_input[i] * surrogate(1 - p[at]) - static_cast<float>(push[1] * states[1].value);
    }
    for (std::size_t l = 0; l < work_->layers.size(); ++l) {
        const std::size_t u = layout_.shape().hidden[l].unary.size();
        for (std::size_t n = 0; n < work_->layers[l].nodes.size(); ++n) {
            const std::size_t at = n < u ? layout_.unary_threshold(l, n) : layout_.binary_threshold(l, n - u), kind = n < u ? 2 : 3;
            gradient[at] = -grow * static_cast<float>(work_->layers[l].of_threshold[n]) * surrogate(1 - p[at]) -
                           static_cast<float>(push[kind] * states[kind].value);
        }
    }
    return error * (1 + pressure);
}

// Derivative of sum |w|^.5, smoothed below a = .01 so that it stays finite at 0 (W. Wu et al., Neural Networks 2014).
void Trainer::penalise(double penalty) {
    constexpr double a = 0.01;
    auto& gradient = work_->gradient;
    for (std::size_t w = 0; w < layout_.weights(); ++w) {
        const double x = static_cast<double>(state_.parameters[w]), size = std::fabs(x);
        double slope = 0;
        if (size >= a) {
            slope = 0.5 / std::sqrt(size) * (x < 0 ? -1 : 1);
        } else {
            const double inner = -x * x * x * x / (8 * a * a * a) + 3 * x * x / (4 * a) + 3 * a / 8;
            slope = 0.5 / std::sqrt(inner) * (-x * x * x / (2 * a * a * a) + 3 * x / (2 * a));
        }
        gradient[w] += static_cast<float>(penalty * slope);
    }
}

// A step moves everything, or (live) only the weights of entries with their thresholds, kept inputs and live operators: what is pruned has no
// gradient then, and its moments wait.
void Trainer::update(double norm, const StepSettings& settings) {
    const std::size_t weights = layout_.weights();
    auto& gradient = work_->gradient;
    const std::vector<float> before(state_.parameters.begin() + static_cast<std::ptrdiff_t>(2 * weights), state_.parameters.end());
    constexpr double beta1 = 0.9, beta2 = 0.999;
    state_.beta1_power *= beta1;
    state_.beta2_power *= beta2;
    ++state_.steps;
    const kernels::AdamStep step{.rate = static_cast<float>(settings.rate / (1 - state_.beta1_power)),
                                 .second_correction = static_cast<float>(1 / (1 - state_.beta2_power)),
                                 .scale = norm > settings.clip ? static_cast<float>(settings.clip / norm) : 1.0f};
    if (settings.reach == Reach::all) {
        const std::size_t count = settings.structure == Structure::learnt ? layout_.size() : weights;
        kernels_.adam(state_.parameters.data(), state_.first.data(), state_.second.data(), gradient.data(), count, step);
    } else {
        auto& w = *work_;
        auto& listed = w.listed;
        if (!settings.is_listed()) {
            listed.clear();
            for (std::size_t m = 0; m < w.matrices.size(); ++m)
                for (const auto at : compact_.matrix(m).place) {
                    if (hold(at) != Hold::free) continue;
                    listed.push_back(at);
                    if (settings.structure == Structure::learnt) listed.push_back(weights + at);
                }
            if (settings.structure == Structure::learnt)
                for (std::size_t at = 2 * weights; at < layout_.size(); ++at)
                    if (state_.parameters[at] < 1) listed.push_back(at);
            w.list_gradient.resize(listed.size());
            for (std::size_t k = 0; k < listed.size(); ++k) w.list_gradient[k] = gradient[listed[k]];
        }
        w.list_value.resize(listed.size());
        w.list_first.resize(listed.size());
        w.list_second.resize(listed.size());
        for (std::size_t k = 0; k < listed.size(); ++k) {
            w.list_value[k] = state_.parameters[listed[k]];
            w.list_first[k] = state_.first[listed[k]];
            w.list_second[k] = state_.second[listed[k]];
        }
        kernels_.adam(w.list_value.data(), w.list_first.data(), w.list_second.data(), w.list_gradient.data(), listed.size(), step);
        for (std::size_t k = 0; k < listed.size(); ++k) {
            state_.parameters[listed[k]] = w.list_value[k];
            state_.first[listed[k]] = w.list_first[k];
            state_.second[listed[k]] = w.list_second[k];
        }
    }
    if (settings.structure != Structure::learnt) return;
    for (std::size_t t = weights; t < 2 * weights; ++t) state_.parameters[t] = std::max(0.0f, state_.parameters[t]);
    for (std::size_t t = 2 * weights; t < layout_.size(); ++t)
        state_.parameters[t] = std::clamp(state_.parameters[t], 0.0f, highest_threshold);
    wait_at_targets(before, settings.targets);
}

// Prunes no more inputs and operators than the targets ask for: the others wait at the border. The factor D leaps from 0 to nearly 1 when the noise
// of a batch brings a single operator back, and the push, in which Adam forgets how far is left, would carry several over the border.
void Trainer::wait_at_targets(std::span<const float> before, const Sparsity& targets) {
    const std::size_t first_of_all = 2 * layout_.weights();
    const float waiting = std::nextafter(1.0f, 0.0f);
    const auto goal = targets_of(targets);
    const auto states = kind_states_from(ThresholdKind::input, layout_, state_.parameters.data());
    for (const auto kind : {ThresholdKind::input, ThresholdKind::unary, ThresholdKind::binary}) {
        const auto& [count, pruned, value] = states[static_cast<std::size_t>(kind)];
        const double target = goal[static_cast<std::size_t>(kind)];
        const auto asked = static_cast<std::size_t>(std::ceil(target * static_cast<double>(count) - 1e-9));
        if (!(target > 0) || pruned <= asked) continue;
        std::vector<std::size_t> crossed;
        for_each_range(layout_, kind, [&](std::size_t first, std::size_t size) {
            for (std::size_t t = first; t < first + size; ++t)
                if (state_.parameters[t] >= 1 && before[t - first_of_all] < 1) crossed.push_back(t);
        });
        std::ranges::stable_sort(crossed, {}, [&](std::size_t t) { return state_.parameters[t]; });
        for (std::size_t k = 0; k < std::min(crossed.size(), pruned - asked); ++k) state_.parameters[crossed[k]] = waiting;
    }
}

double Trainer::slope(const Blocks& blocks, std::span<const std::uint32_t> tiles, const StepSettings& settings, std::vector<float>& gradient) {
    double total = 0;
    const double error = pass(blocks, tiles, settings, total);
    if (!std::isfinite(error)) return error;
    scatter_gradient(total);
    (void)regularise(error, settings);
    if (settings.structure == Structure::smooth) penalise(settings.penalty);
    gradient = work_->gradient;
    return error;
}

double Trainer::step(const Blocks& blocks, std::span<const std::uint32_t> tiles, const StepSettings& settings) {
    double total = 0;
    const double error = pass(blocks, tiles, settings, total);
    if (!std::isfinite(error)) return error;
    if (settings.is_listed()) {
        list_gradient(total);
    } else {
        scatter_gradient(total);
        (void)regularise(error, settings);
    }
    if (settings.structure == Structure::smooth) penalise(settings.penalty);
    const auto& gradient = settings.is_listed() ? work_->list_gradient : work_->gradient;
    const double norm = std::sqrt(kernels_.square_sum(gradient.data(), gradient.size()));
    if (!std::isfinite(norm)) return std::numeric_limits<double>::infinity();
    update(norm, settings);
    keeps_entries_ = settings.is_listed();
    return error;
}

}  // namespace balmer::neural
