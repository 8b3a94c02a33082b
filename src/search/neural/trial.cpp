#include "search/neural/trial.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "search/neural/kernels.hpp"
#include "search/neural/sizes.hpp"

namespace balmer::neural {
namespace {

constexpr double initial_gain = 0.7;
constexpr int most_restarts = 5;
constexpr double forgotten = 1.5;          // times the least error on rows not trained on: beyond it a network has learnt its rows by heart
constexpr int fewest_epochs_by_heart = 3;
constexpr float beside_product = 0.1f;     // share of the random weights that the rows of a planted product keep
constexpr double size_margin = 3;          // sizes are estimates: only beyond this times the limit nothing is written

}  // namespace

bool insert_into_front(std::vector<Candidate>& front, Candidate candidate) {
    if (!std::isfinite(candidate.loss)) return false;
    for (const auto& member : front)
        if (member.complexity <= candidate.complexity && member.loss <= candidate.loss) return false;
    std::erase_if(front, [&](const Candidate& member) { return member.complexity >= candidate.complexity && member.loss >= candidate.loss; });
    const auto place = std::ranges::find_if(front, [&](const Candidate& member) { return member.complexity > candidate.complexity; });
    front.insert(place, std::move(candidate));
    return true;
}

Trial::Trial(const Setting& setting, std::size_t index)
    : setting_(&setting),
      index_(index),
      plan_(plan_trial(setting, index)),
      trainer_(std::in_place, plan_.shape, setting.problem().definitions, setting.error()),
      best_error_(std::numeric_limits<double>::infinity()) {
    trainer_->initialise(RandomStream(setting.seed(), 2, 0, index), initial_gain);
    plant_products();
    good_ = trainer_->state();
}

// Products that show in the data, as the first products of the first layer: each side reads its input, standardised, and little else.
void Trial::plant_products() {
    const auto& layout = trainer_->layout();
    const auto& layer = layout.shape().hidden[0];
    const auto& place = layout.matrices()[0];
    auto& p = trainer_->state().parameters;
    auto product = setting_->products().begin();
    for (std::size_t k = 0; k < layer.binary.size() && product != setting_->products().end(); ++k) {
        if (layer.binary[k].op != Op::multiply) continue;
        for (std::size_t side = 0; side < 2; ++side) {
            const std::size_t row = layer.unary.size() + 2 * k + side, input = (*product)[side];
            for (std::size_t i = 0; i < place.inputs; ++i) p[place.at(i, row)] *= beside_product;
            const auto scale = setting_->input_scale(input);
            p[place.at(input, row)] = static_cast<float>(1 / scale.deviation);
            p[place.at(place.inputs, row)] = static_cast<float>(-scale.mean / scale.deviation);
        }
        ++product;
    }
}

const char* Trial::phase_name() const {
    switch (phase_) {
        case Phase::training: return setting_->options().network == NetworkMethod::eql ? "free" : "training";
        case Phase::eql_smooth: return "L0.5";
        case Phase::eql_frozen: return "frozen";
        case Phase::shrinking: return "shrinking";
        case Phase::done: return "done";
    }
    return "";
}

// One pass over all tiles in a new order, the step falling along half a cosine.
double Trial::train_epoch(const StepSettings& base, double start_rate, double end_rate) {
    const Blocks& blocks = setting_->training();
    std::vector<std::uint32_t> order(blocks.tiles());
    for (std::uint32_t t = 0; t < order.size(); ++t) order[t] = t;
    RandomStream random(setting_->seed(), 3, index_, static_cast<std::uint64_t>(epoch_));
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    const std::size_t batch = setting_->tiles_per_batch();
    const std::size_t batches = (order.size() + batch - 1) / batch;
    double error = 0;
    for (std::size_t n = 0; n < batches; ++n) {
        const std::size_t from = n * batch, count = std::min(batch, order.size() - from);
        StepSettings settings = base;
        settings.rate = (start_rate + (end_rate - start_rate) * static_cast<double>(n) / static_cast<double>(batches)) * rate_factor_;
        if (base.structure == Structure::learnt && n % static_cast<std::size_t>(setting_->options().revival) != 0) settings.reach = Reach::live;
        const double of_batch = trainer_->step(blocks, std::span(order).subspan(from, count), settings);
        if (!std::isfinite(of_batch)) return of_batch;
        error += of_batch * static_cast<double>(count);
    }
    return error / static_cast<double>(order.size());
}

void Trial::revive_after_divergence() {
    ++restarts_;
    if (restarts_ > most_restarts) {
        diverged_ = true;
        phase_ = Phase::done;
        return;
    }
    rate_factor_ *= 0.5;
    trainer_->state() = good_;
    std::ranges::fill(trainer_->state().first, 0.0f);
    std::ranges::fill(trainer_->state().second, 0.0f);
    trainer_->state().beta1_power = trainer_->state().beta2_power = 1;
    // What was good may explode on other rows: back towards the origin, where all operators are tame.
    const float factor = epoch_ == 0 ? 0.2f : 0.7f;
    for (std::size_t w = 0; w < trainer_->layout().weights(); ++w) trainer_->state().parameters[w] *= factor;
}

Sizes Trial::sizes() const {
    return sizes_of(trainer_->layout(), trainer_->state().parameters, setting_->piece_costs());
}

void Trial::snapshot() {
    size_ = sizes().total;
    const double limit = setting_->complexity_limit();
    if (size_ > size_margin * limit) return;
    for (const auto& member : front_)
        if (member.complexity <= 0.5 * size_ && member.loss <= last_.error) return;
    auto outputs = unroll(trainer_->layout(), trainer_->state().parameters, setting_->scaling());
    Candidate candidate{.complexity = setting_->scorer().complexity(outputs), .loss = last_.error, .origin = "neural"};
    if (candidate.complexity > limit || !setting_->scorer().allowed(outputs)) return;
    if (trainer_->is_restricted() && !std::isfinite(trainer_->judge(setting_->training()).error)) return;
    candidate.outputs = std::move(outputs);
    insert_into_front(front_, std::move(candidate));
}

// Shares pruned; of the network as it was planned where it has been written anew for shrinking.
Sparsity Trial::sparsity() const {
    const auto kinds = trainer_->kinds();
    if (phase_ != Phase::shrinking) return {kinds[0].sparsity(), setting_->share_of_columns(kinds[1].sparsity()), kinds[2].sparsity(), kinds[3].sparsity()};
    const Layout planned(plan_.shape);
    const auto& layout = trainer_->layout();
    const auto& p = trainer_->state().parameters;
    const auto share = [](std::size_t left, std::size_t of) { return of == 0 ? 0 : 1 - std::min(1.0, static_cast<double>(left) / static_cast<double>(of)); };
    std::size_t weights = 0, inputs = 0, unary = 0, binary = 0, planned_unary = 0, planned_binary = 0;
    for (std::size_t w = 0; w < layout.weights(); ++w) weights += p[w] != 0 && trainer_->hold(w) != Hold::carrier;
    const auto& first = layout.matrices()[0];
    for (std::size_t i = 0; i < first.inputs; ++i) {
        bool read = false;
        for (std::size_t j = 0; j < first.rows; ++j) read |= p[first.at(i, j)] != 0;
        inputs += read;
    }
    for (std::size_t l = 0; l < layout.shape().hidden.size(); ++l) {
        planned_unary += plan_.shape.hidden[l].unary.size();
        planned_binary += plan_.shape.hidden[l].binary.size();
        for (std::size_t k = 0; k < layout.shape().hidden[l].unary.size(); ++k) unary += p[layout.unary_threshold(l, k)] < 1;
        for (std::size_t k = 0; k < layout.shape().hidden[l].binary.size(); ++k) binary += p[layout.binary_threshold(l, k)] < 1;
    }
    return {share(weights, planned.weights()), setting_->share_of_columns(share(inputs, first.inputs)), share(unary, planned_unary), share(binary, planned_binary)};
}

void Trial::after_epoch(double training_error) {
    last_ = trainer_->judge(setting_->monitor());
    // Where rows are still outside the domain of an operator there is no formula yet, but something to learn from.
    const bool is_defined = std::isfinite(last_.error);
    if (!is_defined && trainer_->is_restricted()) last_ = trainer_->judge(setting_->monitor(), Domain::guarded);
    if (!std::isfinite(last_.error)) return revive_after_divergence();
    good_ = trainer_->state();
    if (is_defined) snapshot();
    curve_.push_back({.trial = static_cast<int>(index_), .epoch = epoch_, .phase = phase_name(), .training_error = training_error, .error = last_.error,
                      .accuracy = last_.accuracy,
                      .sparsity = sparsity(), .size = size_});
    ++epoch_;
    ++phase_epoch_;
    if (last_.error < best_error_ * (1 - 1e-4)) {
        best_error_ = last_.error;
        since_best_ = 0;
        if (phase_ == Phase::training) best_parameters_ = trainer_->state().parameters;
    } else {
        ++since_best_;
    }
}

// EQL's three phases share the epochs evenly.
int Trial::epochs_of_phase() const {
    const auto& options = setting_->options();
    return options.network == NetworkMethod::eql ? std::max(1, options.epochs / 3) : options.epochs;
}

// By epochs, or by time where the epochs have fallen behind it.
double Trial::phase_progress(int epochs) const {
    const auto& options = setting_->options();
    const double share = (options.shrink_epochs > 0 ? training_time : 1) / (options.network == NetworkMethod::eql ? 3 : 1);
    return progress_of(static_cast<double>(phase_epoch_) / epochs, (used_ - phase_from_) / share);
}

void Trial::advance(double used) {
    used_ = used;
    const auto& options = setting_->options();
    const double progress = phase_progress(options.epochs);
    const auto rate = [&](double at) { return options.schedule == RateSchedule::constant ? plan_.rate : plan_.rate * (0.1 + 0.9 * 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, at)))); };
    const double start = rate(progress), end = rate(progress + 1.0 / options.epochs);
    // First free, then under rising targets: a network that has learnt nothing yet would be pruned blindly, all inputs at once.
    const double part = options.warm_up > 0 ? std::clamp(2 * (progress + 1.0 / options.epochs) / options.warm_up - 1, 0.0, 1.0) : 1;
    const auto& goal = plan_.targets;
    StepSettings settings{.targets = {part * goal.weight, setting_->share_of_inputs(part * goal.input), part * goal.unary, part * goal.binary},
                          .clip = options.clip, .memory = memory()};
    double error = 0;
    switch (phase_) {
        case Phase::done: return;
        case Phase::training:
            if (options.network == NetworkMethod::eql) settings.structure = Structure::frozen;
            error = train_epoch(settings, start, end);
            break;
        case Phase::eql_smooth:
            settings.structure = Structure::smooth;
            settings.penalty = plan_.eql_penalty;
            error = train_epoch(settings, start, end);
            break;
        case Phase::eql_frozen:
            settings.structure = Structure::frozen;
            settings.reach = Reach::live;
            error = train_epoch(settings, start, end);
            break;
        case Phase::shrinking: return shrink();
    }
    if (!std::isfinite(error)) return revive_after_divergence();
    after_epoch(error);
    next_phase();
}

// The regulariser goes by the error. Where rows are learnt by heart theirs vanishes, and the one that counts is that on other rows.
double Trial::memory() const {
    if (curve_.empty() || !(curve_.back().training_error > 0)) return 1;
    return std::max(1.0, curve_.back().error / curve_.back().training_error);
}

bool Trial::has_learnt_by_heart() const {
    return last_.error > forgotten * best_error_ && curve_.back().training_error * forgotten < best_error_;
}

void Trial::next_phase() {
    const auto& options = setting_->options();
    const bool is_eql = options.network == NetworkMethod::eql;
    // What was learnt by heart is forgotten before shrinking goes on: the paper's way has none and keeps it.
    const bool forgets = phase_ == Phase::training && options.shrink_epochs > 0 && has_learnt_by_heart();
    const bool enough = phase_progress(epochs_of_phase()) >= 1 || (options.patience > 0 && since_best_ >= options.patience) ||
                        (forgets && since_best_ >= std::max(fewest_epochs_by_heart, options.epochs / 10));
    if (phase_ == Phase::done || !enough) return;
    is_hurried_ |= phase_epoch_ < epochs_of_phase() && phase_progress(epochs_of_phase()) >= 1;
    phase_from_ = used_;
    if (forgets) trainer_->state().parameters = best_parameters_;
    best_parameters_.clear();
    phase_epoch_ = since_best_ = 0;
    if (is_eql && phase_ == Phase::training) phase_ = Phase::eql_smooth;
    else if (is_eql && phase_ == Phase::eql_smooth) {
        freeze(plan_.eql_threshold);
        phase_ = Phase::eql_frozen;
    } else if (options.shrink_epochs > 0) {
        start_shrinking();
    } else {
        phase_ = Phase::done;
    }
}

// What is pruned, and what is smaller than `below`, becomes zero for good; the rest loses its threshold.
void Trial::freeze(double below) {
    auto& p = trainer_->state().parameters;
    const auto& layout = trainer_->layout();
    for (std::size_t w = 0; w < layout.weights(); ++w) {
        const bool there = std::fabs(p[w]) > p[layout.threshold(w)] && std::fabs(static_cast<double>(p[w])) >= below;
        if (!there) p[w] = 0;
        p[layout.threshold(w)] = 0;
    }
    // Weights of pruned inputs read nothing.
    const auto& first = layout.matrices()[0];
    for (std::size_t i = 0; i < first.inputs; ++i)
        if (!(p[layout.input_threshold(i)] < 1))
            for (std::size_t j = 0; j < first.rows; ++j) p[first.at(i, j)] = 0;
    good_ = trainer_->state();
}

}  // namespace balmer::neural
