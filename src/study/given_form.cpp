#include "study/given_form.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "balmer/clock.hpp"
#include "balmer/error.hpp"
#include "balmer/parallel.hpp"
#include "search/scorer.hpp"

namespace balmer {
namespace {

class FormFitter : public Searcher {
public:
    FormFitter(Expression form, std::vector<bool> fixed) : form_(std::move(form)), fixed_(std::move(fixed)) {}
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
            for (std::size_t p = 0; i > 0 && p < fixed_.size(); ++p)
                if (!fixed_[p]) outputs[0].values[p] = (random.chance(0.3) ? -1 : 1) * std::pow(10, 1.5 * random.normal());
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
    std::vector<bool> fixed_;
};

}  // namespace

std::unique_ptr<Searcher> make_form_fitter(const std::string& form, Problem& problem) {
    if (problem.outputs() != 1) throw Error({.name = "--form"}, fmt::format("a form describes one output; this problem has {}", problem.outputs()));
    Vocabulary vocabulary = problem.vocabulary();
    const auto read = [&] {
        try {
            return parse(form, vocabulary, UnknownName::parameter);
        } catch (const Error& error) {
            throw Error({.name = "--form"}, error.message());
        }
    };
    Expression expression = read();
    if (!vocabulary.holes.empty())
        throw Error({.name = "--form"}, "'" + vocabulary.holes[0] + "' is no function that balmer knows. Define it with --define \"" +
                                            vocabulary.holes[0] + "(x) = ...\"");
    vocabulary.parameters.resize(expression.values.size());
    std::vector<bool> fixed;
    for (const auto& name : vocabulary.parameters) fixed.push_back(name.empty());
    if (std::ranges::all_of(fixed, [](bool f) { return f; }))
        throw Error({.name = "--form"}, "the form has no constant to fit: names that are no columns are constants, as m in \"m*x\"");
    problem.parameter_names = vocabulary.parameters;
    return std::make_unique<FormFitter>(std::move(expression), std::move(fixed));
}

}  // namespace balmer
