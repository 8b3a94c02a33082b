#pragma once

#include <cmath>
#include <numeric>
#include <vector>

#include "balmer/random.hpp"
#include "search/neural/trainer.hpp"

namespace balmer::neural {

/// Small networks and rows to test with.
inline std::vector<std::size_t> all_rows(std::size_t count) {
    std::vector<std::size_t> rows(count);
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    return rows;
}

inline TrainingRows random_rows(std::size_t rows, std::size_t inputs, std::size_t outputs, ErrorKind error, std::uint64_t seed) {
    RandomStream random(seed);
    TrainingRows made;
    made.inputs.assign(inputs, std::vector<double>(rows));
    const bool codes = error == ErrorKind::softmax || error == ErrorKind::logistic;
    made.targets.assign(codes ? 1 : outputs, std::vector<double>(rows));
    made.weights.resize(rows);
    for (std::size_t r = 0; r < rows; ++r) {
        // Floats in disguise, so that both trainers see the same numbers.
        for (auto& column : made.inputs) column[r] = static_cast<double>(static_cast<float>(random.normal()));
        const std::size_t classes = error == ErrorKind::logistic ? 2 : outputs;
        for (auto& column : made.targets)
            column[r] = codes ? static_cast<double>(random.below(classes)) : static_cast<double>(static_cast<float>(random.normal()));
        made.weights[r] = 0.5 + static_cast<double>(random.below(4)) / 4;
    }
    return made;
}

/// Weights of every size; thresholds on both sides of what they prune, none nearer than `gap` to it.
inline std::vector<double> random_parameters(const Layout& layout, std::uint64_t seed, double gap = 0.01) {
    RandomStream random(seed);
    std::vector<double> p(layout.size());
    for (std::size_t w = 0; w < layout.weights(); ++w) {
        p[w] = 0.5 * random.normal();
        p[layout.threshold(w)] = random.chance(0.7) ? 0.5 * std::max(0.0, std::fabs(p[w]) - gap) : std::fabs(p[w]) + gap + 0.2 * random.uniform();
    }
    for (std::size_t t = 2 * layout.weights(); t < p.size(); ++t) p[t] = random.chance(0.7) ? random.uniform(0.1, 0.95) : 1;
    for (auto& x : p) x = static_cast<double>(static_cast<float>(x));
    return p;
}

}  // namespace balmer::neural
