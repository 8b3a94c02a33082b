// Many trials at once, the weaker ones given up early, one front.
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include <fmt/format.h>

#include "balmer/clock.hpp"
#include "balmer/error.hpp"
#include "balmer/parallel.hpp"
#include "search/neural/trial.hpp"

namespace balmer::neural {
namespace {

constexpr double refit_work = 3e9;      // rows x outputs x parameters^2 of one Gauss-Newton step: above, the trainer's own constants stay
constexpr int refit_iterations = 12;
constexpr double searching_share = 0.9;  // of a budget in seconds; the rest is for refits

class Run {
public:
    Run(const Setting& setting, const Budget& budget, StopToken stop, Observer& observer)
        : setting_(setting), budget_(budget), stop_(std::move(stop)), observer_(observer), pool_(static_cast<std::size_t>(std::max(0, budget.threads))) {
        for (std::size_t i = 0; i < static_cast<std::size_t>(setting.options().trials); ++i) trials_.push_back(std::make_unique<Trial>(setting, i));
    }

    SearchResult search(const std::string& resume) {
        if (!resume.empty()) read(resume);
        StopReason reason = StopReason::exhausted;
        while (true) {
            std::vector<Trial*> active;
            for (auto& trial : trials_)
                if (!trial->finished()) active.push_back(trial.get());
            if (active.empty()) break;
            if (stop_.stop_requested()) reason = StopReason::interrupted;
            else if (evaluations_ >= budget_.evaluations) reason = StopReason::evaluations;
            else if (watch_.seconds() >= searching_share * budget_.seconds) reason = StopReason::seconds;
            if (reason != StopReason::exhausted) break;
            used_ = std::isfinite(budget_.seconds) ? watch_.seconds() / (searching_share * budget_.seconds) : 0;
            parallel_for(pool_, active.size(), 1, [&](std::size_t i) { active[i]->advance(used_); });
            evaluations_ += static_cast<double>(active.size());
            ++round_;
            give_up_some();
            report_round();
            if (observer_.checkpoint_due()) observer_.checkpoint(bytes());
        }
        if (reason == StopReason::interrupted) observer_.checkpoint(bytes());
        return finish(reason);
    }

private:
    // Half goes on at a ninth and at a third of the epochs: those of lowest error. Size does not count, shrinking sees to it. Where time ends training
    // it goes on with one: better shrunk with some care than three in haste.
    void give_up_some() {
        const int epochs = setting_.options().epochs;
        constexpr std::size_t fewest = 3;
        const bool hurried = std::ranges::any_of(trials_, [](const auto& trial) { return !trial->finished() && trial->is_hurried(); });
        if (hurried && setting_.options().shrink_epochs > 0) return keep_best(1);
        const int after = halvings_ == 0 ? std::max(1, epochs / 9) : std::max(2, epochs / 3);
        if (halvings_ == 2 || progress_of(static_cast<double>(round_) / after, used_ / training_time * epochs / after) < 1) return;
        ++halvings_;
        const auto active = static_cast<std::size_t>(std::ranges::count_if(trials_, [](const auto& trial) { return !trial->finished(); }));
        keep_best(std::max(fewest, (active + 1) / 2));
    }

    void keep_best(std::size_t count) {
        std::vector<std::pair<double, std::size_t>> order;
        for (std::size_t i = 0; i < trials_.size(); ++i)
            if (!trials_[i]->finished()) order.emplace_back(trials_[i]->monitor_error(), i);
        std::ranges::sort(order);
        for (std::size_t k = count; k < order.size(); ++k) trials_[order[k].second]->stop();
    }

    void report_round() {
        const Trial* best = nullptr;
        for (const auto& trial : trials_)
            if (!trial->curve().empty() && (!best || trial->monitor_error() < best->monitor_error())) best = trial.get();
        Progress progress{.seconds = watch_.seconds() + seconds_before_, .evaluations = evaluations_, .stage = "neural", .front = &shown_};
        if (best) {
            const auto& at = best->curve().back();
            const auto& goal = best->plan().targets;
            progress.detail = fmt::format("trial {} epoch {} ({}) loss {:.4g}", at.trial, at.epoch + 1, at.phase, at.error);
            if (setting_.problem().task == Task::classification) progress.detail += fmt::format(" accuracy {:.4f}", at.accuracy);
            progress.detail += fmt::format(" pruned {:.2f}/{:.2f} {:.2f}/{:.2f} {:.2f}/{:.2f} {:.2f}/{:.2f} size {:.0f}", at.sparsity.weight, goal.weight,
                                           at.sparsity.input, goal.input, at.sparsity.unary, goal.unary, at.sparsity.binary, goal.binary, at.size);
        }
        int restarts = 0;
        for (const auto& trial : trials_) restarts += trial->restarts();
        if (restarts > 0) progress.detail += fmt::format(" restarted {} times with a smaller step (operators exploded)", restarts);
        observer_.progressed(progress);
        constexpr double seconds_between_curves = 2;
        if (since_curves_.seconds() > seconds_between_curves) write_curves();
    }

    void write_curves() {
        std::string text = "trial,epoch,phase,training_error,error,accuracy,weight,input,unary,binary,weight_target,input_target,unary_target,binary_target,size\n";
        for (const auto& trial : trials_) {
            const auto& goal = trial->plan().targets;
            for (const auto& c : trial->curve())
                text += fmt::format("{},{},{},{:.6g},{:.6g},{:.6g},{:.4f},{:.4f},{:.4f},{:.4f},{:.4f},{:.4f},{:.4f},{:.4f},{:.0f}\n", c.trial, c.epoch, c.phase,
                                    c.training_error, c.error, c.accuracy, c.sparsity.weight, c.sparsity.input, c.sparsity.unary, c.sparsity.binary,
                                    goal.weight, goal.input, goal.unary, goal.binary, c.size);
        }
        observer_.table("curves.csv", text);
        since_curves_ = Stopwatch();
    }

    // The best of all trials, constants refitted on all rows where that is affordable.
    SearchResult finish(StopReason reason) {
        std::vector<Candidate> best;
        for (const auto& trial : trials_)
            for (const auto& member : trial->front()) insert_into_front(best, member);
        const auto& scorer = setting_.scorer();
        const double rows = static_cast<double>(setting_.problem().data.rows());
        std::vector<Candidate> refitted(best.size());
        parallel_for(pool_, best.size(), 1, [&](std::size_t i) {
            auto outputs = best[i].outputs;
            double parameters = 0;
            for (const auto& output : outputs) parameters += static_cast<double>(output.values.size());
            if (parameters * parameters * rows * static_cast<double>(outputs.size()) < refit_work && !stop_.stop_requested() && watch_.seconds() < budget_.seconds)
                scorer.fit(outputs, {.maximum_iterations = refit_iterations});
            refitted[i] = scorer.score(std::move(outputs), "neural");
        });
        SearchResult result{.front = {}, .stop = reason};
        for (auto& candidate : refitted) {
            if (!result.front.insert(candidate)) continue;
            observer_.improved({.seconds = watch_.seconds() + seconds_before_, .evaluations = evaluations_, .stage = "neural", .front = &result.front}, candidate);
        }
        write_curves();
        result.seconds = watch_.seconds();
        result.evaluations = evaluations_;
        result.node_rows = evaluations_ * rows;
        result.report = report();
        return result;
    }

    std::vector<std::string> report() const {
        auto lines = setting_.notes();
        std::size_t epochs = 0;
        std::string restarted, failed;
        for (std::size_t i = 0; i < trials_.size(); ++i) {
            epochs += static_cast<std::size_t>(trials_[i]->epoch());
            if (trials_[i]->restarts() > 0) restarted += fmt::format(" {}", i);
            if (trials_[i]->diverged()) failed += fmt::format(" {}", i);
        }
        lines.push_back(fmt::format("neural: {} trials, {} epochs in all, batches of {} rows", trials_.size(), epochs, 64 * setting_.tiles_per_batch()));
        if (!restarted.empty())
            lines.push_back("neural: the error was no number any more (exploding operators) and training went on with a smaller step in trials" + restarted);
        if (!failed.empty())
            lines.push_back("neural: gave up trials" + failed + ": the error stayed no number. Scale the inputs (--scale-inputs standard) or leave out exp, sinh, cosh");
        return lines;
    }

    std::string bytes() const {
        ByteWriter writer;
        writer.u64(trials_.size());
        writer.u64(round_);
        writer.u64(halvings_);
        writer.f64(evaluations_);
        writer.f64(seconds_before_ + watch_.seconds());
        for (const auto& trial : trials_) trial->write(writer);
        return writer.take();
    }
    void read(const std::string& bytes) {
        ByteReader reader(bytes);
        if (reader.u64() != trials_.size()) throw Error("the checkpoint holds another number of trials");
        round_ = static_cast<int>(reader.u64());
        halvings_ = static_cast<int>(reader.u64());
        evaluations_ = reader.f64();
        seconds_before_ = reader.f64();
        for (auto& trial : trials_) trial->read(reader);
    }

    const Setting& setting_;
    Budget budget_;
    StopToken stop_;
    Observer& observer_;
    ThreadPool pool_;
    std::vector<std::unique_ptr<Trial>> trials_;
    ParetoFront shown_;
    Stopwatch watch_, since_curves_;
    double seconds_before_ = 0, evaluations_ = 0, used_ = 0;
    int round_ = 0, halvings_ = 0;
};

class NeuralSearcher final : public Searcher {
public:
    explicit NeuralSearcher(NeuralOptions options) : options_(std::move(options)) {}
    std::string name() const override { return "neural"; }
    SearchResult run(const Problem& problem, const Budget& budget, std::uint64_t seed, StopToken stop, Observer& observer,
                     const std::string& resume) override {
        const Setting setting(problem, options_, seed);
        Run run(setting, budget, std::move(stop), observer);
        return run.search(resume);
    }

private:
    NeuralOptions options_;
};

}  // namespace
}  // namespace balmer::neural

namespace balmer {

std::unique_ptr<Searcher> make_neural_searcher(NeuralOptions options) { return std::make_unique<neural::NeuralSearcher>(std::move(options)); }

}  // namespace balmer
