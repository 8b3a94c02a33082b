#include <algorithm>
#include <cmath>
#include <numeric>

#include "fitting/bound_rows.hpp"

namespace balmer::fitting {
namespace {

// Total, gradient and diagonal curvature of constant predictions.
struct AtConstants {
    double value = 0;
    std::vector<double> gradient, curvature;
};

AtConstants at_constants(const RowLoss& loss, std::size_t rows, const std::vector<double>& constants) {
    const std::size_t outputs = constants.size();
    std::vector<double> storage((2 * outputs + outputs * outputs) * chunk_rows);
    std::vector<const double*> prediction;
    std::vector<double*> first, second;
    double* next = storage.data();
    for (std::size_t k = 0; k < outputs; ++k, next += chunk_rows) {
        std::fill_n(next, chunk_rows, constants[k]);
        prediction.push_back(next);
    }
    for (std::size_t k = 0; k < outputs; ++k, next += chunk_rows) first.push_back(next);
    for (std::size_t k = 0; k < outputs * outputs; ++k, next += chunk_rows) second.push_back(next);
    AtConstants result{0, std::vector<double>(outputs), std::vector<double>(outputs)};
    for (std::size_t row = 0; row < rows; row += chunk_rows) {
        const std::size_t n = std::min(chunk_rows, rows - row);
        result.value += loss.tile(row, n, prediction, first, second);
        for (std::size_t k = 0; k < outputs; ++k) {
            result.gradient[k] += sum(first[k], n);
            result.curvature[k] += sum(second[k * outputs + k], n);
        }
    }
    return result;
}

}  // namespace

double constant_loss(const RowLoss& loss, std::size_t rows, std::vector<double> start) {
    AtConstants now = at_constants(loss, rows, start);
    double shorten = 1;
    for (int iteration = 0; iteration < 100 && shorten > 1e-6; ++iteration) {
        std::vector<double> next = start;
        double predicted = 0;
        for (std::size_t k = 0; k < start.size(); ++k) {
            if (!(now.curvature[k] > 0)) continue;
            const double step = shorten * now.gradient[k] / now.curvature[k];
            next[k] -= step;
            predicted += 0.5 * step * now.gradient[k];
        }
        if (!(predicted > 1e-14 * std::fabs(now.value))) break;
        AtConstants trial = at_constants(loss, rows, next);
        if (trial.value < now.value) {
            now = std::move(trial);
            start = std::move(next);
            shorten = std::min(1.0, 2 * shorten);
        } else {
            shorten *= 0.25;
        }
    }
    return now.value;
}

double weighted_quantile(std::span<const double> value, const double* weight, const double* factor, double q) {
    std::vector<std::size_t> order(value.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return value[i]; });
    const auto mass = [&](std::size_t i) { return (weight ? weight[i] : 1) * (factor ? factor[i] : 1); };
    double total = 0, below = 0;
    for (std::size_t i = 0; i < value.size(); ++i) total += mass(i);
    for (const auto i : order) {
        below += mass(i);
        if (below >= q * total) return value[i];
    }
    return value[order.back()];
}

}  // namespace balmer::fitting
