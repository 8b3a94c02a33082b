#include <algorithm>
#include <cmath>

#include "hardware/precision.hpp"

namespace balmer {

namespace {

/// Class by row: the largest score, the first of equals; of one score, whether it passes.
std::vector<std::uint32_t> winners_of(std::span<const double* const> scores, std::size_t rows, double threshold) {
    std::vector<std::uint32_t> won(rows, 0);
    if (scores.size() == 1) {
        for (std::size_t row = 0; row < rows; ++row) won[row] = scores[0][row] > threshold ? 1 : 0;
        return won;
    }
    for (std::size_t row = 0; row < rows; ++row) {
        double best = scores[0][row];
        std::uint32_t code = 0;
        for (std::uint32_t k = 1; k < scores.size(); ++k) {  // without a branch: scores are close where it matters
            const double score = scores[k][row];
            code = score > best ? k : code;
            best = score > best ? score : best;
        }
        won[row] = code;
    }
    return won;
}

/// Root mean square of a - b over the standard deviation of b, or over the size of a b that hardly varies. Rows without a value of b do not count.
double relative_error(const std::vector<double>& a, const std::vector<double>& b) {
    double square = 0, sum = 0, sum_of_squares = 0, n = 0;
    for (std::size_t i = 0; i < b.size(); ++i) {
        if (!std::isfinite(b[i])) {
            continue;
        }
        square += (a[i] - b[i]) * (a[i] - b[i]);
        sum += b[i];
        sum_of_squares += b[i] * b[i];
        n += 1;
    }
    n = std::max(n, 1.0);
    constexpr double hardly = 1e-12;  // of the mean square: below, the difference of two equal numbers
    const double mean_square = sum_of_squares / n, variance = mean_square - (sum / n) * (sum / n);
    const double scale = variance > hardly * mean_square ? variance : mean_square;
    return std::sqrt(square / n / (scale > 0 ? scale : 1));
}

/// 1 - agreement, with a little of the error to break ties between moves that change no class.
double loss_of(double agreement, double error) {
    constexpr double weight_of_error = 0.02;
    return 1 - agreement + weight_of_error * error;
}

}  // namespace

std::vector<double> real_values(const std::vector<std::int64_t>& integers, FixedPoint format) {
    std::vector<double> values(integers.size());
    const double step = format.step();
    for (std::size_t row = 0; row < values.size(); ++row) values[row] = step * static_cast<double>(integers[row]);
    return values;
}

double share_equal(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
    std::size_t same = 0;
    for (std::size_t row = 0; row < a.size(); ++row) {
        same += a[row] == b[row] ? 1 : 0;
    }
    return static_cast<double>(same) / static_cast<double>(std::max<std::size_t>(1, a.size()));
}

double Judge::error_of(std::size_t output, const std::vector<double>& values) const { return relative_error(values, scores[output]); }

LoweringQuality Judge::compare(std::span<const double* const> values, double error) const {
    LoweringQuality quality{.error = error, .loss = error};
    if (classifies) {
        quality.agreement = share_equal(winners_of(values, winners.size(), threshold), winners);
        quality.loss = loss_of(quality.agreement, error);
    }
    return quality;
}

LoweringQuality Judge::compare(const std::vector<std::vector<double>>& values) const {
    std::vector<const double*> columns;
    double error = 0;
    for (std::size_t k = 0; k < values.size(); ++k) {
        columns.push_back(values[k].data());
        error = std::max(error, error_of(k, values[k]));
    }
    return compare(columns, error);
}

LoweringQuality Judge::measure(const Circuit& circuit) const {
    std::vector<std::vector<std::int64_t>> integers;
    Simulation(circuit).run(inputs, integers);
    if (circuit.outputs[0].kind != OutputKind::value) {
        const std::vector<std::uint32_t> won(integers[0].begin(), integers[0].end());
        const double agreement = share_equal(won, winners);
        return {.agreement = agreement, .loss = loss_of(agreement, 0)};
    }
    std::vector<std::vector<double>> values(integers.size());
    for (std::size_t k = 0; k < integers.size(); ++k) values[k] = real_values(integers[k], circuit.outputs[k].format);
    return compare(values);
}

double Judge::lost(const LoweringQuality& quality) const {
    return classifies ? 1 - quality.agreement - unavoidable : std::sqrt(std::max(0.0, quality.error * quality.error - unavoidable * unavoidable));
}

bool Judge::accepts(const LoweringQuality& quality, const LoweringOptions& options) const {
    return classifies ? quality.agreement >= options.agreement - unavoidable : lost(quality) <= options.tolerance;
}

}  // namespace balmer
