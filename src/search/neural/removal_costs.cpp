// What the removal of each weight would cost.
#include <cmath>
#include <limits>

#include "search/neural/trainer.hpp"
#include "search/neural/workspace.hpp"

namespace balmer::neural {

using kernels::tile;

// Means of every matrix's inputs over the rows of `tiles`.
std::vector<std::vector<double>> Trainer::input_means(const Blocks& blocks, std::span<const std::uint32_t> tiles) {
    std::vector<std::vector<double>> means;
    for (const auto& place : layout_.matrices()) means.emplace_back(place.inputs, 0.0);
    double total = 0;
    for (const auto t : tiles) {
        forward(blocks, t, Reach::live, Domain::guarded);
        total += blocks.total(t);
        for (std::size_t m = 0; m < means.size(); ++m) {
            const float* const in = m == 0 ? blocks.input(t) : work_->layers[m - 1].value.data();
            for (std::size_t i = 0; i < means[m].size(); ++i)
                if (m == 0 || compact_.node_live(m - 1, i)) means[m][i] += static_cast<double>(kernels_.dot(in + i * tile, blocks.weight(t)));
        }
    }
    for (auto& of_matrix : means)
        for (auto& mean : of_matrix) mean /= total;
    return means;
}

// Adds the squared slopes of a tile by the entries of one matrix.
void Trainer::add_costs(const Blocks& blocks, std::size_t t, std::size_t m, std::span<const double> means, std::vector<double>& cost) const {
    const auto& matrix = compact_.matrix(m);
    const auto& place = layout_.matrices()[m];
    const float* const in = m == 0 ? blocks.input(t) : work_->layers[m - 1].value.data();
    const float* const delta = m == work_->layers.size() ? work_->outputs.data() : work_->layers[m].delta.data();
    for (std::size_t e = 0; e < matrix.place.size(); ++e) {
        const std::size_t i = matrix.input[e], j = matrix.row[e];
        const float centre = i == place.inputs ? 0.0f : static_cast<float>(means[i]);
        float sum = 0;
        for (std::size_t r = 0; r < tile; ++r) {
            const float d = delta[j * tile + r] * (in[i * tile + r] - centre);
            sum += d * d;
        }
        cost[matrix.place[e]] += static_cast<double>(sum);
    }
}

std::vector<float> Trainer::removal_costs(const Blocks& blocks, std::span<const std::uint32_t> tiles, std::vector<float>& means) {
    rebuild(Reach::live);
    const StepSettings settings{.structure = Structure::frozen, .reach = Reach::live};
    const auto of_inputs = input_means(blocks, tiles);
    std::vector<double> cost(layout_.weights(), 0.0);
    double total = 0;
    for (const auto t : tiles) {
        forward(blocks, t, Reach::live, Domain::guarded);
        (void)error_of(blocks, t);
        total += blocks.total(t);
        for (std::size_t m = of_inputs.size(); m-- > 0;) {
            add_costs(blocks, t, m, of_inputs[m], cost);
            if (m > 0) backward_through(m, settings, nullptr);
        }
    }
    means.assign(layout_.weights(), 0.0f);
    std::vector<float> result(layout_.weights(), std::numeric_limits<float>::infinity());
    for (std::size_t m = 0; m < of_inputs.size(); ++m) {
        const auto& place = layout_.matrices()[m];
        for (const auto at : compact_.matrix(m).place) {
            const std::size_t i = (at - place.first) / place.rows;
            if (i < place.inputs) means[at] = static_cast<float>(of_inputs[m][i]);
            const double w = static_cast<double>(state_.parameters[at]);
            result[at] = static_cast<float>(0.5 * w * w * cost[at] / total);
        }
    }
    return result;
}

}  // namespace balmer::neural
