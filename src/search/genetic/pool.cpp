#include "search/genetic/pool.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "search/genetic/individual.hpp"

namespace balmer::genetic {
namespace {

constexpr std::size_t longest_entry = 9;  // nodes

// Values up to an affine map, rounded: equal for entries that back-solving cannot tell apart.
std::uint64_t fingerprint_of(std::span<const double> values) {
    double mean = 0, spread = 0;
    for (const double v : values)
        mean += v;
    mean /= static_cast<double>(values.size());
    for (const double v : values)
        spread = std::max(spread, std::fabs(v - mean));
    if (!std::isfinite(mean) || !std::isfinite(spread) || !(spread > 1e-10 * std::fabs(mean)) || spread == 0)
        return 0;
    const double sign = values[0] < mean ? -1 : 1;
    std::uint64_t result = 1;
    for (const double v : values) {
        const auto rounded = static_cast<float>((v - mean) / spread * sign);
        result = combine_hash(result, (std::bit_cast<std::uint32_t>(rounded) + 64) >> 7);
    }
    return result | 1;
}

}  // namespace

void Pool::reset(std::size_t features) {
    entries_.clear();
    values_.clear();
    for (std::size_t i = 0; i < std::min(features, capacity / 2); ++i)
        add_values(Expression::feature(static_cast<std::int32_t>(i)), {sample_->columns().column[i], sample_->rows()});
}

void Pool::add(const Expression& core, std::span<const Definition> definitions) {
    if (full())
        return;
    const Trace trace(core, definitions, *sample_);
    for (std::size_t i = 0; i < core.size(); ++i)
        if (core.nodes[i].length > 1 && core.nodes[i].length <= longest_entry && !full())
            add_values(core.subtree(i), trace.node(i));
}

void Pool::add_values(Expression expression, std::span<const double> values) {
    const auto fingerprint = fingerprint_of(values);
    if (fingerprint == 0 || std::ranges::any_of(entries_, [&](const Entry& e) { return e.fingerprint == fingerprint; }))
        return;
    entries_.push_back({std::move(expression), fingerprint});
    values_.insert(values_.end(), values.begin(), values.end());
}

Expression fitted_form(const Expression& g, const double (&sums)[6]) {
    const auto [w, wg, wy, wgg, wgy, wyy] = sums;
    const double gg = wgg - wg * wg / w, gy = wgy - wg * wy / w, yy = wyy - wy * wy / w;
    const double a = gg > 0 ? gy / gg : 0, b = (wy - a * wg) / w;
    const double full = std::max(0.0, yy - a * gy);
    const double plain = wyy - 2 * wgy + wgg;
    const double shift = (wy - wg) / w, shifted = yy - 2 * gy + gg;
    const double scale = wgg > 0 ? wgy / wgg : 0, scaled = wyy - scale * wgy;
    const double enough = 1.2 * full + 1e-12 * wyy;
    if (plain <= enough)
        return g;
    if (scaled <= enough)
        return Expression::apply(Op::multiply, g, Expression::constant(scale));
    if (shifted <= enough)
        return Expression::apply(Op::add, g, Expression::constant(shift));
    return dressed(g, a, b, Dressing::full);
}

std::vector<Library::Match> Pool::nearest(const Wanted& wanted, std::size_t count) const {
    const std::size_t rows = sample_->rows();
    double w = 0, wy = 0, wyy = 0;
    for (std::size_t i = 0; i < rows; ++i) {
        w += wanted.weight[i];
        wy += wanted.weight[i] * wanted.value[i];
        wyy += wanted.weight[i] * wanted.value[i] * wanted.value[i];
    }
    if (!(w > 0))
        return {};
    struct Hit {
        double error;
        std::size_t entry;
        double sums[6];
    };
    std::vector<Hit> hits;
    for (std::size_t e = 0; e < entries_.size(); ++e) {
        const double* g = values_.data() + e * rows;
        // Four lanes in a fixed order, so that the compiler may keep them in vectors.
        double s1[4] = {}, s2[4] = {}, s3[4] = {};
        for (std::size_t i = 0; i < rows; ++i) {
            const double wgi = wanted.weight[i] * g[i];
            s1[i % 4] += wgi;
            s2[i % 4] += wgi * g[i];
            s3[i % 4] += wgi * wanted.value[i];
        }
        const double wg = s1[0] + s1[1] + s1[2] + s1[3], wgg = s2[0] + s2[1] + s2[2] + s2[3],
                     wgy = s3[0] + s3[1] + s3[2] + s3[3];
        const double gg = wgg - wg * wg / w, gy = wgy - wg * wy / w, yy = wyy - wy * wy / w;
        if (!(gg > 1e-14 * wgg) || !std::isfinite(gy))
            continue;
        const double error = (yy - gy * gy / gg) / wyy;
        hits.push_back({error, e, {w, wg, wy, wgg, wgy, wyy}});
    }
    const auto better = [](const Hit& a, const Hit& b) {
        return a.error != b.error ? a.error < b.error : a.entry < b.entry;
    };
    count = std::min(count, hits.size());
    std::partial_sort(hits.begin(), hits.begin() + static_cast<std::ptrdiff_t>(count), hits.end(), better);
    std::vector<Library::Match> result;
    for (std::size_t i = 0; i < count; ++i)
        result.push_back({fitted_form(entries_[hits[i].entry].expression, hits[i].sums), hits[i].error});
    return result;
}

}  // namespace balmer::genetic
