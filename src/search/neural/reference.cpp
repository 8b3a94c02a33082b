#include "search/neural/reference.hpp"

#include <algorithm>
#include <cmath>

namespace balmer::neural {

// Values of one row on their way through the network.
struct ReferenceNetwork::Pass {
    std::vector<std::vector<double>> in;   ///< inputs of each matrix, after masking, 1 for the bias last
    std::vector<std::vector<double>> sum;  ///< rows of each matrix
    std::vector<double> raw;               ///< inputs before masking
    double outside = 0;                    ///< how far operands of kept operators lie outside their domain
};

ReferenceNetwork::ReferenceNetwork(Shape shape, std::span<const Definition> definitions, ErrorKind error, MaskForm form)
    : layout_(std::move(shape)), error_(error), form_(form) {
    for (const auto& layer : layout_.shape().hidden) {
        for (auto* nodes : {&unary_, &binary_, &guarded_unary_, &guarded_binary_}) nodes->emplace_back();
        for (const auto op : layer.unary) unary_.back().emplace_back(op, definitions), guarded_unary_.back().emplace_back(op, definitions, Domain::guarded);
        for (const auto op : layer.binary) binary_.back().emplace_back(op, definitions), guarded_binary_.back().emplace_back(op, definitions, Domain::guarded);
    }
}

double ReferenceNetwork::mask(double x) const {
    if (form_ == MaskForm::step) return x > 0 ? 1 : 0;
    return 1 / (1 + std::exp(-kappa * x));
}

ReferenceNetwork::Pass ReferenceNetwork::forward(std::span<const double> p, std::span<const double> inputs, Domain domain) const {
    const auto &unaries = domain == Domain::exact ? unary_ : guarded_unary_, &binaries = domain == Domain::exact ? binary_ : guarded_binary_;
    Pass pass;
    pass.raw.assign(inputs.begin(), inputs.end());
    std::vector<double> values;
    for (std::size_t i = 0; i < inputs.size(); ++i) values.push_back(inputs[i] * mask(1 - p[layout_.input_threshold(i)]));
    for (std::size_t m = 0; m < layout_.matrices().size(); ++m) {
        const auto& place = layout_.matrices()[m];
        values.push_back(1);
        std::vector<double> sum(place.rows, 0.0);
        for (std::size_t i = 0; i <= place.inputs; ++i)
            for (std::size_t j = 0; j < place.rows; ++j) {
                const double w = p[place.at(i, j)], t = p[layout_.threshold(place.at(i, j))];
                sum[j] += w * mask(std::fabs(w) - t) * values[i];
            }
        pass.in.push_back(std::move(values));
        pass.sum.push_back(sum);
        values.clear();
        if (m == unary_.size()) break;
        const std::size_t u = unary_[m].size();
        for (std::size_t k = 0; k < u; ++k) {
            const double keep = mask(1 - p[layout_.unary_threshold(m, k)]);
            values.push_back(unaries[m][k].value(sum[k]) * keep + sum[k] * (1 - keep));
            pass.outside += keep * unaries[m][k].outside(sum[k]);
        }
        for (std::size_t k = 0; k < binary_[m].size(); ++k) {
            const double keep = mask(1 - p[layout_.binary_threshold(m, k)]), a = sum[u + 2 * k], b = sum[u + 2 * k + 1];
            values.push_back(binaries[m][k].value(a, b) * keep + (a + b) * (1 - keep));
            pass.outside += keep * binaries[m][k].outside(a, b);
        }
    }
    return pass;
}

std::vector<double> ReferenceNetwork::outputs(std::span<const double> parameters, std::span<const double> inputs) const {
    return forward(parameters, inputs, Domain::exact).sum.back();
}

void ReferenceNetwork::backward(std::span<const double> p, const Pass& pass, std::vector<double> slope, double of_outside, std::vector<double>& gradient) const {
    for (std::size_t m = layout_.matrices().size(); m-- > 0;) {
        const auto& place = layout_.matrices()[m];
        std::vector<double> of_inputs(place.inputs, 0.0);
        for (std::size_t i = 0; i <= place.inputs; ++i)
            for (std::size_t j = 0; j < place.rows; ++j) {
                const std::size_t at = place.at(i, j), at_t = layout_.threshold(at);
                const double w = p[at], distance = std::fabs(w) - p[at_t], of_weight = slope[j] * pass.in[m][i];
                gradient[at] += of_weight * (mask(distance) + std::fabs(w) * surrogate(distance));
                gradient[at_t] -= of_weight * w * surrogate(distance);
                if (i < place.inputs) of_inputs[i] += slope[j] * w * mask(distance);
            }
        if (m == 0) {
            for (std::size_t i = 0; i < place.inputs; ++i) {
                const std::size_t at = layout_.input_threshold(i);
                gradient[at] -= of_inputs[i] * pass.raw[i] * surrogate(1 - p[at]);
            }
            return;
        }
        const std::size_t layer = m - 1, u = unary_[layer].size();
        const auto& sum = pass.sum[layer];
        slope.assign(sum.size(), 0.0);
        for (std::size_t k = 0; k < u; ++k) {
            const std::size_t at = layout_.unary_threshold(layer, k);
            const double keep = mask(1 - p[at]);
            const auto& node = guarded_unary_[layer][k];
            slope[k] = of_inputs[k] * (node.derivative(0, sum[k]) * keep + (1 - keep)) + of_outside * keep * node.outside_derivative(0, sum[k]);
            gradient[at] -= (of_inputs[k] * (node.value(sum[k]) - sum[k]) + of_outside * node.outside(sum[k])) * surrogate(1 - p[at]);
        }
        for (std::size_t k = 0; k < binary_[layer].size(); ++k) {
            const std::size_t at = layout_.binary_threshold(layer, k);
            const double keep = mask(1 - p[at]), a = sum[u + 2 * k], b = sum[u + 2 * k + 1];
            const auto& node = guarded_binary_[layer][k];
            for (int side = 0; side < 2; ++side)
                slope[u + 2 * k + static_cast<std::size_t>(side)] =
                    of_inputs[u + k] * (node.derivative(side, a, b) * keep + (1 - keep)) + of_outside * keep * node.outside_derivative(side, a, b);
            gradient[at] -= (of_inputs[u + k] * (node.value(a, b) - (a + b)) + of_outside * node.outside(a, b)) * surrogate(1 - p[at]);
        }
    }
}

ReferenceNetwork::Slope ReferenceNetwork::slope(std::span<const double> parameters, const TrainingRows& rows, std::span<const std::size_t> batch,
                                                const Sparsity& targets) const {
    Slope result;
    result.gradient.assign(layout_.size(), 0.0);
    double total_weight = 0;
    for (const auto row : batch) total_weight += rows.weights.empty() ? 1 : rows.weights[row];
    std::vector<double> inputs(rows.inputs.size()), slope(layout_.shape().outputs);
    for (const auto row : batch) {
        for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i] = rows.inputs[i][row];
        const double weight = (rows.weights.empty() ? 1 : rows.weights[row]) / total_weight;
        const auto pass = forward(parameters, inputs, Domain::guarded);
        result.error += weight * (row_error(error_, pass.sum.back(), rows, row, slope) + outside_penalty * pass.outside);
        for (auto& s : slope) s *= weight;
        backward(parameters, pass, slope, weight * outside_penalty, result.gradient);
    }
    const auto states = kind_states(layout_, parameters.data());
    const auto goal = targets_of(targets);
    double pressure = 0;
    for (std::size_t k = 0; k < threshold_kinds; ++k) pressure += adaptive_factor(states[k].sparsity(), goal[k]) * states[k].value;
    result.loss = result.error * (1 + pressure);
    for (auto& g : result.gradient) g *= 1 + pressure;
    for (std::size_t k = 0; k < threshold_kinds; ++k) {
        const double factor = result.error * adaptive_factor(states[k].sparsity(), goal[k]) / static_cast<double>(std::max<std::size_t>(1, states[k].count));
        for_each_range(layout_, static_cast<ThresholdKind>(k), [&](std::size_t first, std::size_t count) {
            for (std::size_t i = first; i < first + count; ++i)
                result.gradient[i] -= factor * (k == 0 ? std::exp(-parameters[i]) : states[k].value);
        });
    }
    return result;
}

double row_error(ErrorKind kind, std::span<const double> outputs, const TrainingRows& rows, std::size_t row, std::span<double> slope) {
    const std::size_t count = outputs.size();
    double error = 0;
    if (kind == ErrorKind::mean_squared || kind == ErrorKind::summed_squared) {
        const double scale = kind == ErrorKind::mean_squared ? 1 / static_cast<double>(count) : 1;
        for (std::size_t k = 0; k < count; ++k) {
            const double r = outputs[k] - rows.targets[k][row];
            error += scale * r * r;
            slope[k] = 2 * scale * r;
        }
        return error;
    }
    const double code = rows.targets[0][row];
    if (kind == ErrorKind::logistic) {
        const double f = outputs[0];
        slope[0] = 1 / (1 + std::exp(-f)) - code;
        return std::max(f, 0.0) - code * f + std::log1p(std::exp(-std::fabs(f)));
    }
    const double largest = *std::ranges::max_element(outputs);
    double sum = 0;
    for (const double f : outputs) sum += std::exp(f - largest);
    for (std::size_t k = 0; k < count; ++k) {
        slope[k] = std::exp(outputs[k] - largest) / sum - (static_cast<double>(k) == code ? 1 : 0);
        if (static_cast<double>(k) == code) error = std::log(sum) + largest - outputs[k];
    }
    return error;
}

}  // namespace balmer::neural
