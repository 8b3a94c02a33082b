#pragma once

#include <optional>
#include <string>
#include <vector>

#include "search/bytes.hpp"
#include "search/neural/setting.hpp"
#include "search/neural/sizes.hpp"
#include "search/neural/trainer.hpp"

namespace balmer::neural {

/// Weights that are removed by their joint curvature, on several ways. For more, some thousand rows say too little about it: each is judged
/// alone then, and training makes up for what goes.
inline constexpr std::size_t most_judged_together = 300;

/// Share of a budget in seconds that training may take when shrinking follows.
inline constexpr double training_time = 0.35;
/// How far a schedule is: by its epochs, or by its time where the epochs have clearly fallen behind it. While they have not, time changes nothing.
inline double progress_of(double epochs, double time) {
    constexpr double behind = 0.1;
    return time > epochs + behind ? time : epochs;
}

/// A line of the curves: what an epoch left.
struct CurvePoint {
    int trial = 0, epoch = 0;
    std::string phase;
    double training_error = 0, error = 0, accuracy = 0;  ///< the last two on the monitor rows
    Sparsity sparsity;
    double size = 0;  ///< nodes of the unrolled formulas, by an estimate
};

/// One network on its way: trained, then shrunk step by step. What it unrolls to after every epoch competes for its front.
class Trial {
public:
    Trial(const Setting& setting, std::size_t index);

    /// One epoch: a pass over the training rows, a judgement, a snapshot. `used`: share of the budget's seconds that is gone, 0 for a budget
    /// without any. Where a budget is short the schedule goes by it, so that formulas of every size are reached in time.
    void advance(double used = 0);
    bool finished() const { return phase_ == Phase::done; }
    /// Ends it; its front stays.
    void stop() { phase_ = Phase::done; }
    bool is_training() const { return phase_ == Phase::training; }
    /// Whether time, not the number of epochs, ended its training.
    bool is_hurried() const { return is_hurried_; }
    int epoch() const { return epoch_; }
    const std::vector<Candidate>& front() const { return front_; }
    const std::vector<CurvePoint>& curve() const { return curve_; }
    double monitor_error() const { return last_.error; }
    double size() const { return size_; }
    /// The network as the last epoch left it.
    const Trainer& network() const { return *trainer_; }
    int restarts() const { return restarts_; }
    bool diverged() const { return diverged_; }
    const TrialPlan& plan() const { return plan_; }

    void write(ByteWriter& writer) const;
    void read(ByteReader& reader);

private:
    enum class Phase : std::uint8_t { training, eql_smooth, eql_frozen, shrinking, done };

    double train_epoch(const StepSettings& base, double start_rate, double end_rate);
    void after_epoch(double training_error);
    void snapshot();
    Sizes sizes() const;
    void freeze(double below);
    Sparsity sparsity() const;
    void start_shrinking();
    void rebuild(const Shape& shape);
    int epochs_of_phase() const;
    double phase_progress(int epochs) const;
    double size_by_now() const;
    bool is_late() const;
    double share_to_remove(double size) const;
    int epochs_between_removals() const;
    void shrink();
    bool remove_on_ways();
    void keep_best_way();
    void replace_worst_ways();
    void grow_some();
    std::vector<double> plant_terms();
    void thin_out(std::vector<double>& added);
    void take_best_terms(const Curvature& curvature, const std::vector<float>& gradient, const std::vector<double>& added, double wanted);
    std::vector<std::uint32_t> some_tiles(std::size_t count) const;
    bool remove_some();
    bool remove_by_costs(std::span<const std::uint32_t> tiles, double wanted);
    bool operate(std::span<const std::uint32_t> tiles, double wanted);
    bool may_be_one(std::size_t matrix, std::size_t input, std::size_t row) const;
    void revive_after_divergence();
    void next_phase();
    double memory() const;
    bool has_learnt_by_heart() const;
    void plant_products();
    const char* phase_name() const;

    const Setting* setting_;
    std::size_t index_;
    TrialPlan plan_;
    std::optional<Trainer> trainer_;  ///< always there; made anew when the network is written anew
    TrainerState good_;          ///< of the last epoch whose errors were numbers
    struct Way {
        TrainerState state;
        double size = 0, error = 0;
        bool has_ended = false, is_copy = false;  ///< a copy grows first
    };
    std::vector<Way> ways_;  ///< of shrinking; empty before they part
    std::size_t way_ = 0;    ///< the one that the trainer is on
    double level_ = 0;       ///< size that all go down to before they are compared
    Phase phase_ = Phase::training;
    int epoch_ = 0, phase_epoch_ = 0, since_best_ = 0, restarts_ = 0;
    double rate_factor_ = 1, best_error_ = 0, size_ = 0;
    bool diverged_ = false, is_expanded_ = false, is_hurried_ = false;
    double used_ = 0, phase_from_ = 0;  ///< of the budget's seconds: now, and when the phase began
    double first_size_ = 0;             ///< when shrinking began
    Judgement last_;
    std::vector<float> best_parameters_;  ///< of the epoch of least error on the monitor's rows, while training
    std::vector<Candidate> front_;  ///< by rising complexity, loss is the monitor's error
    std::vector<CurvePoint> curve_;
};

/// Inserts into a list kept by rising complexity and falling loss; true when it entered.
bool insert_into_front(std::vector<Candidate>& front, Candidate candidate);

}  // namespace balmer::neural
