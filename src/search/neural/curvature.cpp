// The Fisher information of the weights that are there.
#include <algorithm>
#include <array>
#include <cmath>

#include "search/neural/trainer.hpp"
#include "search/neural/workspace.hpp"

namespace balmer::neural {

using kernels::tile;

// Residuals whose squares have the curvature of the error as their mean: labels, or noise, drawn from what the network itself predicts.
void Trainer::sample_residuals(const Blocks& blocks, std::size_t t, RandomStream& random) {
    const std::size_t outputs = layout_.shape().outputs;
    float* const at = work_->outputs.data();
    std::array<float, tile> root, ones, code;
    for (std::size_t r = 0; r < tile; ++r) root[r] = std::sqrt(blocks.weight(t)[r]);
    if (error_ == ErrorKind::mean_squared || error_ == ErrorKind::summed_squared) {
        const float scale = std::sqrt(error_ == ErrorKind::mean_squared ? 2.0f / static_cast<float>(outputs) : 2.0f);
        for (std::size_t k = 0; k < outputs * tile; ++k) at[k] = scale * root[k % tile] * static_cast<float>(random.normal());
        return;
    }
    ones.fill(1);
    code.fill(error_ == ErrorKind::logistic ? 0.0f : -1.0f);
    const std::vector<float> saved(at, at + outputs * tile);
    if (error_ == ErrorKind::logistic) (void)kernels_.logistic(at, code.data(), ones.data());
    else (void)kernels_.softmax(at, outputs, code.data(), ones.data());
    for (std::size_t r = 0; r < tile; ++r) {
        double left = random.uniform();
        std::size_t k = 0;
        if (error_ == ErrorKind::logistic) k = left < static_cast<double>(at[r]) ? 1 : 0;
        else
            while (k + 1 < outputs && (left -= static_cast<double>(at[k * tile + r])) > 0) ++k;
        code[r] = static_cast<float>(k);
    }
    std::copy(saved.begin(), saved.end(), at);
    if (error_ == ErrorKind::logistic) (void)kernels_.logistic(at, code.data(), root.data());
    else (void)kernels_.softmax(at, outputs, code.data(), root.data());
}

Curvature Trainer::curvature(const Blocks& blocks, std::span<const std::uint32_t> tiles, RandomStream random) {
    rebuild(Reach::live);
    struct Entry {
        std::size_t matrix, input, row;
    };
    Curvature result;
    std::vector<Entry> entries;
    for (std::size_t m = 0; m < layout_.matrices().size(); ++m) {
        const auto& matrix = compact_.matrix(m);
        for (std::size_t e = 0; e < matrix.place.size(); ++e) {
            if (hold(matrix.place[e]) == Hold::carrier) continue;
            entries.push_back({m, matrix.input[e], matrix.row[e]});
            result.place.push_back(matrix.place[e]);
        }
    }
    // Sums of a few tiles in floats, of all in doubles; below the diagonal only, whole blocks of columns.
    constexpr std::size_t tiles_at_once = 8, block = 24;
    const std::size_t n = entries.size(), padded = (n + kernels::lanes - 1) / kernels::lanes * kernels::lanes;
    FloatArray slopes(n * tile), by_row(tile * padded), part(n * padded);
    std::vector<const float*> slope_rows(n);
    std::vector<float*> part_rows(n);
    for (std::size_t e = 0; e < n; ++e) slope_rows[e] = slopes.data() + e * tile, part_rows[e] = part.data() + e * padded;
    result.matrix.assign(n * n, 0.0);
    const StepSettings settings{.structure = Structure::frozen, .reach = Reach::live};
    double total = 0;
    for (std::size_t k = 0; k < tiles.size(); ++k) {
        const auto t = tiles[k];
        forward(blocks, t, Reach::live, Domain::guarded);
        total += blocks.total(t);
        sample_residuals(blocks, t, random);
        for (std::size_t m = layout_.matrices().size(); m-- > 1;) backward_through(m, settings, nullptr);
        for (std::size_t e = 0; e < n; ++e) {
            const auto& at = entries[e];
            const float* const in = (at.matrix == 0 ? blocks.input(t) : work_->layers[at.matrix - 1].value.data()) + at.input * tile;
            const float* const delta = (at.matrix == work_->layers.size() ? work_->outputs.data() : work_->layers[at.matrix].delta.data()) + at.row * tile;
            kernels_.product(in, delta, slopes.data() + e * tile);
        }
        kernels_.transpose(slope_rows.data(), n, by_row.data(), padded);
        for (std::size_t e = 0; e < n; e += block) {
            const std::size_t count = std::min(block, n - e), columns = (e + count + kernels::lanes - 1) / kernels::lanes * kernels::lanes;
            kernels_.outer(slope_rows.data() + e, count, by_row.data(), padded, columns, part_rows.data() + e);
        }
        if ((k + 1) % tiles_at_once != 0 && k + 1 < tiles.size()) continue;
        for (std::size_t a = 0; a < n; ++a)
            for (std::size_t b = 0; b <= a; ++b) result.matrix[a * n + b] += static_cast<double>(part_rows[a][b]);
        std::fill_n(part.data(), part.size(), 0.0f);
    }
    for (std::size_t a = 0; a < n; ++a)
        for (std::size_t b = 0; b <= a; ++b) result.matrix[b * n + a] = result.matrix[a * n + b] /= total;
    return result;
}

}  // namespace balmer::neural
