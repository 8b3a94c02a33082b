#include "search/enumerate/library.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "balmer/instruction_set.hpp"
#include "search/enumerate/kernels.hpp"
#include "search/enumerate/spelling.hpp"

namespace balmer::enumerate {
namespace {

// One pass over the rows per entry: the sums of an affine fit of `wanted` by v under the weights. Four lanes in a fixed order.
struct AffineSums {
    double v = 0, vv = 0, vz = 0;
};

AffineSums affine_sums(const double* v, const double* weight, const double* weighted, std::size_t rows) {
    double a[4] = {}, b[4] = {}, c[4] = {};
    std::size_t i = 0;
    for (; i + 4 <= rows; i += 4)
        for (std::size_t k = 0; k < 4; ++k) {
            const double x = v[i + k], w = weight[i + k] * x;
            a[k] += w;
            b[k] += w * x;
            c[k] += weighted[i + k] * x;
        }
    for (std::size_t k = 0; i < rows; ++i, ++k) {
        a[k] += weight[i] * v[i];
        b[k] += weight[i] * v[i] * v[i];
        c[k] += weighted[i] * v[i];
    }
    return {(a[0] + a[2]) + (a[1] + a[3]), (b[0] + b[2]) + (b[1] + b[3]), (c[0] + c[2]) + (c[1] + c[3])};
}

constexpr std::size_t looked_into = 128;  // entries that see all rows

double round_off(double value, double to) { return std::fabs(value - to) < 1e-10 * std::max(1.0, std::fabs(to)) ? to : value; }

}  // namespace

ValueLibrary::ValueLibrary(std::shared_ptr<const ValueTable> table, Sample sample, std::size_t count, ThreadPool& pool)
    : table_(std::move(table)), sample_(std::move(sample)) {
    std::size_t end = 0, taken = 0;
    for (; end < table_->size() && taken < count; ++end) taken += ((*table_)[end].flags & affine_distinct) != 0;
    const std::size_t rows = sample_.size();
    const auto all = table_->values_on(end, sample_.pointers, rows, pool);
    for (std::uint32_t i = 0; i < end; ++i) {
        const std::span<const double> values(all.data() + i * rows, rows);
        if (!((*table_)[i].flags & affine_distinct) || !all_finite(values)) continue;
        entries_.push_back(i);
        values_.insert(values_.end(), values.begin(), values.end());
    }
    if (entries_.size() < 4 * looked_into || rows < 2 * glance_rows) return;
    const std::size_t blocks = (entries_.size() + glance_block - 1) / glance_block;
    glance_values_.resize(blocks * glance_rows * glance_block);
    for (std::size_t e = 0; e < entries_.size(); ++e) {
        const double* v = values_.data() + e * rows;
        double mean = 0, spread = 0;
        for (std::size_t i = 0; i < glance_rows; ++i) mean += v[glance_row(i)] / glance_rows;
        for (std::size_t i = 0; i < glance_rows; ++i) spread = std::max(spread, std::fabs(v[glance_row(i)] - mean));
        float* out = glance_values_.data() + (e / glance_block) * glance_rows * glance_block + e % glance_block;
        for (std::size_t i = 0; i < glance_rows; ++i)
            out[i * glance_block] = spread > 0 ? static_cast<float>((v[glance_row(i)] - mean) / spread) : 0;
    }
}

std::vector<std::uint32_t> ValueLibrary::glance(std::span<const double> weight, std::span<const double> wanted) const {
    std::vector<std::uint32_t> best;
    float w[glance_rows], wz[glance_rows];
    double heaviest = 0, total = 0, mean = 0, square = 0;
    std::size_t asked = 0;
    for (std::size_t i = 0; i < glance_rows; ++i) {
        const auto row = glance_row(i);
        heaviest = std::max(heaviest, weight[row]);
        asked += weight[row] > 0;
        total += weight[row];
        if (weight[row] > 0) mean += weight[row] * wanted[row];
    }
    mean /= total;
    for (std::size_t i = 0; i < glance_rows; ++i) {
        const auto row = glance_row(i);
        if (weight[row] > 0) square += weight[row] * (wanted[row] - mean) * (wanted[row] - mean);
    }
    const double spread = std::sqrt(square / total);
    if (2 * asked < glance_rows || !(spread > 0) || !std::isfinite(spread)) return best;
    for (std::size_t i = 0; i < glance_rows; ++i) {
        const auto row = glance_row(i);
        w[i] = static_cast<float>(weight[row] / heaviest);
        wz[i] = weight[row] > 0 ? static_cast<float>(weight[row] / heaviest * ((wanted[row] - mean) / spread)) : 0;
    }
    float sum = 0;
    for (const float x : wz) sum += x;
    std::vector<float> squared(glance_values_.size() / glance_rows);
    static const auto set = best_instruction_set();
    BALMER_FOR_INSTRUCTION_SET(set, , glance)(glance_values_.data(), w, wz, static_cast<float>(total / heaviest), sum, squared.size() / glance_block, squared.data());
    squared.resize(entries_.size());
    auto ranked = squared;
    std::ranges::nth_element(ranked, ranked.begin() + looked_into, std::greater<>());
    for (std::uint32_t k = 0; k < squared.size(); ++k)
        if (squared[k] > ranked[looked_into]) best.push_back(k);
    return best;
}

std::vector<Library::Match> ValueLibrary::nearest(std::span<const double> wanted, std::span<const double> weight,
                                                  std::size_t count) const {
    const std::size_t rows = sample_.size();
    std::vector<double> w(rows), wz(rows);
    double total = 0, sum = 0, square = 0;
    for (std::size_t i = 0; i < rows; ++i) {
        // Rows that ask for nothing finite do not vote.
        w[i] = std::isfinite(wanted[i]) ? (weight.empty() ? 1.0 : weight[i]) : 0;
        const double z = w[i] > 0 ? wanted[i] : 0;
        wz[i] = w[i] * z;
        total += w[i];
        sum += wz[i];
        square += wz[i] * z;
    }
    const double spread = square - sum * sum / total;
    if (!(total > 0) || !(spread > 1e-20 * square)) return {};
    struct Hit {
        double error, slope, offset;
        std::size_t at;
    };
    std::vector<std::uint32_t> asked;
    if (!glance_values_.empty()) asked = glance(w, wanted);
    const bool everything = asked.empty();
    std::vector<Hit> hits;
    for (std::size_t n = 0; n < (everything ? entries_.size() : asked.size()); ++n) {
        const std::size_t k = everything ? n : asked[n];
        const auto s = affine_sums(values_.data() + k * rows, w.data(), wz.data(), rows);
        const double vv = s.vv - s.v * s.v / total, vz = s.vz - s.v * sum / total;
        if (!(vv > 1e-14 * s.vv)) continue;
        const double slope = vz / vv;
        hits.push_back({std::max(0.0, 1 - vz * vz / (vv * spread)), slope, (sum - slope * s.v) / total, k});
        if (hits.size() > 8 * count + 64) {
            std::ranges::nth_element(hits, hits.begin() + static_cast<std::ptrdiff_t>(count), {}, [](const Hit& h) { return std::pair(h.error, h.at); });
            hits.resize(count);
        }
    }
    std::ranges::sort(hits, {}, [](const Hit& h) { return std::pair(h.error, h.at); });
    hits.resize(std::min(hits.size(), count));
    std::vector<Match> matches;
    for (const Hit& hit : hits) {
        const double scale = std::sqrt(square / total);
        const Expression entry = table_->expression(entries_[hit.at]);
        const double offset = std::fabs(hit.offset) < 1e-10 * scale ? 0 : hit.offset;
        matches.push_back({sum_of(scaled(round_off(hit.slope, std::round(hit.slope)), entry), Expression::constant(offset)), hit.error});
    }
    return matches;
}

}  // namespace balmer::enumerate
