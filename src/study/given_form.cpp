#include "study/given_form.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "balmer/clock.hpp"
#include "balmer/error.hpp"
#include "balmer/genetic.hpp"
#include "balmer/parallel.hpp"
#include "search/scorer.hpp"
#include "study/chain.hpp"
#include "study/inverted_form.hpp"

namespace balmer {
namespace {

class FormFitter : public Searcher {
public:
    FormFitter(Expression form, std::vector<std::string> names, std::vector<bool> fixed)
        : form_(std::move(form)), names_(std::move(names)), fixed_(std::move(fixed)) {}
    std::string name() const override { return "form"; }

    SearchResult run(const Problem& problem, const Budget& budget, std::uint64_t seed, StopToken stop, Observer& observer,
                     const std::string&) override {
        const Stopwatch watch;
        const Scorer scorer(problem);
        ThreadPool pool(static_cast<std::size_t>(std::max(0, budget.threads)));
        // Many starts, spread over orders of magnitude and both signs: a given form has few constants, and they may be anywhere.
        constexpr std::size_t starts = 64;
        std::vector<Candidate> fitted(starts);
        parallel_for(pool, starts, 1, [&](std::size_t i) {
            if (stop.stop_requested()) return;
            RandomStream random(seed, 0, 0, i);
            std::vector<Expression> outputs{form_};
            // The values of one p[axis] share a name and a start.
            for (std::size_t p = 0; i > 0 && p < names_.size(); ++p) {
                const bool shares = p > 0 && names_[p] == names_[p - 1];
                if (!fixed_[p])
                    outputs[0].values[p] = shares ? outputs[0].values[p - 1] : (random.chance(0.3) ? -1 : 1) * std::pow(10, 1.5 * random.normal());
            }
            scorer.fit(outputs, {.maximum_iterations = 100, .fixed = fixed_});
            fitted[i] = scorer.score(std::move(outputs), "form");
        });
        SearchResult result{.front = {}, .stop = stop.stop_requested() ? StopReason::interrupted : StopReason::exhausted};
        const auto best = preferred(fitted);
        if (!best->outputs.empty() && std::isfinite(best->loss)) result.front.insert(*best);
        if (result.front.empty() && result.stop != StopReason::interrupted)
            throw Error({.name = "--form"}, "the form cannot be evaluated on all rows for any start of its constants: some row lies outside the domain of an operator");
        result.seconds = watch.seconds();
        result.evaluations = static_cast<double>(starts);
        result.report.push_back(fmt::format("Fitted the given form from {} starts.", starts));
        for (const auto& member : result.front.members())
            observer.improved({.seconds = result.seconds, .fraction = 1, .stage = "form", .front = &result.front}, member);
        return result;
    }

private:
    // The lowest loss; of equal ones, as m and -m under a square, the one with the fewest negative constants.
    static std::vector<Candidate>::const_iterator preferred(const std::vector<Candidate>& fitted) {
        const auto lowest = std::ranges::min_element(fitted, {}, [](const Candidate& c) { return c.loss; })->loss;
        const auto rank = [&](const Candidate& c) {
            if (c.outputs.empty() || c.loss > lowest * (1 + 1e-9)) return std::numeric_limits<std::ptrdiff_t>::max();
            return std::ranges::count_if(c.outputs[0].values, [](double v) { return v < 0; });
        };
        return std::ranges::min_element(fitted, {}, rank);
    }

    Expression form_;
    std::vector<std::string> names_;
    std::vector<bool> fixed_;
};

// Searches the unknown functions of a form. Inside, candidates are formulas of holes; outside they are whole formulas.
class FormSearcher : public Searcher {
public:
    FormSearcher(Form form, std::unique_ptr<Searcher> searcher) : form_(std::move(form)), searcher_(std::move(searcher)) {}
    std::string name() const override { return "form"; }

    SearchResult run(const Problem& problem, const Budget& budget, std::uint64_t seed, StopToken stop, Observer& observer,
                     const std::string& resume) override {
        Problem inner = problem;
        inner.form = form_;
        Filler filler(form_, problem.vocabulary(), observer);
        SearchResult result = searcher_->run(inner, budget, seed, std::move(stop), filler, resume);
        result.front = filler.whole(result.front);
        return result;
    }

private:
    // Hands on candidates with the holes' formulas written into the form.
    class Filler : public Observer {
    public:
        Filler(const Form& form, Vocabulary vocabulary, Observer& outer) : form_(form), vocabulary_(std::move(vocabulary)), outer_(outer) {}

        ParetoFront whole(const ParetoFront& front) const {
            ParetoFront result;
            for (const auto& member : front.members()) result.insert(whole(member));
            return result;
        }
        void improved(const Progress& progress, const Candidate& candidate) override {
            const Candidate found = whole(candidate);
            front_.insert(found);
            outer_.improved(with_front(progress), found);
        }
        void progressed(const Progress& progress) override { outer_.progressed(with_front(progress)); }
        void checkpoint(const std::string& bytes) override { outer_.checkpoint(bytes); }
        bool checkpoint_due() override { return outer_.checkpoint_due(); }

    private:
        Candidate whole(Candidate candidate) const {
            const auto holes = std::span(candidate.outputs).first(form_.holes.size());
            for (std::size_t k = 0; k < holes.size(); ++k) candidate.parts.push_back(print_hole(form_.holes[k], holes[k], vocabulary_, {.digits = 6}));
            candidate.outputs = {filled(candidate.outputs.back(), holes)};
            return candidate;
        }
        Progress with_front(Progress progress) const {
            progress.front = &front_;
            return progress;
        }

        const Form& form_;
        Vocabulary vocabulary_;
        Observer& outer_;
        ParetoFront front_;
    };

    Form form_;
    std::unique_ptr<Searcher> searcher_;
};

// Evolution searches holes in place; every other method searches a single hole by the values that it must have, where there are such.
std::unique_ptr<Searcher> hole_searcher(const FitParameters& parameters, const Problem& problem, const Form& form) {
    Problem inner = problem;
    inner.form = form;
    const bool invertible = inverted(inner).has_value();
    std::vector<Stage> stages;
    for (const auto& method : parameters.method) {
        if (method != "genetic" && invertible)
            stages.push_back({make_inverting_searcher(make_searcher({method}, neural_options(parameters), problem.data.sigma.has_value()))});
        if (method == "genetic" || method == "auto") stages.push_back({make_genetic_searcher()});
        if (stages.empty())
            throw Error({.name = "--method"}, fmt::format("'{}' searches an unknown function by the values that it must have, which this form does not "
                                                          "fix: that takes one unknown function, no constants, and operators that can be undone. "
                                                          "Use --method auto or genetic", method));
    }
    for (std::size_t i = 0; i < stages.size(); ++i) stages[i].until = static_cast<double>(i + 1) / static_cast<double>(stages.size());
    return std::make_unique<Chain>(std::move(stages));
}

std::string listed(const Form& form) {
    std::vector<std::string> texts;
    for (const auto& hole : form.holes) texts.push_back(fmt::format("{}({})", hole.name, fmt::join(hole.arguments, ", ")));
    return fmt::format("{}", fmt::join(texts, ", "));
}

// A misspelt function is an unknown one: it is searched for, unless the user sees what it was taken for.
void note_unknown(const Form& form, std::vector<std::string>& notes) {
    std::vector<std::string> functions;
    for (const auto& row : operator_table())
        if (row.notation == Notation::function && row.arity > 0) functions.emplace_back(row.name);
    std::string note = form.holes.size() == 1 ? "Unknown function to be found: " : "Unknown functions to be found: ";
    note += listed(form) + ".";
    for (const auto& hole : form.holes)
        if (hole.name.size() > 2) note += suggest(hole.name, functions);
    notes.push_back(note);
}

}  // namespace

std::unique_ptr<Searcher> make_form_searcher(const FitParameters& parameters, PreparedFit& prepared) {
    Problem& problem = prepared.problem;
    if (problem.outputs() != 1) throw Error({.name = "--form"}, fmt::format("a form describes one output; this problem has {}", problem.outputs()));
    Form form = [&] {
        try {
            return parse_form(parameters.form, problem.vocabulary());
        } catch (const Error& error) {
            throw Error({.name = "--form"}, error.message());
        }
    }();
    problem.parameter_names = form.parameters;
    for (const auto& name : form.parameters) problem.parameter_fixed.push_back(name.empty());
    if (!form.holes.empty()) {
        if (!problem.guesses.empty()) throw Error({.name = "--guess"}, "a form with unknown functions takes no guesses");
        note_unknown(form, prepared.notes);
        auto searcher = hole_searcher(parameters, problem, form);
        return std::make_unique<FormSearcher>(std::move(form), std::move(searcher));
    }
    if (std::ranges::all_of(problem.parameter_fixed, [](bool fixed) { return fixed; }))
        throw Error({.name = "--form"}, "the form has nothing to find: names that are no columns are constants, as m in \"m*x\", and names with "
                                        "arguments are unknown functions, as f in \"f(x)\"");
    return std::make_unique<FormFitter>(std::move(form.expression), std::move(form.parameters), problem.parameter_fixed);
}

}  // namespace balmer
