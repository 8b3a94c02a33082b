#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "balmer/clock.hpp"
#include "balmer/error.hpp"
#include "balmer/genetic.hpp"
#include "balmer/hash.hpp"
#include "balmer/parallel.hpp"
#include "search/genetic/island.hpp"
#include "search/genetic/memory.hpp"

namespace balmer {
namespace genetic {
namespace {

constexpr std::uint64_t checkpoint_mark = 0x6e656762;  // "bgen"
constexpr std::uint64_t checkpoint_version = 2;
constexpr std::uint64_t least_patience = 6;  // epochs that an exact formula is given to become shorter

// One run: the islands, the front they share, and the counters of the budget.
class Run {
public:
    Run(const Setting& setting, const Sample& sample, const Budget& budget, std::uint64_t seed, StopToken stop,
        Observer& observer)
        : setting_(setting),
          budget_(budget),
          seed_(seed),
          stop_(std::move(stop)),
          observer_(observer),
          threads_(budget.threads > 0 ? static_cast<std::size_t>(budget.threads) : 0) {
        for (int i = 0; i < std::max(1, setting.options().islands); ++i)
            islands_.emplace_back(setting, sample, seed, static_cast<std::uint64_t>(i));
    }

    SearchResult search() {
        if (epoch_ == 0)
            enter_constants();
        SearchResult result;
        std::optional<StopReason> stop;
        while (!(stop = reason_to_stop())) {
            run_epoch();
            observer_.progressed(progress());
            if (observer_.checkpoint_due())
                observer_.checkpoint(state());
        }
        observer_.checkpoint(state());  // more budget goes on from here
        result.stop = *stop;
        result.front = front_;
        result.seconds = watch_.seconds();
        result.evaluations = evaluations_;
        result.node_rows = work_;
        result.report = report();
        return result;
    }

    std::string state() const {
        ByteWriter writer;
        writer.u64(seed_);
        writer.u64(epoch_);
        writer.f64(evaluations_);
        writer.f64(work_);
        writer.i64(exact_complexity_);
        writer.u64(exact_since_);
        writer.front(front_);
        writer.u64(islands_.size());
        for (const auto& island : islands_)
            island.write(writer);
        const std::string body = writer.take();
        ByteWriter framed;
        framed.u64(checkpoint_mark);
        framed.u64(checkpoint_version);
        framed.u64(hash(body));
        framed.text(body);
        return framed.take();
    }

    void resume(const std::string& bytes) {
        ByteReader frame(bytes);
        if (frame.u64() != checkpoint_mark)
            throw Error("these bytes are no checkpoint of the genetic search");
        if (const auto version = frame.u64(); version != checkpoint_version)
            throw Error(
                fmt::format("the checkpoint is of version {}, this program reads version {}; start the search again",
                            version, checkpoint_version));
        const auto sum = frame.u64();
        const std::string body = frame.text();
        if (sum != hash(body))
            throw Error("the checkpoint of the genetic search is damaged (checksum differs)");
        ByteReader reader(body);
        if (const auto seed = reader.u64(); seed != seed_)
            throw Error(fmt::format("the checkpoint was made with seed {}, not {}", seed, seed_));
        epoch_ = reader.u64();
        evaluations_ = reader.f64();
        work_ = reader.f64();
        exact_complexity_ = static_cast<int>(reader.i64());
        exact_since_ = reader.u64();
        front_ = reader.front();
        if (const auto count = reader.u64(); count != islands_.size())
            throw Error(fmt::format("the checkpoint has {} islands, the search {}", count, islands_.size()));
        for (auto& island : islands_)
            island.read(reader);
    }

private:
    void enter_constants() {
        ParetoFront own = front_;
        Admission admission(setting_, own);
        std::vector<Expression> outputs;
        for (std::size_t k = 0; k < setting_.outputs(); ++k) {
            const std::size_t group = setting_.separable() ? k : 0;
            const auto target = setting_.scorer().rows().loss(group).target();
            double mean = 0;
            for (const double y : target)
                mean += y / static_cast<double>(target.size());
            const bool is_value = setting_.problem().task == Task::regression && !setting_.problem().form;
            outputs.push_back(Expression::constant(is_value ? mean : setting_.problem().form ? 1 : 0));
        }
        admission.admit_formulas(setting_.scorer().completed(std::move(outputs)), setting_.options().final_iterations, "genetic");
        merge(admission.found());
    }

    void run_epoch() {
        std::vector<std::vector<Individual>> immigrants(islands_.size());
        const auto every = static_cast<std::uint64_t>(std::max(1, setting_.options().migration_epochs));
        if (epoch_ > 0 && epoch_ % every == 0 && islands_.size() > 1)
            for (std::size_t i = 0; i < islands_.size(); ++i)
                immigrants[(i + 1) % islands_.size()] = islands_[i].emigrants();
        const double share = std::ceil((budget_.evaluations - evaluations_) / static_cast<double>(islands_.size()));
        threads_.run(islands_.size(),
                     [&](std::size_t i) { islands_[i].run_epoch(epoch_, front_, immigrants[i], share); });
        for (const auto& island : islands_) {
            merge(island.found());
            evaluations_ += island.evaluations();
            work_ += island.work();
        }
        ++epoch_;
        note_exact();
    }

    void merge(const std::vector<Candidate>& found) {
        for (const auto& candidate : found)
            if (front_.insert(candidate))
                observer_.improved(progress(), candidate);
    }

    void note_exact() {
        if (front_.empty())
            return;
        const auto& best = front_.members().back();
        if (!(best.loss <= setting_.options().solved * setting_.scorer().baseline()))
            return;
        // The shortest member that is exact: the front may hold longer ones with a smaller rounding error.
        int shortest = best.complexity;
        for (const auto& member : front_.members())
            if (member.loss <= setting_.options().solved * setting_.scorer().baseline())
                shortest = std::min(shortest, member.complexity);
        if (shortest < best.complexity) {
            ParetoFront without;
            for (const auto& member : front_.members())
                if (member.complexity <= shortest)
                    without.insert(member);
            front_ = std::move(without);
        }
        if (exact_complexity_ == 0 || shortest < exact_complexity_) {
            exact_complexity_ = shortest;
            exact_since_ = epoch_;
        }
    }

    std::optional<StopReason> reason_to_stop() const {
        if (stop_.stop_requested())
            return StopReason::interrupted;
        if (setting_.options().stop_when_solved && exact_complexity_ > 0 &&
            epoch_ - exact_since_ >= least_patience + exact_since_ / 6)
            return StopReason::solved;
        if (evaluations_ >= budget_.evaluations)
            return StopReason::evaluations;
        if (watch_.seconds() >= budget_.seconds)
            return StopReason::seconds;
        return std::nullopt;
    }

    Progress progress() const {
        const double seconds = watch_.seconds();
        const double fraction =
            std::max(seconds / std::max(budget_.seconds, 1e-9), evaluations_ / std::max(budget_.evaluations, 1.0));
        return {.seconds = seconds,
                .evaluations = evaluations_,
                .fraction = std::min(1.0, fraction),
                .stage = "genetic",
                .front = &front_};
    }

    std::vector<std::string> report() const {
        std::uint64_t children = 0, restarts = 0;
        for (const auto& island : islands_) {
            children += island.children();
            restarts += island.restarts();
        }
        std::vector<std::string> lines;
        lines.push_back(
            fmt::format("genetic: {} islands, {} epochs, {} children made, {:.0f} candidates judged, {} restarts",
                        islands_.size(), epoch_, children, evaluations_, restarts));
        if (exact_complexity_ > 0)
            lines.push_back(
                fmt::format("genetic: exact at complexity {} since epoch {}", exact_complexity_, exact_since_));
        std::string ways = "genetic: places found per child lately:";
        for (std::size_t w = 0; w < islands_.front().tries().size(); ++w) {
            double tries = 0, successes = 0;
            for (const auto& island : islands_) {
                tries += island.tries()[w];
                successes += island.successes()[w];
            }
            ways += fmt::format(" {} {:.2f} of {:.0f};", w < mutations().size() ? mutations()[w]->name() : "crossover",
                                tries > 0 ? successes / tries : 0.0, tries);
        }
        lines.push_back(std::move(ways));
        return lines;
    }

    const Setting& setting_;
    Budget budget_;
    std::uint64_t seed_;
    StopToken stop_;
    Observer& observer_;
    ThreadPool threads_;
    std::vector<Island> islands_;
    ParetoFront front_;
    Stopwatch watch_;
    std::uint64_t epoch_ = 0, exact_since_ = 0;
    int exact_complexity_ = 0;
    double evaluations_ = 0, work_ = 0;
};

class GeneticSearcher final : public Searcher {
public:
    GeneticSearcher(GeneticOptions options, std::shared_ptr<const Library> library)
        : options_(options), library_(std::move(library)) {}

    std::string name() const override { return "genetic"; }

    SearchResult run(const Problem& problem, const Budget& budget, std::uint64_t seed, StopToken stop,
                     Observer& observer, const std::string& resume) override {
        const Setting setting(problem, within_memory(options_, problem, budget.memory), library_.get());
        const Sample sample(setting);
        Run run(setting, sample, budget, seed, std::move(stop), observer);
        if (!resume.empty())
            run.resume(resume);
        return run.search();
    }

private:
    GeneticOptions options_;
    std::shared_ptr<const Library> library_;
};

}  // namespace
}  // namespace genetic

std::unique_ptr<Searcher> make_genetic_searcher(GeneticOptions options, std::shared_ptr<const Library> library) {
    return std::make_unique<genetic::GeneticSearcher>(options, std::move(library));
}

}  // namespace balmer
