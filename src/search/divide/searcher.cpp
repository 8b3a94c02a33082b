#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "balmer/clock.hpp"
#include "balmer/divide.hpp"
#include "balmer/simplify.hpp"
#include "search/bytes.hpp"
#include "search/divide/formula.hpp"
#include "search/divide/tree.hpp"
#include "search/refine.hpp"
#include "search/scorer.hpp"

namespace balmer {
namespace divide {
namespace {

// Passes news of a part's search on as news of the whole.
class PartObserver final : public Observer {
public:
    PartObserver(Observer& outer, const Progress& at) : outer_(outer), at_(at) {}
    void improved(const Progress&, const Candidate&) override {}
    void progressed(const Progress& progress) override {
        Progress whole = at_;
        whole.seconds += progress.seconds;
        outer_.progressed(whole);
    }
    void checkpoint(const std::string&) override {}
    bool checkpoint_due() override { return false; }

private:
    Observer& outer_;
    Progress at_;
};

std::vector<std::size_t> spread_rows(std::size_t rows, std::size_t count) {
    std::vector<std::size_t> chosen;
    const std::size_t n = std::min(rows, count);
    for (std::size_t i = 0; i < n; ++i) chosen.push_back((2 * i + 1) * rows / (2 * n));
    return chosen;
}

/// One run: rounds of rising effort over the nodes of the tree.
class Division {
public:
    Division(const Problem& problem, const Budget& budget, const DivideOptions& options, const PartSolver& solver, std::uint64_t seed,
             StopToken stop, Observer& observer)
        : problem_(problem), budget_(budget), options_(options), solver_(solver), seed_(seed), stop_(std::move(stop)), observer_(observer),
          rows_(spread_rows(problem.data.rows(), options.rows)), scorer_(problem), tree_(problem, options, rows_) {
        tree_.meter().over = [this] { return over(); };
        const auto y = problem.data.targets[0].values();
        const double mean = block_sum(y) / static_cast<double>(y.size());
        for (const double v : y) spread_ += (v - mean) * (v - mean);
        for (std::size_t round = 0; round < options.efforts.size(); ++round)
            if (options.efforts[round] <= options.asked_entries) done_.insert({0, round});
    }

    SearchResult run(const std::string& resume) {
        if (!resume.empty()) restore(resume);
        const StopReason ended = search();
        front_.update_scores();
        SearchResult result{.front = front_, .stop = ended, .seconds = watch_.seconds(), .evaluations = spent(), .node_rows = node_rows_};
        result.reductions = tree_.reductions();
        report(result);
        // Nothing was divided, or what noise only seemed to allow.
        if (tree_.size() == 1 || (noisy_ && options_.noise == DivideOptions::Noise::left)) result.reductions.clear();
        return result;
    }

private:
    struct Task {
        std::size_t node, effort;
        auto operator<=>(const Task&) const = default;
    };

    // Candidates on all rows, the surrogates counted by what they cost.
    double spent() const {
        constexpr double work_per_row = 1200, work_per_candidate = 80'000;
        return evaluations_ + tree_.meter().work / (work_per_row * static_cast<double>(problem_.data.rows()) + work_per_candidate);
    }

    bool over() const { return solved_ || stop_.stop_requested() || watch_.seconds() >= budget_.seconds || spent() >= budget_.evaluations; }

    StopReason search() {
        // Uncertainties that the user states leave nothing for exact questions to find.
        const bool stated = problem_.data.sigma.has_value(), leaves_noise = options_.noise == DivideOptions::Noise::left;
        if (stated && leaves_noise) return reason();
        if (!stated) solve({0, 0});
        if (!over()) grow(tree_.descend(0));
        if (stated) {
            solve_noisy();
            return reason();
        }
        if (leaves_noise && tree_.noisy()) {
            noisy_ = true;
            return reason();
        }
        for (std::size_t round = 0; round < options_.efforts.size() && !over(); ++round) {
            solve_round(round);
            if (round == 0 && tree_.noisy()) {
                solve_noisy();
                break;
            }
            if (round == 0) separate(PartEffort::Target::near);
            if (round == 1) linear();
            if (round == 2) separate(PartEffort::Target::noisy);
            branch_out();
        }
        return reason();
    }

    StopReason reason() const {
        if (solved_) return StopReason::solved;
        if (stop_.stop_requested()) return StopReason::interrupted;
        if (watch_.seconds() >= budget_.seconds) return StopReason::seconds;
        return spent() >= budget_.evaluations ? StopReason::evaluations : StopReason::exhausted;
    }

    // Ends of reductions first, the whole problem last; what lies between is a round behind.
    void solve_round(std::size_t round) {
        std::vector<std::size_t> order(tree_.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        std::ranges::stable_sort(order, {}, [&](std::size_t i) { return std::pair(!is_end(i), tree_[i].part.variables()); });
        for (const auto i : order) {
            if (over()) return;
            if (i == 0 || is_end(i)) solve({i, round});
            else if (round > 0) solve({i, round - 1});
        }
    }

    bool is_end(std::size_t node) const {
        for (std::size_t k = 1; k < tree_.size(); ++k)
            if (tree_[k].parent == node && k != node) return false;
        return true;
    }

    // Noise hides exact laws from exact questions; the smallest problems are asked the noisy ones.
    void solve_noisy() {
        noisy_ = true;
        for (std::size_t i = tree_.size(); i-- > 1 && !over();)
            if (is_end(i) && tree_[i].part.variables() > 0)
                for (const auto& formula : formulas_near(tree_[i].part, PartEffort::Target::noisy)) offer_fitted(i, formula);
    }

    void offer_fitted(std::size_t node, const Expression& solution) {
        std::vector<Expression> outputs = {canonical(tree_.whole(node, solution))};
        // What is too long as steps leave it may be short enough when it is shortened.
        constexpr int iterations = 20;
        if (!operators_allow(problem_.operators, outputs[0]) || outputs[0].size() > 2 * static_cast<std::size_t>(problem_.constraints.maximum_complexity)) return;
        evaluations_ += iterations;
        scorer_.fit(outputs, {.maximum_iterations = iterations});
        offer(node, solution, scorer_.score(std::move(outputs), "divide"), Claim::exact);
    }

    void enter(Candidate candidate) {
        if (!std::isfinite(candidate.loss) || !scorer_.allowed(candidate.outputs)) return;
        const Candidate copy = candidate;
        if (front_.insert(std::move(candidate))) observer_.improved(progress(), copy);
    }

    // Ends whose variables fall into sets: one set's function is looked for on the surrogate, the rest is a smaller problem of its own.
    void separate(PartEffort::Target how) {
        const std::size_t before = tree_.size();
        for (std::size_t i = 0; i < before && !over(); ++i) {
            if (!is_end(i)) continue;
            for (const auto& separation : tree_.separations(i)) {
                for (const auto& formula : formulas_near(separation.part, how)) {
                    if (over()) return;
                    auto step = separation_step(tree_[i].part, separation, formula);
                    const auto made = step ? tree_.adopt(i, std::move(*step)) : std::vector<std::size_t>();
                    grow(made);
                    if (!made.empty()) solve({made.back(), 0});
                    if (!made.empty()) break;
                }
            }
        }
    }

    // Where a variable stands once: what stands beside it is looked for on polynomials, and what is found with the least left of that variable makes
    // a smaller problem. The whole problem is looked at first: its reductions may be wrong.
    void linear() {
        const std::size_t before = tree_.size();
        for (std::size_t i = 0; i < before && !over(); ++i)
            if (i == 0 || is_end(i)) linear(i);
    }

    void linear(std::size_t node) {
        constexpr std::size_t most_tried = 3;
        std::vector<Step> steps;
        for (const auto& form : tree_.linear_forms(node))
            for (const auto& [known, part] : {std::pair{Known::ratio, &form.ratio}, {Known::p, &form.p}, {Known::q, &form.q}})
                for (const auto& formula : formulas_near(*part, PartEffort::Target::near)) {
                    if (over()) return;
                    if (auto step = linear_step(tree_[node].part, form, known, formula)) steps.push_back(std::move(*step));
                }
        std::ranges::stable_sort(steps, {}, &Step::score);
        if (steps.size() > most_tried) steps.resize(most_tried);
        for (auto& step : steps) {
            const auto made = tree_.adopt(node, std::move(step));
            grow(made);
            if (!made.empty()) solve({made.back(), 0});
        }
    }

    // The best few formulas for a target that is right to its tolerance only.
    std::vector<Expression> formulas_near(const Part& part, PartEffort::Target how) {
        // A resumed run asks nothing twice.
        if (asked_ < answers_.size()) return answers_[asked_++];
        const auto result = ask(part, {.entries = noisy_entries(), .target = how});
        if (was_cut(result)) return best_few(result);
        answers_.push_back(best_few(result));
        return answers_[asked_++];
    }

    std::size_t noisy_entries() const { return std::max<std::size_t>(options_.efforts[0], 80'000); }

    // A few roads not taken, those nearest the whole problem first.
    void branch_out() {
        constexpr std::size_t roads = 3;
        std::size_t made = 0;
        for (std::size_t i = 0; i < tree_.size() && made < roads && !over(); ++i) {
            const auto nodes = tree_.branch(i);
            made += !nodes.empty();
            grow(nodes);
        }
    }

    // Nodes without variables are formulas already.
    void grow(const std::vector<std::size_t>& made) {
        for (const auto i : made) {
            const auto& part = tree_[i].part;
            if (part.variables() > 0) continue;
            double mean = 0;
            for (const double t : part.target) mean += t / static_cast<double>(part.target.size());
            if (part.tolerance > 0) offer_fitted(i, Expression::constant(mean));
            else offer(i, Expression::constant(mean), Claim::exact);
        }
    }

    Problem problem_of(const Part& part) const {
        Problem p;
        for (std::size_t j = 0; j < part.variables(); ++j)
            p.data.features.emplace_back(fmt::format("u{}", j + 1), part.columns[j], part.units.empty() ? "" : part.units[j].text());
        p.data.targets = {Column("t", part.target, part.target_unit ? part.target_unit->text() : "")};
        if (!part.units.empty()) p.units = problem_.units;
        p.loss.name = "mse";
        p.operators = problem_.operators;
        p.definitions = problem_.definitions;
        p.constraints = problem_.constraints;
        p.complexity = problem_.complexity;
        return p;
    }

    Progress progress() const {
        const double seconds = watch_.seconds();
        return {.seconds = seconds,
                .evaluations = spent(),
                .fraction = std::min(1.0, std::max(seconds / budget_.seconds, spent() / budget_.evaluations)),
                .stage = "divide",
                .front = &front_};
    }

    void solve(const Task& task) {
        const Part& part = tree_[task.node].part;
        const bool exact = part.tolerance == 0;
        if (over() || part.variables() == 0 || (!exact && task.effort > 1) || !done_.insert(task).second) return;
        PartEffort effort{.entries = options_.efforts[task.effort]};
        if (task.effort > 0 && done_.contains({task.node, task.effort - 1})) effort.asked = options_.efforts[task.effort - 1];
        if (!exact) effort = {.entries = noisy_entries(), .target = task.effort == 0 ? PartEffort::Target::near : PartEffort::Target::noisy};
        const auto result = ask(part, effort);
        ++searches_;
        if (was_cut(result)) done_.erase(task);
        if (exact) offer_all(task.node, result);
        else for (const auto& formula : best_few(result)) offer_fitted(task.node, formula);
        if (observer_.checkpoint_due()) observer_.checkpoint(bytes());
        observer_.progressed(progress());
    }

    // Whether the budget ended a part's search before its effort did: it counts as not made when the run goes on.
    static bool was_cut(const SearchResult& result) {
        return result.stop == StopReason::interrupted || result.stop == StopReason::seconds || result.stop == StopReason::evaluations;
    }

    void offer_all(std::size_t node, const SearchResult& result) {
        const auto& members = result.front.members();
        for (std::size_t k = members.size(); k-- > 0;) {
            const bool last = k + 1 == members.size();
            // A wrong sign among the rows hides an exact law from the part, not from the whole.
            const bool maybe = tree_[node].part.signs_guessed || (last && result.stop == StopReason::solved);
            offer(node, members[k].outputs[0], maybe ? Claim::exact : Claim::approximate);
            if (solved_) break;
        }
    }

    static std::vector<Expression> best_few(const SearchResult& result) {
        constexpr std::size_t most = 6;
        std::vector<Candidate> members = result.front.members();
        std::ranges::stable_sort(members, {}, &Candidate::loss);
        std::vector<Expression> formulas;
        for (const auto& member : members)
            if (formulas.size() < most) formulas.push_back(member.outputs[0]);
        return formulas;
    }

    SearchResult ask(const Part& part, const PartEffort& effort) {
        const Problem problem = problem_of(part);
        // A candidate on the part's rows counts by its share of all rows.
        const double share = static_cast<double>(problem.data.rows()) / static_cast<double>(problem_.data.rows());
        Budget budget = budget_;
        budget.seconds = budget_.seconds - watch_.seconds();
        budget.evaluations = (budget_.evaluations - spent()) / share;
        PartObserver inner(observer_, progress());
        const auto searcher = solver_(effort);
        auto result = searcher->run(problem, budget, seed_, stop_, inner, {});
        evaluations_ += result.evaluations * share;
        node_rows_ += result.node_rows;
        return result;
    }

    enum class Claim : std::uint8_t { exact, approximate };

    void offer(std::size_t node, const Expression& solution, Claim claim) {
        Expression formula = canonical(tree_.whole(node, solution));
        if (!operators_allow(problem_.operators, formula)) formula = tree_.whole(node, solution);
        evaluations_ += 1;
        offer(node, solution, scorer_.score({formula}, "divide"), claim);
    }

    // `candidate`: the part's solution as a formula of the whole. Claims are checked on all rows.
    void offer(std::size_t node, const Expression& solution, Candidate candidate, Claim claim) {
        if (!std::isfinite(candidate.loss)) return;
        if (claim == Claim::exact) candidate = snap_constants(candidate, scorer_);
        if (claim == Claim::approximate || relative_residual(candidate.outputs[0]) > options_.exact) {
            enter(std::move(candidate));
            return;
        }
        candidate = shorten(candidate, scorer_);
        tree_.set_solution(node, text_of(tree_[node].part, solution));
        if (scorer_.allowed_as_law(candidate.outputs)) accept_exact(std::move(candidate));
        else if (candidate.complexity > problem_.constraints.maximum_complexity) too_long_ = std::max(too_long_, candidate.complexity);
    }

    std::string text_of(const Part& part, const Expression& solution) const {
        return print(tidied(canonical(with_features(solution, part.features))), problem_.vocabulary(), {.digits = 8});
    }

    // Beyond an exact formula only shorter ones count: longer ones that round better are gone.
    void accept_exact(Candidate candidate) {
        solved_ = true;
        ParetoFront shorter;
        for (const auto& member : front_.members())
            if (member.complexity < candidate.complexity) shorter.insert(member);
        front_ = std::move(shorter);
        front_.insert(candidate);
        observer_.improved(progress(), candidate);
    }

    double relative_residual(const Expression& formula) const {
        const std::size_t rows = problem_.data.rows();
        std::vector<double> prediction(rows);
        double* outputs[] = {prediction.data()};
        evaluate(Program(formula, problem_.definitions), formula.values, scorer_.rows().columns(), outputs);
        double sum = 0;
        for (std::size_t i = 0; i < rows; ++i) sum += std::pow(prediction[i] - problem_.data.targets[0][i], 2);
        return std::isfinite(sum) && spread_ > 0 ? std::sqrt(sum / spread_) : std::numeric_limits<double>::infinity();
    }

    void report(SearchResult& result) const {
        const auto& all = result.reductions;
        result.report.push_back(fmt::format("divide: {} smaller problems, {} searches of parts, surrogate error {:.2g} on held-out rows, {:.2f} s",
                                            all.size() - 1, searches_, all[0].error_after, watch_.seconds()));
        if (noisy_ && !problem_.data.sigma) result.report.push_back("divide: more terms do not bring the surrogate below its error, so the target carries noise; exact laws were not looked for any further");
        if (noisy_ && options_.noise == DivideOptions::Noise::left) return;
        // The way to the solution, or else the longest one.
        std::size_t end = 0;
        for (std::size_t i = 1; i < tree_.size(); ++i)
            if (!all[i].solution.empty() ? all[end].solution.empty() : all[end].solution.empty() && tree_[i].depth > tree_[end].depth) end = i;
        std::vector<std::size_t> way;
        for (std::size_t i = end; i != 0; i = all[i].parent) way.push_back(i);
        for (std::size_t k = way.size(); k-- > 0;) {
            const auto& step = all[way[k]];
            result.report.push_back(fmt::format("divide: {}; held-out error {:.2g} before, {:.2g} with it", step.words, step.error_before, step.error_after));
        }
        if (!all[end].solution.empty() && end != 0) result.report.push_back(fmt::format("divide: what is left, {} = {}", all[end].target, all[end].solution));
        if (!solved_ && too_long_ > 0)
            result.report.push_back(fmt::format("divide: an exact formula of complexity {} is longer than --maximum-complexity {} allows", too_long_,
                                                problem_.constraints.maximum_complexity));
    }

    std::string bytes() const {
        ByteWriter writer;
        writer.f64(evaluations_);
        writer.f64(node_rows_);
        writer.front(front_);
        writer.u64(done_.size());
        for (const auto& task : done_) {
            writer.u64(task.node);
            writer.u64(task.effort);
        }
        writer.u64(answers_.size());
        for (const auto& formulas : answers_) {
            writer.u64(formulas.size());
            for (const auto& formula : formulas) writer.expression(formula);
        }
        return writer.take();
    }

    void restore(const std::string& text) {
        ByteReader reader(text);
        evaluations_ = reader.f64();
        node_rows_ = reader.f64();
        front_ = reader.front();
        for (auto count = reader.u64(); count > 0; --count) {
            const auto node = reader.u64();
            done_.insert({node, reader.u64()});
        }
        answers_.resize(reader.u64());
        for (auto& formulas : answers_) {
            formulas.resize(reader.u64());
            for (auto& formula : formulas) formula = reader.expression();
        }
    }

    const Problem& problem_;
    const Budget& budget_;
    const DivideOptions& options_;
    const PartSolver& solver_;
    std::uint64_t seed_;
    StopToken stop_;
    Observer& observer_;
    std::vector<std::size_t> rows_;
    Scorer scorer_;
    Tree tree_;
    Stopwatch watch_;
    ParetoFront front_;
    std::set<Task> done_;
    std::vector<std::vector<Expression>> answers_;  // formulas of separated parts, in the order they were asked for
    std::size_t asked_ = 0, searches_ = 0;
    double evaluations_ = 0, node_rows_ = 0, spread_ = 0;
    int too_long_ = 0;  // complexity of an exact formula that is not allowed
    bool solved_ = false, noisy_ = false;
};

class DivideSearcher final : public Searcher {
public:
    DivideSearcher(PartSolver solver, DivideOptions options) : solver_(std::move(solver)), options_(std::move(options)) {}
    std::string name() const override { return "divide"; }
    SearchResult run(const Problem& problem, const Budget& budget, std::uint64_t seed, StopToken stop, Observer& observer,
                     const std::string& resume) override {
        constexpr std::size_t fewest_rows = 16;
        // Other losses do not compare the formula's value with the target.
        static const std::set<std::string> residual_losses = {"mse", "mae", "huber", "log-cosh", "quantile"};
        const bool possible = problem.task == Task::regression && problem.outputs() == 1 && problem.data.rows() >= fewest_rows &&
                              !problem.data.features.empty() && residual_losses.contains(problem.loss.name);
        if (!possible) {
            SearchResult result;
            result.stop = StopReason::exhausted;
            result.report.push_back("divide: takes one target on at least 16 rows and a loss of residuals; left to the other methods");
            return result;
        }
        return Division(problem, budget, options_, solver_, seed, std::move(stop), observer).run(resume);
    }

private:
    PartSolver solver_;
    DivideOptions options_;
};

}  // namespace
}  // namespace divide

std::unique_ptr<Searcher> make_divide_searcher(PartSolver solver, DivideOptions options) {
    return std::make_unique<divide::DivideSearcher>(std::move(solver), std::move(options));
}

}  // namespace balmer
