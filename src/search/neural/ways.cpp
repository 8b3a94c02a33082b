// Ways on which a network shrinks: several at once, and what was removed too early may come back.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "search/neural/trial.hpp"

namespace balmer::neural {
namespace {

// What is removed early decides much, so several ways lead down; at common sizes the worse ones make room for copies of
// the better ones.
constexpr std::size_t ways = 6;
constexpr double ways_from = 1.5;          // times the limit: where they part
constexpr double level_ratio = 0.85;       // of the sizes at which they are compared
constexpr std::size_t replaced = 2;        // ways that make room then
constexpr double regrown = 0.1;            // of its size that a copy takes back first
constexpr std::size_t growth_tiles = 256;  // rows that say what new terms are worth
constexpr std::size_t thinning_tiles = 64, most_candidates = 500;  // terms whose joint curvature is taken
constexpr float planted = 1e-6f;           // a weight that changes nothing and has a slope
constexpr double growth_spread = 0.5;      // of the logarithms of these worths

}  // namespace

// The next removal: on the one way of a large network, else on the first way that has not come down to the common
// level. False: all have ended.
bool Trial::remove_on_ways() {
    if (ways_.empty()) {
        if (is_late() || size_ > ways_from * setting_->complexity_limit() || trainer_->live_weights() > most_judged_together)
            return remove_some();
        ways_.assign(ways, {.state = trainer_->state(), .size = size_, .error = last_.error});
        way_ = 0;
        level_ = level_ratio * size_;
    } else {
        ways_[way_] = {.state = trainer_->state(), .size = size_, .error = last_.error};
    }
    while (true) {
        while (way_ < ways_.size() && (ways_[way_].has_ended || ways_[way_].size <= level_))
            ++way_;
        if (way_ == ways_.size()) {
            if (std::ranges::all_of(ways_, &Way::has_ended))
                return false;
            if (is_late()) keep_best_way();
            else replace_worst_ways();
            level_ *= level_ratio;
            way_ = 0;
            continue;
        }
        trainer_->state() = good_ = ways_[way_].state;
        if (std::exchange(ways_[way_].is_copy, false)) {
            grow_some();
            return true;
        }
        if (remove_some())
            return true;
        ways_[way_].has_ended = true;
    }
}

// Where time is short one way is followed to the end rather than all of them half of it.
void Trial::keep_best_way() {
    const auto error = [](const Way& way) { return way.has_ended ? std::numeric_limits<double>::infinity() : way.error; };
    const auto best = std::ranges::min_element(ways_, {}, error);
    for (auto way = ways_.begin(); way != ways_.end(); ++way) way->has_ended |= way != best;
}

void Trial::replace_worst_ways() {
    std::vector<std::size_t> order;
    for (std::size_t k = 0; k < ways_.size(); ++k)
        if (!ways_[k].has_ended)
            order.push_back(k);
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return ways_[a].error < ways_[b].error; });
    for (std::size_t k = 0; k < replaced && 2 * (k + 1) <= order.size(); ++k) {
        auto& worst = ways_[order[order.size() - 1 - k]];
        worst = ways_[order[k]];
        worst.is_copy = true;
    }
}

// Plants a tiny weight wherever the rows that are there could take one more term. Returns by weight what a term there, or a
// coefficient that is not written yet, adds to the complexity; 0 where nothing can be added.
std::vector<double> Trial::plant_terms() {
    const auto& layout = trainer_->layout();
    auto& p = trainer_->state().parameters;
    const auto found = sizes();
    std::vector<double> added(layout.weights(), 0.0);
    for (std::size_t m = 0; m < layout.matrices().size(); ++m) {
        const auto& place = layout.matrices()[m];
        for (std::size_t i = 0; i <= place.inputs; ++i)
            for (std::size_t j = 0; j < place.rows; ++j) {
                const std::size_t at = place.at(i, j);
                if (found.of_row[m][j] == 0 || found.summands[m][j] == 0 || trainer_->hold(at) == Hold::carrier) continue;
                if (p[at] == 1 && trainer_->hold(at) == Hold::held) added[at] = found.of_row[m][j] * found.costs->coefficient;
                if (p[at] != 0 || (i < place.inputs && found.of_input[m][i] == 0)) continue;
                p[at] = planted;
                added[at] = found.of_entry(m, i, j, static_cast<double>(planted));
            }
    }
    return added;
}

// Of many terms those that promise most by their own slope and curvature, so that the joint curvature stays affordable.
void Trial::thin_out(std::vector<double>& added) {
    std::vector<std::pair<double, std::size_t>> order;
    for (std::size_t at = 0; at < added.size(); ++at)
        if (added[at] > 0) order.emplace_back(0.0, at);
    if (order.size() <= most_candidates) return;
    auto& p = trainer_->state().parameters;
    const auto tiles = some_tiles(thinning_tiles);
    std::vector<float> gradient, means;
    (void)trainer_->slope(setting_->training(), tiles, {.structure = Structure::frozen, .reach = Reach::live}, gradient);
    const auto costs = trainer_->removal_costs(setting_->training(), tiles, means);
    for (auto& [worth, at] : order) {
        const double w = static_cast<double>(p[at]), slope = static_cast<double>(gradient[at]), curvature = 2 * static_cast<double>(costs[at]) / (w * w);
        worth = curvature > 0 && std::isfinite(curvature) ? slope * slope / (curvature * added[at]) : 0;
    }
    std::ranges::stable_sort(order, [](const auto& a, const auto& b) { return a.first > b.first; });
    for (std::size_t k = most_candidates; k < order.size(); ++k) {
        const std::size_t at = order[k].second;
        added[at] = 0;
        if (p[at] == planted) p[at] = 0;
    }
}

// New terms in the rows that are there, and coefficients where there were none: those that promise most for their size.
void Trial::grow_some() {
    auto& state = trainer_->state();
    if (state.holds.empty()) state.holds.assign(trainer_->layout().weights(), Hold::free);
    const auto before = state.parameters;
    const double wanted = regrown * sizes().total;
    auto added = plant_terms();
    thin_out(added);
    const auto tiles = some_tiles(growth_tiles);
    const auto curvature = trainer_->curvature(setting_->training(), tiles, RandomStream(setting_->seed(), 5, index_, static_cast<std::uint64_t>(epoch_)));
    std::vector<float> gradient;
    (void)trainer_->slope(setting_->training(), tiles, {.structure = Structure::frozen, .reach = Reach::live}, gradient);
    state.parameters = before;
    take_best_terms(curvature, gradient, added, wanted);
}

void Trial::take_best_terms(const Curvature& curvature, const std::vector<float>& gradient, const std::vector<double>& added, double wanted) {
    auto& state = trainer_->state();
    const std::size_t n = curvature.place.size();
    std::vector<double> weights(n), slopes(n), luck(n);
    std::vector<std::uint8_t> held(n);
    RandomStream random(setting_->seed(), 7, index_, static_cast<std::uint64_t>(epoch_));
    for (std::size_t e = 0; e < n; ++e) {
        const std::size_t at = curvature.place[e];
        weights[e] = static_cast<double>(state.parameters[at]);
        slopes[e] = static_cast<double>(gradient[at]);
        held[e] = added[at] > 0 || state.holds[at] != Hold::free ? 1 : 0;
        luck[e] = std::exp(growth_spread * random.normal());
    }
    Surgeon surgeon(curvature, std::move(weights), held);
    while (wanted > 0) {
        const auto left = surgeon.slopes_after_following(slopes);
        double best_worth = 0;
        std::size_t best = n;
        for (std::size_t e = 0; e < n; ++e) {
            const double size = added[curvature.place[e]];
            if (!(size > 0) || !held[e] || !(surgeon.stiffness(e) > 0)) continue;
            const double worth = luck[e] * left[e] * left[e] / (surgeon.stiffness(e) * size);
            if (worth > best_worth) best_worth = worth, best = e;
        }
        if (best == n) break;
        const auto before = surgeon.current();
        surgeon.release(best, before[best] - left[best] / surgeon.stiffness(best));
        for (std::size_t a = 0; a < n; ++a)
            for (std::size_t b = 0; b < n; ++b) slopes[a] += curvature.matrix[a * n + b] * (surgeon.weight(b) - before[b]);
        held[best] = 0;
        state.holds[curvature.place[best]] = Hold::free;
        wanted -= added[curvature.place[best]];
    }
    for (std::size_t e = 0; e < n; ++e) state.parameters[curvature.place[e]] = static_cast<float>(surgeon.weight(e));
}

}  // namespace balmer::neural
