#include <algorithm>
#include <cmath>

#include "hardware/precision.hpp"

namespace balmer {

namespace {

std::uint32_t winner(const std::vector<std::vector<double>>& scores, std::size_t row, double threshold) {
    if (scores.size() == 1) {
        return scores[0][row] > threshold ? 1 : 0;
    }
    std::uint32_t best = 0;
    for (std::uint32_t k = 1; k < scores.size(); ++k) {
        best = scores[k][row] > scores[best][row] ? k : best;
    }
    return best;
}

/// Root mean square of a - b over the standard deviation of b.
double relative_error(const std::vector<double>& a, const std::vector<double>& b) {
    double square = 0, sum = 0, sum_of_squares = 0;
    for (std::size_t i = 0; i < b.size(); ++i) {
        square += (a[i] - b[i]) * (a[i] - b[i]);
        sum += b[i];
        sum_of_squares += b[i] * b[i];
    }
    const auto n = static_cast<double>(b.size());
    const double variance = sum_of_squares / n - (sum / n) * (sum / n);
    return std::sqrt(square / n / std::max(variance, 1e-300));
}

}  // namespace

LoweringQuality Judge::measure(const Circuit& circuit) const {
    std::vector<std::vector<std::int64_t>> integers;
    Simulation(circuit).run(inputs, integers);
    LoweringQuality quality;
    const bool decides = circuit.outputs[0].kind != OutputKind::value;
    std::vector<std::vector<double>> values(integers.size());
    for (std::size_t k = 0; k < integers.size(); ++k) {
        const double step = circuit.outputs[k].format.step();
        for (const std::int64_t integer : integers[k]) {
            values[k].push_back(step * static_cast<double>(integer));
        }
        if (!decides) {
            quality.error = std::max(quality.error, relative_error(values[k], scores[k]));
        }
    }
    if (!classifies) {
        quality.loss = quality.error;
        return quality;
    }
    std::size_t same = 0;
    for (std::size_t row = 0; row < winners.size(); ++row) {
        const std::uint32_t won = decides ? static_cast<std::uint32_t>(integers[0][row]) : winner(values, row, threshold);
        same += won == winners[row] ? 1 : 0;
    }
    quality.agreement = static_cast<double>(same) / static_cast<double>(std::max<std::size_t>(1, winners.size()));
    constexpr double weight_of_error = 0.02;  // breaks ties between moves that change no class
    quality.loss = 1 - quality.agreement + weight_of_error * quality.error;
    return quality;
}

bool Judge::accepts(const LoweringQuality& quality, const LoweringOptions& options) const {
    return classifies ? quality.agreement >= options.agreement : quality.error <= options.tolerance;
}

}  // namespace balmer
