#include "search/enumerate/sample.hpp"

#include <algorithm>
#include <cmath>

#include "search/median.hpp"

namespace balmer::enumerate {

Sample take_sample(const Dataset& data, std::vector<std::size_t> rows, std::size_t target) {
    Sample sample;
    sample.rows = std::move(rows);
    const auto pick = [&](std::span<const double> column) {
        std::vector<double> values;
        values.reserve(sample.rows.size());
        for (const auto r : sample.rows) values.push_back(column[r]);
        return values;
    };
    for (const auto& feature : data.features) sample.columns.push_back(pick(feature.values()));
    for (const auto& column : sample.columns) sample.pointers.push_back(column.data());
    sample.target = pick(data.targets[target].values());
    sample.weight.assign(sample.rows.size(), 1.0);
    for (std::size_t i = 0; i < sample.rows.size(); ++i) {
        if (data.weights) sample.weight[i] = std::max(0.0, (*data.weights)[sample.rows[i]]);
        if (data.sigma) sample.weight[i] /= (*data.sigma)[sample.rows[i]] * (*data.sigma)[sample.rows[i]];
    }
    // Only their ratios tell; by a power of two, which rounds nothing, float holds them.
    const double heaviest = sample.weight.empty() ? 0 : *std::ranges::max_element(sample.weight);
    if (heaviest > 0 && std::isfinite(heaviest))
        for (double& w : sample.weight) w = std::ldexp(w, -std::ilogb(heaviest));
    return sample;
}

std::vector<std::size_t> choose_key_rows(const Dataset& data, std::size_t count) {
    // A few thousand rows are plenty to choose from.
    const auto rows = choose_spread_rows(data.rows(), 4096, {});
    std::vector<double> sizes;
    for (const auto r : rows) sizes.push_back(std::fabs(data.targets[0][r]));
    const double typical = median(std::move(sizes));
    const auto quality = [&](std::size_t r) {
        int q = 0;
        for (const auto& target : data.targets) q += !(std::fabs(target[r]) > 1e-2 * typical);
        q *= 2;
        for (const auto& feature : data.features) q += feature[r] == 0;
        return q;
    };
    std::vector<std::pair<int, std::size_t>> ranked;
    for (const auto r : rows) ranked.emplace_back(quality(r), r);
    std::ranges::stable_sort(ranked, {}, &std::pair<int, std::size_t>::first);
    // The best quarter, or as many as are needed, then evenly by target.
    std::size_t good = static_cast<std::size_t>(std::ranges::count(ranked, 0, &std::pair<int, std::size_t>::first));
    good = std::max(good, std::min(count, ranked.size()));
    std::vector<std::size_t> pool;
    for (std::size_t i = 0; i < good; ++i) pool.push_back(ranked[i].second);
    std::ranges::sort(pool, {}, [&](std::size_t r) { return std::pair(data.targets[0][r], r); });
    std::vector<std::size_t> chosen;
    const std::size_t n = std::min(count, pool.size());
    for (std::size_t i = 0; i < n; ++i) chosen.push_back(pool[(2 * i + 1) * pool.size() / (2 * n)]);
    std::ranges::sort(chosen);
    chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
    return chosen;
}

std::vector<std::size_t> choose_spread_rows(std::size_t rows, std::size_t count, std::span<const std::size_t> except) {
    const bool avoid = rows >= except.size() + std::min<std::size_t>(count, 20);
    std::vector<std::size_t> chosen;
    const std::size_t n = std::min(rows, count);
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t r = n == rows ? i : (2 * i + 1) * rows / (2 * n);
        if (!avoid || !std::ranges::binary_search(except, r)) chosen.push_back(r);
    }
    return chosen;
}

}  // namespace balmer::enumerate
