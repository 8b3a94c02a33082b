#include "search/neural/compact.hpp"

#include <algorithm>
#include <cmath>

namespace balmer::neural {
namespace {

constexpr std::size_t chunk_inputs = 64;     // tiles of 64 inputs are 16 KiB: half of the first cache
constexpr double full_share = 0.6;           // of entries that are there, above which zeros are multiplied along
constexpr double entry_share = 0.35;         // below which gradients are taken entry by entry
constexpr std::size_t most_full_inputs = 128;

std::size_t padded_to_lanes(std::size_t count) { return (count + kernels::lanes - 1) / kernels::lanes * kernels::lanes; }

}  // namespace

Compact::Compact(const Layout& layout) : matrices_(layout.matrices().size()), input_kept_(layout.shape().inputs, 1) {
    for (std::size_t l = 0; l < layout.shape().hidden.size(); ++l) {
        kept_.emplace_back(layout.shape().hidden[l].nodes(), 1);
        live_.emplace_back(layout.shape().hidden[l].nodes(), 1);
    }
    for (std::size_t m = 0; m < matrices_.size(); ++m) {
        const auto& place = layout.matrices()[m];
        row_live_.emplace_back(place.rows, 1);
        matrices_[m].padded = padded_to_lanes(place.rows);
        matrices_[m].padded_back = padded_to_lanes(place.inputs);
        if (place.inputs <= most_full_inputs) {
            matrices_[m].full = FloatArray((place.inputs + 1) * matrices_[m].padded);
            matrices_[m].full_back = FloatArray(place.rows * matrices_[m].padded_back);
        }
    }
}

std::size_t Compact::entries() const {
    std::size_t total = 0;
    for (const auto& m : matrices_) total += m.input.size();
    return total;
}

// From the outputs back: a node is live when a live row reads it through a weight that is not pruned.
void Compact::find_live(const Layout& layout, std::span<const float> p) {
    std::ranges::fill(row_live_.back(), 1);
    for (std::size_t l = layout.shape().hidden.size(); l-- > 0;) {
        const auto& place = layout.matrices()[l + 1];
        const auto& layer = layout.shape().hidden[l];
        for (std::size_t n = 0; n < layer.nodes(); ++n) {
            live_[l][n] = 0;
            for (std::size_t j = 0; j < place.rows && !live_[l][n]; ++j) {
                const std::size_t at = place.at(n, j);
                live_[l][n] = row_live_[l + 1][j] && std::fabs(p[at]) > p[layout.threshold(at)];
            }
        }
        for (std::size_t k = 0; k < layer.unary.size(); ++k) row_live_[l][k] = live_[l][k];
        for (std::size_t k = 0; k < layer.binary.size(); ++k)
            row_live_[l][layer.unary.size() + 2 * k] = row_live_[l][layer.unary.size() + 2 * k + 1] = live_[l][layer.unary.size() + k];
    }
}

void Compact::list_entries(const Layout& layout, std::span<const float> p, std::size_t m, Reach reach) {
    auto& matrix = matrices_[m];
    const auto& place = layout.matrices()[m];
    const bool all = reach == Reach::all;
    matrix.chunks = (place.inputs + 1 + chunk_inputs - 1) / chunk_inputs;
    matrix.begin.assign(matrix.chunks * (place.rows + 1), 0);
    matrix.input.clear();
    matrix.weight.clear();
    matrix.place.clear();
    const auto is_there = [&](std::size_t i, std::size_t j) {
        const std::size_t at = place.at(i, j);
        return (all || row_live_[m][j]) && std::fabs(p[at]) > p[layout.threshold(at)];
    };
    const auto input_counts = [&](std::size_t i) { return m > 0 || i == place.inputs || input_kept_[i]; };
    for (std::size_t c = 0; c < matrix.chunks; ++c) {
        const std::size_t from = c * chunk_inputs, to = std::min(from + chunk_inputs, place.inputs + 1);
        // Rows lie side by side in the parameters: count along them, then place.
        std::uint32_t* const begin = matrix.begin.data() + c * (place.rows + 1);
        counts_.assign(place.rows, 0);
        for (std::size_t i = from; i < to; ++i)
            if (input_counts(i))
                for (std::size_t j = 0; j < place.rows; ++j) counts_[j] += is_there(i, j) ? 1 : 0;
        begin[0] = static_cast<std::uint32_t>(matrix.input.size());
        for (std::size_t j = 0; j < place.rows; ++j) begin[j + 1] = begin[j] + counts_[j];
        for (std::size_t j = 0; j < place.rows; ++j) counts_[j] = begin[j];
        matrix.input.resize(begin[place.rows]);
        matrix.weight.resize(begin[place.rows]);
        matrix.place.resize(begin[place.rows]);
        for (std::size_t i = from; i < to; ++i) {
            if (!input_counts(i)) continue;
            for (std::size_t j = 0; j < place.rows; ++j) {
                if (!is_there(i, j)) continue;
                const std::uint32_t e = counts_[j]++;
                matrix.input[e] = static_cast<std::uint32_t>(i);
                matrix.weight[e] = p[place.at(i, j)];
                matrix.place[e] = place.at(i, j);
            }
        }
    }
}

void Compact::choose_paths(const Layout& layout, std::size_t m, Reach reach) {
    auto& matrix = matrices_[m];
    const auto& place = layout.matrices()[m];
    matrix.live_rows.clear();
    for (std::size_t j = 0; j < place.rows; ++j)
        if (row_live_[m][j]) matrix.live_rows.push_back(static_cast<std::uint32_t>(j));
    matrix.live_inputs.clear();
    std::vector<std::uint8_t> used(place.inputs + 1, reach == Reach::all ? 1 : 0);
    for (const auto i : matrix.input) used[i] = 1;
    for (std::size_t i = 0; i <= place.inputs; ++i)
        if (used[i]) matrix.live_inputs.push_back(static_cast<std::uint32_t>(i));
    const double entries = static_cast<double>(matrix.input.size());
    const double box = static_cast<double>(matrix.live_inputs.size() * matrix.live_rows.size());
    matrix.by_entry = reach == Reach::live && entries < entry_share * box;
    matrix.is_full = place.inputs <= most_full_inputs && entries > full_share * static_cast<double>(place.size());
    if (matrix.is_full) {
        std::fill_n(matrix.full.data(), matrix.full.size(), 0.0f);
        std::fill_n(matrix.full_back.data(), matrix.full_back.size(), 0.0f);
    }
    matrix.back_begin.assign(place.inputs + 1, 0);
    matrix.back_input.resize(matrix.input.size());
    matrix.back_weight.resize(matrix.input.size());
    for (std::size_t e = 0; e < matrix.input.size(); ++e) {
        const std::size_t i = matrix.input[e], j = (matrix.place[e] - place.first) % place.rows;
        if (matrix.is_full) {
            matrix.full.data()[i * matrix.padded + j] = matrix.weight[e];
            if (i < place.inputs) matrix.full_back.data()[j * matrix.padded_back + i] = matrix.weight[e];
        }
        if (i < place.inputs) ++matrix.back_begin[i + 1];
    }
    if (m == 0) return;
    for (std::size_t i = 0; i < place.inputs; ++i) matrix.back_begin[i + 1] += matrix.back_begin[i];
    counts_.assign(matrix.back_begin.begin(), matrix.back_begin.end());
    for (std::size_t e = 0; e < matrix.input.size(); ++e) {
        const std::size_t i = matrix.input[e], j = (matrix.place[e] - place.first) % place.rows;
        // A row without a slope gives none to its inputs.
        if (i == place.inputs) continue;
        const std::uint32_t to = counts_[i]++;
        matrix.back_input[to] = static_cast<std::uint32_t>(j);
        matrix.back_weight[to] = matrix.weight[e];
    }
}

void Compact::rebuild(const Layout& layout, std::span<const float> p, Reach reach) {
    for (std::size_t i = 0; i < input_kept_.size(); ++i) input_kept_[i] = p[layout.input_threshold(i)] < 1;
    for (std::size_t l = 0; l < kept_.size(); ++l) {
        const auto& layer = layout.shape().hidden[l];
        for (std::size_t k = 0; k < layer.unary.size(); ++k) kept_[l][k] = p[layout.unary_threshold(l, k)] < 1;
        for (std::size_t k = 0; k < layer.binary.size(); ++k) kept_[l][layer.unary.size() + k] = p[layout.binary_threshold(l, k)] < 1;
    }
    find_live(layout, p);
    for (std::size_t m = 0; m < matrices_.size(); ++m) {
        list_entries(layout, p, m, reach);
        choose_paths(layout, m, reach);
    }
}

}  // namespace balmer::neural
