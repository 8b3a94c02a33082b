#pragma once

#include <string>
#include <vector>

#include "balmer/clock.hpp"
#include "balmer/enumerate.hpp"
#include "balmer/parallel.hpp"
#include "search/enumerate/sample.hpp"
#include "search/enumerate/spelling.hpp"
#include "search/scorer.hpp"

namespace balmer::enumerate {

/// What the whole run shares: time, threads, who listens.
struct Run {
    const Budget& budget;
    const EnumerateOptions& options;
    StopToken stop;
    Observer& observer;
    ThreadPool& pool;
    Stopwatch watch{};
    LogicalClock clock{};
    double rows = 1;  ///< of the problem
    double evaluations = 0;
    double last_report = 0;

    /// Candidates on all rows: those judged, and the work of table and questions by what a candidate with the fit of its constants costs
    /// (measured; in rows x nodes). What the budget counts, so that a run limited by evaluations ends at the same place on every machine.
    double spent() const { return evaluations + static_cast<double>(clock.ticks()) / ticks_of_candidate(); }
    /// How many steps of `ticks` each fit into what is left of the budget, at least one: work that cannot be broken off is cut to this.
    std::size_t affordable(double ticks, std::size_t most) const {
        const double left = std::max(0.0, budget.evaluations - spent()) * ticks_of_candidate() / ticks;
        return left < static_cast<double>(most) ? std::max<std::size_t>(1, static_cast<std::size_t>(left)) : most;
    }
    double ticks_of_candidate() const {
        constexpr double per_row = 300, per_candidate = 20'000;
        return per_row * rows + per_candidate;
    }
    /// Whether to end now.
    bool over() const { return stop.stop_requested() || watch.seconds() >= budget.seconds || spent() >= budget.evaluations; }
};

/// One target's proposals in, its front out.
class Judge {
public:
    /// `problem` has one target.
    Judge(const Problem& problem, Run& run);

    const Problem& problem() const { return *problem_; }
    const Spelling& spelling() const { return spelling_; }
    const Scorer& scorer() const { return scorer_; }
    const ParetoFront& front() const { return front_; }
    Run& run() { return *run_; }

    /// The formula as it stands, on all rows. True when it entered the front.
    bool offer(const Expression& formula);
    /// Fits the constants first: on a few thousand rows, then on all when that pays.
    bool offer_fitted(Expression formula, int iterations = 20);
    /// A candidate made elsewhere (polish, snap).
    bool offer(Candidate candidate);
    /// sqrt(sum (f - y)^2 / sum (y - mean)^2) on all rows; infinite outside the domain.
    double relative_residual(const Expression& formula) const;
    /// Whether a formula at rounding level is in the front.
    bool solved() const { return solved_; }
    /// Whether the shortest description in the front leaves nothing but noise: what more formulas would only fit.
    bool leaves_noise() const;
    /// Tells the observer how far the run is, a few times a second at most.
    void report(const std::string& stage);

private:
    std::vector<double> predictions(const Expression& formula) const;
    void accept_as_exact(int complexity);
    Progress progress(const std::string& stage) const;

    const Problem* problem_;
    Run* run_;
    Spelling spelling_;
    Scorer scorer_;
    Problem part_;  ///< a few thousand rows of a large problem
    std::unique_ptr<Scorer> part_scorer_;
    ParetoFront front_;
    double spread_ = 0;  ///< sum (y - mean)^2
    bool solved_ = false;
    int solved_complexity_ = 0;
};

}  // namespace balmer::enumerate
