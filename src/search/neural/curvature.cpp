// The Fisher information of the weights that are there.
#include <array>
#include <cmath>

#include <Eigen/Dense>

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
    constexpr std::size_t tiles_at_once = 8;
    using Slopes = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const auto n = static_cast<Eigen::Index>(entries.size());
    Slopes slopes(n, static_cast<Eigen::Index>(tiles_at_once * tile));
    Eigen::MatrixXf part(n, n);
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(n, n);
    const StepSettings settings{.structure = Structure::frozen, .reach = Reach::live};
    double total = 0;
    for (std::size_t from = 0; from < tiles.size(); from += tiles_at_once) {
        slopes.setZero();
        for (std::size_t k = 0; k < tiles_at_once && from + k < tiles.size(); ++k) {
            const auto t = tiles[from + k];
            forward(blocks, t, Reach::live, Domain::guarded);
            total += blocks.total(t);
            sample_residuals(blocks, t, random);
            for (std::size_t m = layout_.matrices().size(); m-- > 1;) backward_through(m, settings, nullptr);
            for (std::size_t e = 0; e < entries.size(); ++e) {
                const auto& at = entries[e];
                const float* const in = (at.matrix == 0 ? blocks.input(t) : work_->layers[at.matrix - 1].value.data()) + at.input * tile;
                const float* const delta = (at.matrix == work_->layers.size() ? work_->outputs.data() : work_->layers[at.matrix].delta.data()) + at.row * tile;
                kernels_.product(in, delta, slopes.data() + (e * tiles_at_once + k) * tile);
            }
        }
        part.setZero();
        part.selfadjointView<Eigen::Lower>().rankUpdate(slopes);
        sum.triangularView<Eigen::Lower>() += part.cast<double>();
    }
    sum /= total;
    result.matrix.resize(static_cast<std::size_t>(n * n));
    Eigen::Map<Eigen::MatrixXd>(result.matrix.data(), n, n) = sum.selfadjointView<Eigen::Lower>();
    return result;
}

}  // namespace balmer::neural
