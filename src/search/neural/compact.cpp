#include "search/neural/compact.hpp"

#include <algorithm>
#include <cmath>

namespace balmer::neural {
namespace {

// Of entries that are there, above which zeros are multiplied along: where they are listed anyway, and where listing them would cost too.
constexpr double full_share = 0.6, full_share_of_all = 0.3;
constexpr double entry_share = 0.35;         // below which gradients are taken entry by entry
constexpr std::size_t most_full_inputs = 4096;

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
            if (m > 0) matrices_[m].full_back = FloatArray(place.rows * matrices_[m].padded_back);
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

// Marks the entries that count and returns their number.
std::size_t Compact::find_entries(const Layout& layout, std::span<const float> p, std::size_t m, Reach reach) {
    const auto& place = layout.matrices()[m];
    const std::size_t rows = place.rows;
    const std::vector<std::uint8_t> every_row(rows, 1);
    const std::uint8_t* const counts = reach == Reach::all ? every_row.data() : row_live_[m].data();
    there_.assign(place.size(), 0);
    counts_.assign(rows, 0);
    for (std::size_t i = 0; i <= place.inputs; ++i) {
        if (m == 0 && i < place.inputs && !input_kept_[i]) continue;
        const float *const weight = p.data() + place.at(i, 0), *const threshold = p.data() + layout.threshold(place.at(i, 0));
        std::uint8_t* const there = there_.data() + i * rows;
        for (std::size_t j = 0; j < rows; ++j) there[j] = counts[j] & static_cast<std::uint8_t>(std::fabs(weight[j]) > threshold[j]);
        for (std::size_t j = 0; j < rows; ++j) counts_[j] += there[j];
    }
    std::size_t total = 0;
    for (const auto count : counts_) total += count;
    return total;
}

void Compact::fill_full(const Layout& layout, std::span<const float> p, std::size_t m) {
    auto& matrix = matrices_[m];
    const auto& place = layout.matrices()[m];
    for (std::size_t i = 0; i <= place.inputs; ++i) {
        const float* const weight = p.data() + place.at(i, 0);
        const std::uint8_t* const there = there_.data() + i * place.rows;
        float* const to = matrix.full.data() + i * matrix.padded;
        // Without a branch: weights are finite.
        for (std::size_t j = 0; j < place.rows; ++j) to[j] = static_cast<float>(there[j]) * weight[j];
        if (m > 0 && i < place.inputs)
            for (std::size_t j = 0; j < place.rows; ++j) matrix.full_back.data()[j * matrix.padded_back + i] = to[j];
    }
}

void Compact::list_entries(const Layout& layout, std::span<const float> p, std::size_t m) {
    auto& matrix = matrices_[m];
    const auto& place = layout.matrices()[m];
    matrix.chunks = (place.inputs + 1 + chunk_inputs - 1) / chunk_inputs;
    matrix.begin.assign(matrix.chunks * (place.rows + 1), 0);
    std::uint32_t total = 0;
    for (std::size_t c = 0; c < matrix.chunks; ++c) {
        const std::size_t from = c * chunk_inputs, to = std::min(from + chunk_inputs, place.inputs + 1);
        // Rows lie side by side in the parameters: count along them, then place.
        std::uint32_t* const begin = matrix.begin.data() + c * (place.rows + 1);
        counts_.assign(place.rows, 0);
        for (std::size_t i = from; i < to; ++i)
            for (std::size_t j = 0; j < place.rows; ++j) counts_[j] += there_[i * place.rows + j];
        begin[0] = total;
        for (std::size_t j = 0; j < place.rows; ++j) begin[j + 1] = begin[j] + counts_[j];
        for (std::size_t j = 0; j < place.rows; ++j) counts_[j] = begin[j];
        total = begin[place.rows];
        for (auto* list : {&matrix.input, &matrix.row}) list->resize(total);
        matrix.weight.resize(total);
        matrix.place.resize(total);
        for (std::size_t i = from; i < to; ++i)
            for (std::size_t j = 0; j < place.rows; ++j) {
                if (!there_[i * place.rows + j]) continue;
                const std::uint32_t e = counts_[j]++;
                matrix.input[e] = static_cast<std::uint32_t>(i);
                matrix.row[e] = static_cast<std::uint32_t>(j);
                matrix.weight[e] = p[place.at(i, j)];
                matrix.place[e] = place.at(i, j);
            }
    }
}

void Compact::list_backwards(const Layout& layout, std::size_t m) {
    auto& matrix = matrices_[m];
    const auto& place = layout.matrices()[m];
    matrix.back_begin.assign(place.inputs + 1, 0);
    for (auto* list : {&matrix.back_input, &matrix.back_entry}) list->resize(matrix.input.size());
    matrix.back_weight.resize(matrix.input.size());
    for (const auto i : matrix.input)
        if (i < place.inputs) ++matrix.back_begin[i + 1];
    for (std::size_t i = 0; i < place.inputs; ++i) matrix.back_begin[i + 1] += matrix.back_begin[i];
    counts_.assign(matrix.back_begin.begin(), matrix.back_begin.end());
    for (std::size_t e = 0; e < matrix.input.size(); ++e) {
        const std::size_t i = matrix.input[e];
        // A constant has no slope.
        if (i == place.inputs) continue;
        const std::uint32_t to = counts_[i]++;
        matrix.back_input[to] = matrix.row[e];
        matrix.back_entry[to] = static_cast<std::uint32_t>(e);
        matrix.back_weight[to] = matrix.weight[e];
    }
}

void Compact::choose_gradient(const Layout& layout, std::size_t m, Reach reach) {
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
    const double box = static_cast<double>(matrix.live_inputs.size() * matrix.live_rows.size());
    matrix.by_entry = reach == Reach::live && static_cast<double>(matrix.input.size()) < entry_share * box;
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
        auto& matrix = matrices_[m];
        const auto& place = layout.matrices()[m];
        const auto there = static_cast<double>(find_entries(layout, p, m, reach));
        matrix.is_full = place.inputs <= most_full_inputs && there > (reach == Reach::all ? full_share_of_all : full_share) * static_cast<double>(place.size());
        if (matrix.is_full) fill_full(layout, p, m);
        if (matrix.is_full && reach == Reach::all) {
            for (auto* list : {&matrix.input, &matrix.row}) list->clear();
            matrix.weight.clear();
            matrix.place.clear();
        } else {
            list_entries(layout, p, m);
            if (m > 0) list_backwards(layout, m);
        }
        choose_gradient(layout, m, reach);
    }
}

void Compact::refresh(const Layout& layout, std::span<const float> p) {
    for (std::size_t m = 0; m < matrices_.size(); ++m) {
        auto& matrix = matrices_[m];
        for (std::size_t e = 0; e < matrix.place.size(); ++e) matrix.weight[e] = p[matrix.place[e]];
        for (std::size_t k = 0; m > 0 && k < matrix.back_begin.back(); ++k) matrix.back_weight[k] = matrix.weight[matrix.back_entry[k]];
        if (!matrix.is_full) continue;
        for (std::size_t e = 0; e < matrix.place.size(); ++e) {
            matrix.full.data()[matrix.input[e] * matrix.padded + matrix.row[e]] = matrix.weight[e];
            if (m > 0 && matrix.input[e] < layout.matrices()[m].inputs)
                matrix.full_back.data()[matrix.row[e] * matrix.padded_back + matrix.input[e]] = matrix.weight[e];
        }
    }
}

}  // namespace balmer::neural
