// Removal of the weights that cost least for what they take away from the formulas.
#include <algorithm>
#include <cmath>
#include <limits>

#include "balmer/error.hpp"
#include "search/neural/expand.hpp"
#include "search/neural/kernels.hpp"
#include "search/neural/sizes.hpp"
#include "search/neural/trial.hpp"

namespace balmer::neural {
namespace {

constexpr double share_when_large = 0.15, share = 0.04;  // of the size that goes in one removal
constexpr double times_limit = 4;                        // above which a network is large
constexpr double share_when_late = 0.3, lateness = 1.5, smallest_share = 0.1;
constexpr double shrink_rate = 4e-3;                     // Adam's step after a removal, falling to a tenth
// Rows that judge: of single weights; of the curvature, more for fewer weights; of moves, first of all that are
// proposed, then of the best of them.
constexpr std::size_t cost_tiles = 64, fewest_tiles = 64, most_tiles = 1024, proposal_tiles = 64, race_tiles = 256;
constexpr double curvature_work = 6e8;  // rows times weights squared
constexpr std::size_t proposals = 24, racers = 6;
constexpr double way_spread = 0.7;  // of the logarithms of prices on all ways but the first

struct Removal {
    std::size_t at = 0, bias = 0;  ///< the weight, and the bias of its row
    double price = 0;              ///< loss per node
    double nodes = 0;
};

}  // namespace

// The trained network without its pruned parts, in the form in which each weight stands for one term.
void Trial::start_shrinking() {
    freeze(0);
    if (auto expanded = expand(trainer_->layout(), trainer_->state().parameters)) {
        rebuild(expanded->shape);
        trainer_->state().parameters = std::move(expanded->parameters);
        trainer_->state().holds = std::move(expanded->holds);
    }
    // Every row gets its constant back, every output its linear terms: what they are worth shows while shrinking.
    constexpr float seed = 1e-4f;
    auto& p = trainer_->state().parameters;
    const auto plant = [&](std::size_t at) {
        if (p[at] == 0 && trainer_->hold(at) == Hold::free) p[at] = seed;
    };
    for (const auto& place : trainer_->layout().matrices())
        for (std::size_t j = 0; j < place.rows; ++j) plant(place.at(place.inputs, j));
    const auto& last = trainer_->layout().matrices().back();
    for (std::size_t n = 0; n < last.inputs && is_expanded_; ++n)
        if (trainer_->input_behind(trainer_->layout().matrices().size() - 1, n))
            for (std::size_t k = 0; k < last.rows; ++k) plant(last.at(n, k));
    good_ = trainer_->state();
    phase_ = Phase::shrinking;
    first_size_ = size_ = sizes().total;
}

void Trial::rebuild(const Shape& shape) {
    trainer_.emplace(shape, setting_->problem().definitions, setting_->error());
    good_ = trainer_->state();
    is_expanded_ = true;
}

// The size that a network shrinking evenly to a tenth of the limit would have now.
double Trial::size_by_now() const {
    const double last = std::min(first_size_, smallest_share * setting_->complexity_limit());
    return first_size_ * std::pow(last / first_size_, (used_ - phase_from_) / (1 - phase_from_));
}
bool Trial::is_late() const { return used_ > phase_from_ && size_ > lateness * size_by_now(); }

double Trial::share_to_remove(double size) const {
    const double usual = size > times_limit * setting_->complexity_limit() ? share_when_large : share;
    return is_late() ? std::clamp(1 - size_by_now() / size, usual, share_when_late) : usual;
}

// A large network is cut down quickly; the nearer the limit, the more passes follow each removal.
int Trial::epochs_between_removals() const {
    if (is_late()) return 1;
    return size_ > 2 * setting_->complexity_limit() ? 1 : setting_->options().shrink_epochs;
}

void Trial::shrink() {
    if (phase_epoch_ >= epochs_between_removals()) {
        if (!remove_on_ways()) {
            phase_ = Phase::done;
            return;
        }
        phase_epoch_ = 0;
        size_ = sizes().total;
    }
    const double passes = epochs_between_removals();
    const auto rate = [&](int step) { return shrink_rate * (1 - 0.9 * std::min(1.0, step / passes)); };
    const StepSettings settings{.structure = Structure::frozen, .reach = Reach::live, .clip = setting_->options().clip};
    const double error = train_epoch(settings, rate(phase_epoch_), rate(phase_epoch_ + 1));
    if (!std::isfinite(error)) return revive_after_divergence();
    after_epoch(error);
}

// Tiles of training rows to judge by, other ones in every epoch.
std::vector<std::uint32_t> Trial::some_tiles(std::size_t count) const {
    const std::size_t there = setting_->training().tiles();
    RandomStream random(setting_->seed(), 4, index_, static_cast<std::uint64_t>(epoch_));
    std::vector<std::uint32_t> tiles;
    for (std::size_t k = 0; k < std::min(count, there); ++k)
        tiles.push_back(static_cast<std::uint32_t>(count >= there ? k : random.below(there)));
    return tiles;
}

bool Trial::remove_some() {
    const std::size_t live = trainer_->live_weights();
    const bool are_few = live <= most_judged_together;
    const double rows = curvature_work / (static_cast<double>(live) * static_cast<double>(live) + 1);
    const std::size_t of_curvature =
        std::clamp(static_cast<std::size_t>(rows / kernels::tile), std::max(fewest_tiles, live / 4), most_tiles);
    const auto tiles = some_tiles(are_few ? of_curvature : cost_tiles);
    const double size = sizes().total;
    if (size <= 1.5 * static_cast<double>(trainer_->layout().shape().outputs)) return false;
    const double wanted = size * share_to_remove(size);
    return are_few ? operate(tiles, wanted) : remove_by_costs(tiles, wanted);
}

// Each weight judged alone, its mean going into the row's constant.
bool Trial::remove_by_costs(std::span<const std::uint32_t> tiles, double wanted) {
    std::vector<float> means;
    const auto costs = trainer_->removal_costs(setting_->training(), tiles, means);
    const auto& layout = trainer_->layout();
    auto& p = trainer_->state().parameters;
    const auto found = sizes();
    std::vector<Removal> removals;
    for (std::size_t m = 0; m < layout.matrices().size(); ++m) {
        const auto& place = layout.matrices()[m];
        for (std::size_t i = 0; i <= place.inputs; ++i)
            for (std::size_t j = 0; j < place.rows; ++j) {
                const std::size_t at = place.at(i, j);
                if (!std::isfinite(costs[at]) || trainer_->hold(at) == Hold::carrier || (i == place.inputs && trainer_->needs_constant(m, j))) continue;
                const double nodes = found.of_entry(m, i, j, static_cast<double>(p[at]));
                removals.push_back({at, place.at(place.inputs, j), (static_cast<double>(costs[at]) + 1e-12) / std::max(nodes, 0.5), nodes});
            }
    }
    // What no output depends on leaves for nothing.
    for (std::size_t w = 0; w < layout.weights(); ++w)
        if (p[w] != 0 && !std::isfinite(costs[w]) && trainer_->hold(w) != Hold::carrier) p[w] = 0;
    if (removals.empty()) return false;
    std::ranges::sort(removals, [](const Removal& a, const Removal& b) { return a.price != b.price ? a.price < b.price : a.at < b.at; });
    for (const auto& removal : removals) {
        if (removal.at != removal.bias) p[removal.bias] += p[removal.at] * means[removal.at];
        p[removal.at] = 0;
        wanted -= removal.nodes;
        if (wanted <= 0) break;
    }
    return true;
}

// Whether a weight of 1 would stand in the formula as no coefficient at all.
bool Trial::may_be_one(std::size_t m, std::size_t i, std::size_t j) const {
    const auto& layout = trainer_->layout();
    const auto& shape = layout.shape();
    const auto& p = trainer_->state().parameters;
    const auto& scaling = setting_->scaling();
    if (i == layout.matrices()[m].inputs) return false;
    const bool is_output = m == shape.hidden.size();
    if (is_output && !scaling.target_scale.empty() && scaling.target_scale[j] != 1) return false;
    // The leading coefficients of a product go elsewhere.
    if (!is_output && j >= shape.hidden[m].unary.size()) return false;
    if (const auto input = trainer_->input_behind(m, i)) return scaling.scale[*input] == 1;
    return i < shape.hidden[m - 1].unary.size() && p[layout.unary_threshold(m - 1, i)] < 1;
}

// Weights judged together: the others follow what is removed, or set to 1, at once.
bool Trial::operate(std::span<const std::uint32_t> tiles, double wanted) {
    const auto curvature = trainer_->curvature(setting_->training(), tiles, RandomStream(setting_->seed(), 5, index_, static_cast<std::uint64_t>(epoch_)));
    const auto& layout = trainer_->layout();
    auto& state = trainer_->state();
    if (state.holds.empty()) state.holds.assign(layout.weights(), Hold::free);
    struct Entry {
        std::size_t at, m, i, j;
        bool may_be_one, may_go;
    };
    std::vector<Entry> entries;
    std::vector<double> weights;
    std::vector<std::uint8_t> held;
    for (const auto at : curvature.place) {
        std::size_t m = 0;
        while (at >= layout.matrices()[m].first + layout.matrices()[m].size()) ++m;
        const auto& place = layout.matrices()[m];
        const std::size_t i = (at - place.first) / place.rows, j = (at - place.first) % place.rows;
        entries.push_back({at, m, i, j, may_be_one(m, i, j), i < place.inputs || !trainer_->needs_constant(m, j)});
        weights.push_back(static_cast<double>(state.parameters[at]));
        held.push_back(state.holds[at] != Hold::free ? 1 : 0);
    }
    // What no output depends on leaves for nothing.
    std::vector<std::uint8_t> reached(layout.weights(), 0);
    for (const auto at : curvature.place) reached[at] = 1;
    for (std::size_t w = 0; w < layout.weights(); ++w)
        if (!reached[w] && state.holds[w] != Hold::carrier) state.parameters[w] = 0;
    Surgeon surgeon(curvature, std::move(weights), std::move(held));
    const auto write = [&](const std::vector<double>& values) {
        for (std::size_t e = 0; e < entries.size(); ++e) state.parameters[entries[e].at] = static_cast<float>(values[e]);
    };
    struct Move {
        std::size_t entry;
        double to, nodes, price, follow;
    };
    RandomStream random(setting_->seed(), 6, index_, static_cast<std::uint64_t>(epoch_));
    const bool is_lucky = !ways_.empty() && way_ > 0;
    const auto propose = [&] {
        const auto found = sizes();
        std::vector<Move> moves;
        for (std::size_t e = 0; e < entries.size(); ++e) {
            const auto& [at, m, i, j, one, may_go] = entries[e];
            const double w = surgeon.weight(e);
            if (w == 0 || found.of_row[m][j] == 0)
                continue;
            const auto consider = [&](double value, double given) {
                const double nodes = std::max(given, 0.5);
                const double luck = is_lucky ? std::exp(way_spread * random.normal()) : 1;
                moves.push_back({e, value, nodes, luck * (surgeon.cost(e, value) + 1e-9) / nodes, 1});
            };
            if (may_go)
                consider(0, found.of_entry(m, i, j, w));
            if (one && w != 1)
                consider(1, found.of_row[m][j] * found.costs->coefficient);
        }
        return moves;
    };
    const auto keep_cheapest = [](std::vector<Move>& moves, std::size_t count) {
        std::ranges::stable_sort(moves, {}, &Move::price);
        moves.resize(std::min(count, moves.size()));
    };
    const auto judge = [&](std::vector<Move>& moves, std::size_t count) {
        const auto judged = tiles.first(std::min(count, tiles.size()));
        const double before = trainer_->error(setting_->training(), judged);
        for (auto& move : moves) {
            write(surgeon.after(move.entry, move.to, move.follow));
            move.price = (trainer_->error(setting_->training(), judged) - before) / move.nodes;
        }
        std::erase_if(moves, [](const Move& move) { return !std::isfinite(move.price); });
        write(surgeon.current());
    };
    bool any = false;
    while (wanted > 0) {
        // The quadratic model proposes, the error decides. The model holds near by only: followers may have gone too
        // far.
        auto moves = propose();
        keep_cheapest(moves, proposals);
        judge(moves, proposal_tiles);
        keep_cheapest(moves, racers);
        for (std::size_t k = moves.size(); k-- > 0;)
            for (const double follow : {0.5, 0.0}) {
                moves.push_back(moves[k]);
                moves.back().follow = follow;
            }
        judge(moves, race_tiles);
        keep_cheapest(moves, 1);
        if (moves.empty())
            return any;
        any = true;
        const Move& best = moves[0];
        surgeon.set(best.entry, best.to, best.follow);
        state.holds[entries[best.entry].at] = Hold::held;
        wanted -= best.nodes;
        write(surgeon.current());
    }
    return any;
}

}  // namespace balmer::neural
