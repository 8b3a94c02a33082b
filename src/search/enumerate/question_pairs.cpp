// Two free coefficients: all pairs of entries by the correlations of eight functionals.
#include <algorithm>
#include <array>
#include <cmath>

#include "search/enumerate/questions.hpp"

namespace balmer::enumerate {
namespace {

constexpr std::size_t functionals = 8;
constexpr double unexplained = 1e-11;     // share of the variance; correlations of doubles tell no less
constexpr double least_independence = 1e-4;

using Eight = std::array<double, functionals>;

// Unit vector of eight random functionals, orthogonal to (1, ..., 1); zero for a value that does not vary.
Eight direction(const double* value, std::size_t rows) {
    double mean = 0;
    for (std::size_t i = 0; i < rows; ++i) mean += value[i] / static_cast<double>(rows);
    Eight f{};
    RandomStream random(20261);
    double size = 0;
    for (std::size_t i = 0; i < rows; ++i) {
        size += (value[i] - mean) * (value[i] - mean);
        for (auto& x : f) x += random.normal() * (value[i] - mean);
    }
    double length = 0;
    for (const double x : f) length += x * x;
    length = std::sqrt(length);
    if (!(length > 1e-9 * std::fabs(mean)) || !(size > 0)) return {};
    for (auto& x : f) x /= length;
    return f;
}

}  // namespace

void Questions::ask_pairs_of(const Hit& as, const std::vector<double>& value, std::size_t count) {
    // Pairs cost as the square of the terms; the budget may end before the last of them.
    const std::size_t wanted = std::min(count, pair_terms_.size());
    const std::size_t pairs = judge_.run().affordable(static_cast<double>(functionals), wanted * wanted / 2 + 1);
    const std::size_t n = std::min(wanted, static_cast<std::size_t>(std::sqrt(2.0 * static_cast<double>(pairs))) + 1);
    if (directions_.size() != functionals * pair_terms_.size()) {
        directions_.assign(functionals * pair_terms_.size(), 0);
        for (std::size_t e = 0; e < pair_terms_.size(); ++e) {
            const Eight f = direction(value_of(pair_terms_[e]), table_.rows());
            for (std::size_t k = 0; k < functionals; ++k) directions_[k * pair_terms_.size() + e] = f[k];
        }
    }
    const Eight t = direction(value.data(), value.size());
    const std::size_t stride = pair_terms_.size();
    std::vector<double> rho(n, 0.0);
    for (std::size_t k = 0; k < functionals; ++k)
        for (std::size_t e = 0; e < n; ++e) rho[e] += t[k] * directions_[k * stride + e];
    constexpr std::size_t grain = 64;
    std::vector<std::vector<Hit>> found((n + grain - 1) / grain);
    parallel_for(judge_.run().pool, n, grain, [&](std::size_t from, std::size_t to) {
        std::vector<double> same(n);
        for (std::size_t a = from; a < to; ++a) {
            std::fill(same.begin(), same.end(), 0.0);
            for (std::size_t k = 0; k < functionals; ++k) {
                const double f = directions_[k * stride + a];
                const double* g = directions_.data() + k * stride;
                for (std::size_t b = a + 1; b < n; ++b) same[b] += f * g[b];
            }
            for (std::size_t b = a + 1; b < n; ++b) {
                const double independent = 1 - same[b] * same[b];
                const double left = independent - rho[a] * rho[a] - rho[b] * rho[b] + 2 * rho[a] * rho[b] * same[b];
                if (!(left < unexplained * independent + 4e-15) || !(independent > least_independence)) continue;
                Hit hit = as;
                hit.entry = pair_terms_[a];
                hit.second = pair_terms_[b];
                found[from / grain].push_back(hit);
            }
        }
    });
    judge_.run().clock.add(functionals, n * n / 2);
    for (const auto& hits : found) resolve(hits);
    judge_.report("library");
}

}  // namespace balmer::enumerate
