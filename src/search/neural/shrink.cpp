// Removal of the weights that cost least for what they take away from the formulas.
#include <algorithm>
#include <cmath>
#include <limits>

#include "balmer/error.hpp"
#include "search/neural/kernels.hpp"
#include "search/neural/trial.hpp"

namespace balmer::neural {
namespace {

constexpr std::size_t judged_tiles = 64;
constexpr double share_when_large = 0.25, share = 0.05;  // of the size that goes in one removal
constexpr double large = 4;                              // times the limit

// How often each row of each matrix stands in the unrolled formulas, and how many nodes each of its inputs brings.
struct Uses {
    std::vector<std::vector<double>> of_row, of_input;
};

Uses count_uses(const Layout& layout, std::span<const float> p) {
    const auto& matrices = layout.matrices();
    Uses uses;
    std::vector<std::vector<double>> sizes;  // of each matrix's inputs
    sizes.emplace_back(layout.shape().inputs, 1.0);
    const auto there = [&](std::size_t at) { return std::fabs(p[at]) > p[layout.threshold(at)]; };
    for (std::size_t m = 0; m + 1 < matrices.size(); ++m) {
        const auto& layer = layout.shape().hidden[m];
        std::vector<double> rows(matrices[m].rows, 0.0), nodes;
        for (std::size_t i = 0; i <= matrices[m].inputs; ++i)
            for (std::size_t j = 0; j < matrices[m].rows; ++j)
                if (there(matrices[m].at(i, j))) rows[j] += i == matrices[m].inputs ? 1 : 2 + sizes[m][i];
        const std::size_t u = layer.unary.size();
        for (std::size_t k = 0; k < u; ++k) nodes.push_back(1 + rows[k]);
        for (std::size_t k = 0; k < layer.binary.size(); ++k) nodes.push_back(1 + rows[u + 2 * k] + rows[u + 2 * k + 1]);
        sizes.push_back(std::move(nodes));
    }
    uses.of_input = sizes;
    uses.of_row.resize(matrices.size());
    uses.of_row.back().assign(matrices.back().rows, 1.0);
    for (std::size_t m = matrices.size() - 1; m > 0; --m) {
        const auto& layer = layout.shape().hidden[m - 1];
        const std::size_t u = layer.unary.size();
        uses.of_row[m - 1].assign(matrices[m - 1].rows, 0.0);
        for (std::size_t n = 0; n < layer.nodes(); ++n) {
            double count = 0;
            for (std::size_t j = 0; j < matrices[m].rows; ++j)
                if (there(matrices[m].at(n, j))) count += uses.of_row[m][j];
            const std::size_t row = n < u ? n : u + 2 * (n - u);
            uses.of_row[m - 1][row] = count;
            if (n >= u) uses.of_row[m - 1][row + 1] = count;
        }
    }
    return uses;
}

struct Removal {
    std::size_t at = 0, bias = 0;  ///< the weight, and the bias of its row
    double price = 0;              ///< loss per node
    double nodes = 0;
};

}  // namespace

bool Trial::remove_some() {
    const Blocks& blocks = setting_->training();
    std::vector<std::uint32_t> tiles;
    RandomStream random(setting_->seed(), 4, index_, static_cast<std::uint64_t>(epoch_));
    const std::size_t count = std::min(judged_tiles, blocks.tiles());
    for (std::size_t k = 0; k < count; ++k)
        tiles.push_back(static_cast<std::uint32_t>(count == blocks.tiles() ? k : random.below(blocks.tiles())));
    std::vector<float> means;
    const auto costs = trainer_.removal_costs(blocks, tiles, means);
    const auto& layout = trainer_.layout();
    auto& p = trainer_.state().parameters;
    const auto uses = count_uses(layout, p);
    std::vector<Removal> removals;
    for (std::size_t m = 0; m < layout.matrices().size(); ++m) {
        const auto& place = layout.matrices()[m];
        for (std::size_t i = 0; i <= place.inputs; ++i)
            for (std::size_t j = 0; j < place.rows; ++j) {
                const std::size_t at = place.at(i, j);
                if (!std::isfinite(costs[at])) continue;
                const double nodes = uses.of_row[m][j] * (i == place.inputs ? 1.5 : 2 + uses.of_input[m][i]);
                removals.push_back({at, place.at(place.inputs, j), (static_cast<double>(costs[at]) + 1e-12) / std::max(nodes, 0.5), nodes});
            }
    }
    // What no output depends on leaves for nothing.
    for (std::size_t w = 0; w < layout.weights(); ++w)
        if (p[w] != 0 && !std::isfinite(costs[w])) p[w] = 0;
    if (removals.empty()) return false;
    std::ranges::sort(removals, [](const Removal& a, const Removal& b) { return a.price != b.price ? a.price < b.price : a.at < b.at; });
    const double size = unrolled_size(layout, p);
    if (size <= 1.5 * static_cast<double>(layout.shape().outputs)) return false;
    double wanted = size * (size > large * setting_->complexity_limit() ? share_when_large : share);
    for (const auto& removal : removals) {
        if (removal.at != removal.bias) p[removal.bias] += p[removal.at] * means[removal.at];
        p[removal.at] = 0;
        wanted -= removal.nodes;
        if (wanted <= 0) break;
    }
    return true;
}

void Trial::write(ByteWriter& writer) const {
    const auto floats = [&](const std::vector<float>& values) {
        writer.u64(values.size());
        writer.text({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
    };
    const auto state = [&](const TrainerState& s) {
        floats(s.parameters);
        floats(s.first);
        floats(s.second);
        writer.f64(s.beta1_power);
        writer.f64(s.beta2_power);
        writer.u64(s.steps);
    };
    state(trainer_.state());
    state(good_);
    for (const int value : {static_cast<int>(phase_), epoch_, phase_epoch_, since_best_, restarts_, diverged_ ? 1 : 0}) writer.i64(value);
    for (const double value : {rate_factor_, best_error_, size_, last_.error, last_.accuracy}) writer.f64(value);
    writer.u64(front_.size());
    for (const auto& member : front_) writer.candidate(member);
    writer.u64(curve_.size());
    for (const auto& point : curve_) {
        writer.i64(point.epoch);
        writer.text(point.phase);
        for (const double value : {point.training_error, point.error, point.accuracy, point.sparsity.weight, point.sparsity.input, point.sparsity.unary, point.sparsity.binary, point.size})
            writer.f64(value);
    }
}

void Trial::read(ByteReader& reader) {
    const auto floats = [&](std::vector<float>& values) {
        const std::size_t count = reader.u64();
        const auto bytes = reader.text();
        if (count != values.size() || bytes.size() != count * sizeof(float)) throw Error("the checkpoint holds a network of another shape");
        std::copy_n(bytes.data(), bytes.size(), reinterpret_cast<char*>(values.data()));
    };
    const auto state = [&](TrainerState& s) {
        floats(s.parameters);
        floats(s.first);
        floats(s.second);
        s.beta1_power = reader.f64();
        s.beta2_power = reader.f64();
        s.steps = reader.u64();
    };
    state(trainer_.state());
    state(good_);
    phase_ = static_cast<Phase>(reader.i64());
    for (int* value : {&epoch_, &phase_epoch_, &since_best_, &restarts_}) *value = static_cast<int>(reader.i64());
    diverged_ = reader.i64() != 0;
    for (double* value : {&rate_factor_, &best_error_, &size_, &last_.error, &last_.accuracy}) *value = reader.f64();
    front_.resize(reader.u64());
    for (auto& member : front_) member = reader.candidate();
    curve_.resize(reader.u64());
    for (auto& point : curve_) {
        point.trial = static_cast<int>(index_);
        point.epoch = static_cast<int>(reader.i64());
        point.phase = reader.text();
        for (double* value : {&point.training_error, &point.error, &point.accuracy, &point.sparsity.weight, &point.sparsity.input, &point.sparsity.unary, &point.sparsity.binary, &point.size})
            *value = reader.f64();
    }
}

}  // namespace balmer::neural
