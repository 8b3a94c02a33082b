#include "study/chain.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "balmer/clock.hpp"
#include "balmer/parallel.hpp"
#include "balmer/simplify.hpp"
#include "balmer/study.hpp"
#include "search/bytes.hpp"
#include "search/refine.hpp"
#include "study/look.hpp"
#include "study/quantized_loss.hpp"
#include "study/wrong_rows.hpp"

namespace balmer {
namespace {

// Where a chain stands between two stages.
struct ChainState {
    std::size_t stage = 0;
    double seconds = 0;
    double evaluations = 0;
    double node_rows = 0;
    ParetoFront front;
    std::vector<std::string> report;
    std::vector<Reduction> reductions;
    bool looked_for_wrong = false;
    std::vector<std::size_t> apart;  ///< rows of the fitted part that the stages which seek laws do not see
    std::string stage_bytes;         ///< checkpoint of the stage under way, empty at its start

    std::string bytes(double stage_seconds, const std::string& of_stage) const {
        ByteWriter writer;
        writer.u64(stage);
        writer.f64(seconds + stage_seconds);
        writer.f64(evaluations);
        writer.f64(node_rows);
        writer.front(front);
        writer.u64(report.size());
        for (const auto& line : report) writer.text(line);
        writer.reductions(reductions);
        writer.u64(looked_for_wrong);
        writer.u64(apart.size());
        for (const auto row : apart) writer.u64(row);
        writer.text(of_stage);
        return writer.take();
    }

    static ChainState from(const std::string& bytes) {
        ChainState state;
        if (bytes.empty()) return state;
        ByteReader reader(bytes);
        state.stage = reader.u64();
        state.seconds = reader.f64();
        state.evaluations = reader.f64();
        state.node_rows = reader.f64();
        state.front = reader.front();
        state.report.resize(reader.u64());
        for (auto& line : state.report) line = reader.text();
        state.reductions = reader.reductions();
        state.looked_for_wrong = reader.u64() != 0;
        state.apart.resize(reader.u64());
        for (auto& row : state.apart) row = reader.u64();
        state.stage_bytes = reader.text();
        return state;
    }
};

// A partly known form keeps its writing: its constants have names.
Candidate tidied(Candidate candidate) {
    for (auto& output : candidate.outputs)
        if (!has_holes(output)) output = balmer::tidied(output);
    return candidate;
}

// What a member of the front is held to. Where formulas are weighed by look-up tables it is the loss of a circuit, not of real numbers.
using Judgement = std::function<Candidate(Candidate)>;

Judgement judgement_on(const Problem& problem) {
    if (problem.complexity.name() != "lut") return [](Candidate candidate) { return candidate; };
    return [loss = std::make_shared<const QuantizedLoss>(problem)](Candidate candidate) { return loss->judged(std::move(candidate)); };
}

// Lets a stage speak to the chain's observer in terms of the whole run. The stage's own finds are shown at once, but the chain's state takes
// them only from the finished stage, so that a resumed run repeats exactly.
class StageObserver : public Observer {
public:
    StageObserver(Observer& outer, const ChainState& state, const Budget& budget, const Judgement& judged)
        : outer_(outer), state_(state), budget_(budget), judged_(judged), shown_(state.front) {}

    void improved(const Progress& progress, const Candidate& candidate) override {
        const Candidate tidy = judged_(tidied(candidate));
        if (shown_.insert(tidy)) outer_.improved(whole(progress), tidy);
    }
    void progressed(const Progress& progress) override { outer_.progressed(whole(progress)); }
    void checkpoint(const std::string& bytes) override { outer_.checkpoint(state_.bytes(last_seconds_, bytes)); }
    bool checkpoint_due() override { return outer_.checkpoint_due(); }
    void table(const std::string& name, const std::string& text) override { outer_.table(name, text); }

    Progress whole(const Progress& of_stage) {
        Progress progress = of_stage;
        last_seconds_ = of_stage.seconds;
        progress.seconds += state_.seconds;
        progress.evaluations += state_.evaluations;
        progress.fraction = std::max(std::isfinite(budget_.seconds) ? progress.seconds / budget_.seconds : 0,
                                     std::isfinite(budget_.evaluations) ? progress.evaluations / budget_.evaluations : 0);
        progress.fraction = std::min(progress.fraction, 1.0);
        progress.front = &shown_;
        return progress;
    }

private:
    Observer& outer_;
    const ChainState& state_;
    const Budget& budget_;
    const Judgement& judged_;
    ParetoFront shown_;
    double last_seconds_ = 0;
};

// The members worth an exhaustive search of their neighbourhood: best by each way of choosing.
std::set<std::size_t> promising(const ParetoFront& front, const Problem& problem) {
    if (front.empty()) return {};
    return {select(front, Selection::best, problem), select(front, Selection::accuracy, problem), select(front, Selection::description_length, problem)};
}

// Whether the fits of all variants of such a candidate end within seconds. Formulas of symbolic networks have many constants on many rows,
// which their training has fitted.
bool is_small(const Candidate& candidate, const Problem& problem) {
    constexpr double most_work = 2e9;  // rows x outputs x constants^2 x nodes: a step of the fits of all variants
    double constants = 0, nodes = 0;
    for (const auto& output : candidate.outputs) {
        constants += static_cast<double>(output.values.size());
        nodes += static_cast<double>(output.size());
    }
    return static_cast<double>(problem.data.rows() * candidate.outputs.size()) * constants * constants * nodes < most_work;
}

void refine(ParetoFront& front, const Scorer& scorer, const Judgement& judged, ThreadPool& pool, const StopToken& stop, const Stopwatch& watch,
            double allowance) {
    const double half_time = watch.seconds() + 0.5 * allowance;
    const auto late = [&] { return stop.stop_requested() || watch.seconds() > half_time; };
    constexpr int rounds = 4;
    for (int round = 0; round < rounds && !late(); ++round) {
        bool any = false;
        for (const auto i : promising(front, scorer.problem())) {
            if (late() || i >= front.members().size()) break;
            const Candidate chosen = front.members()[i];
            if (!is_small(chosen, scorer.problem())) continue;
            for (auto& better : polish(chosen, front, scorer, pool, late)) any |= front.insert(judged(std::move(better)));
        }
        if (!any) break;
    }
    if (stop.stop_requested()) return;
    // Every member in its shortest writing; the longer writings leave. Beside it what costs likelihood but saves numbers: the front's choice
    // weighs the two. Members whose turn comes too late stay as they are.
    constexpr double careful = 2, bold = 4;  // standard errors
    const double end = watch.seconds() + 0.5 * allowance;
    const auto members = front.members();
    std::vector<std::vector<Candidate>> written(members.size());
    parallel_for(pool, members.size(), 1, [&](std::size_t i) {
        for (const double deviations : {careful, bold}) {
            if (stop.stop_requested() || watch.seconds() > end || !is_small(members[i], scorer.problem())) break;
            Candidate shorter = shorten(snap_constants(members[i], scorer, deviations), scorer);
            if (scorer.allowed(shorter.outputs) && std::isfinite(shorter.loss)) written[i].push_back(std::move(shorter));
        }
        if (written[i].empty()) written[i].push_back(members[i]);
    });
    ParetoFront tidy;
    for (auto& writings : written)
        for (auto& candidate : writings) tidy.insert(judged(tidied(std::move(candidate))));
    front = std::move(tidy);
}

// Something to see at once, and to start from.
void first_look(ChainState& state, const Scorer& scorer, const Judgement& judged, Observer& observer, const Budget& budget) {
    const Stopwatch watch;
    StageObserver inner(observer, state, budget, judged);
    look(scorer, [&](const Candidate& candidate) {
        inner.improved({.seconds = watch.seconds(), .stage = "look"}, candidate);
        state.front.insert(judged(tidied(candidate)));
    });
    state.seconds = watch.seconds();
}

// Seconds set aside for refining what a stage found; unlimited when only evaluations count, because wall time must not decide then.
double refining_seconds(const Budget& whole) { return std::isfinite(whole.seconds) ? std::min(5.0, 0.1 * whole.seconds) : whole.seconds; }

Budget stage_budget(const Budget& whole, const ChainState& state, double until) {
    Budget budget = whole;
    const double end = std::isfinite(whole.seconds) ? std::min(whole.seconds * until, whole.seconds - refining_seconds(whole)) : whole.seconds;
    budget.seconds = std::max(0.0, end - state.seconds);
    budget.evaluations = std::max(0.0, whole.evaluations * until - state.evaluations);
    return budget;
}

// Whether the front holds the law, so that searching on would only cost time.
bool is_settled(const ParetoFront& front, const Problem& problem) {
    if (front.empty() || problem.task != Task::regression || !problem.loss.predicts_target()) return false;
    return judge(front, select(front, Selection::description_length, problem), problem).kind != VerdictKind::approximate;
}

// The rows that stages see, and what scores formulas on them.
class RowsInUse {
public:
    RowsInUse(const Problem& all, std::span<const std::size_t> apart) : all_(all) { use_without(apart); }
    void use_without(std::span<const std::size_t> apart) {
        others_.reset();
        if (!apart.empty()) others_ = without_rows(all_, apart);
        scorer_ = std::make_unique<Scorer>(problem());
    }
    const Problem& problem() const { return others_ ? *others_ : all_; }
    const Scorer& scorer() const { return *scorer_; }

private:
    const Problem& all_;
    std::optional<Problem> others_;
    std::unique_ptr<Scorer> scorer_;
};

// The members with their numbers fitted again, on the rows of another problem; numbers that say themselves exactly
// stay.
ParetoFront on_rows_of(const ParetoFront& front, const Problem& problem, ThreadPool& pool) {
    const Scorer scorer(problem);
    const Judgement judged = judgement_on(problem);
    const auto& members = front.members();
    std::vector<Candidate> fitted(members.size());
    parallel_for(pool, members.size(), 1, [&](std::size_t i) {
        auto outputs = members[i].outputs;
        FitOptions options{.maximum_iterations = 30};
        for (const auto& output : outputs)
            for (const double v : output.values) options.fixed.push_back(snap(v, 1e-15 * std::fabs(v)).has_value());
        const bool any = std::ranges::find(options.fixed, false) != options.fixed.end();
        if (any) scorer.fit(outputs, options);
        fitted[i] = scorer.score(std::move(outputs), members[i].origin);
    });
    ParetoFront all;
    for (auto& member : fitted) all.insert(judged(std::move(member)));
    return all;
}

// What the law says of the rows that were set apart, and of those that were held out. Its numbers are fitted without
// them before the last word.
std::vector<std::size_t> found_wrong(const ParetoFront& front, const Problem& whole, ThreadPool& pool, std::vector<std::string>& report) {
    const auto by_law_of = [&](const ParetoFront& of) {
        return wrong_rows(whole, whole.predictions(of.members()[select(of, Selection::description_length, whole)].outputs));
    };
    const auto wrong = by_law_of(on_rows_of(front, without_rows(whole, by_law_of(front)), pool));
    constexpr std::size_t named = 10;
    std::string rows;
    for (std::size_t i = 0; i < std::min(wrong.size(), named); ++i) rows += fmt::format("{}{}", i > 0 ? ", " : "", wrong[i] + 1);
    report.push_back(wrong.empty() ? "rows: the law found holds on the rows that had been set apart"
                                   : fmt::format("rows: {} of {} are wrong by the law found and left out of its numbers and its loss: {}{}", wrong.size(),
                                                 whole.data.rows(), rows, wrong.size() > named ? ", ..." : ""));
    return wrong;
}

}  // namespace

SearchResult Chain::run(const Problem& whole, const Budget& budget, std::uint64_t seed, StopToken stop, Observer& observer, const std::string& resume) {
    ChainState state = ChainState::from(resume);
    const HeldOut parts = hold_out(whole);
    RowsInUse rows(parts.fitted, state.apart);
    ThreadPool pool(static_cast<std::size_t>(std::max(0, budget.threads)));
    StopReason reason = StopReason::exhausted;
    bool settled = false;
    const Judgement judged = judgement_on(parts.fitted);
    const auto use_rows_without = [&](std::vector<std::size_t> apart) {
        state.apart = std::move(apart);
        rows.use_without(state.apart);
        state.front = on_rows_of(state.front, rows.problem(), pool);
    };
    if (resume.empty()) first_look(state, rows.scorer(), judged, observer, budget);
    while (state.stage < stages_.size()) {
        auto& stage = stages_[state.stage];
        const bool is_last = state.stage + 1 == stages_.size();
        if (!stage.seeks_law && !state.apart.empty()) use_rows_without({});
        Problem of_stage = rows.problem();
        for (const auto& member : state.front.members())
            if (is_small(member, of_stage)) of_stage.guesses.push_back(member.outputs);
        const Stopwatch watch;
        StageObserver inner(observer, state, budget, judged);
        const auto result =
            stage.searcher->run(of_stage, stage_budget(budget, state, is_last ? 1 : stage.until), seed + state.stage, stop, inner, state.stage_bytes);
        for (const auto& member : result.front.members()) state.front.insert(judged(tidied(member)));
        state.stage_bytes.clear();
        reason = result.stop;
        if (reason == StopReason::interrupted) {
            state.seconds += watch.seconds();
            state.evaluations += result.evaluations;
            break;
        }
        // What looks like the law may have a shorter writing that the data allow as well.
        const bool refined = stage.refined || is_last || reason == StopReason::solved;
        settled = !refined && is_settled(state.front, whole);
        if (refined || settled) {
            refine(state.front, rows.scorer(), judged, pool, stop, watch, refining_seconds(budget));
            settled = is_settled(state.front, whole);
        }
        for (const auto& member : state.front.members()) inner.improved({.seconds = watch.seconds(), .stage = "refine"}, member);
        state.seconds += watch.seconds();
        state.evaluations += result.evaluations;
        state.node_rows += result.node_rows;
        state.report.insert(state.report.end(), result.report.begin(), result.report.end());
        if (!result.reductions.empty()) state.reductions = result.reductions;
        if (stop.stop_requested()) reason = StopReason::interrupted;
        if (reason == StopReason::interrupted) break;
        if (settled || (reason == StopReason::solved && state.apart.empty())) {
            reason = StopReason::solved;
            break;
        }
        // What holds on the rows in use alone is not the law.
        if (reason == StopReason::solved) use_rows_without({});
        // The first stage that found no law runs once more where rows are set apart.
        std::vector<std::size_t> apart;
        if (stage.seeks_law && !std::exchange(state.looked_for_wrong, true)) apart = rows_apart(parts.fitted);
        if (apart.empty()) ++state.stage;
        else {
            state.report.push_back(fmt::format("rows: {} of {} lie off a smooth fit, some of them grossly; laws are sought without these", apart.size(),
                                               parts.fitted.data.rows()));
            use_rows_without(std::move(apart));
        }
        if (state.stage < stages_.size()) observer.checkpoint(state.bytes(0, ""));
    }
    std::vector<std::size_t> wrong;
    if (!state.apart.empty() && settled) wrong = found_wrong(state.front, whole, pool, state.report);
    const bool others = rows.problem().data.rows() < whole.data.rows();
    return {.front = others ? on_rows_of(state.front, without_rows(whole, wrong), pool) : state.front,
            .stop = reason,
            .seconds = state.seconds,
            .evaluations = state.evaluations,
            .node_rows = state.node_rows,
            .report = state.report,
            .reductions = state.reductions,
            .wrong_rows = wrong};
}

}  // namespace balmer
