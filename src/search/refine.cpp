#include "search/refine.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "balmer/simplify.hpp"

namespace balmer {
namespace {

using Outputs = std::vector<Expression>;

void add_variants_at(const Expression& expression, std::size_t position, std::vector<Expression>& variants) {
    const Node& node = expression.nodes[position];
    const Expression here = expression.subtree(position);
    if (node.op != Op::parameter) {
        variants.push_back(expression.replaced(position, Expression::apply(Op::add, here, Expression::constant(0))));
        variants.push_back(expression.replaced(position, Expression::apply(Op::multiply, Expression::constant(1), here)));
    }
    // Dropping: a node gives way to one of its operands, or to a constant.
    for (const auto operand : expression.operands(position))
        variants.push_back(expression.replaced(position, expression.subtree(operand)));
    if (node.arity > 0) variants.push_back(expression.replaced(position, Expression::constant(1)));
}

// n log(L'/L) for losses with a scale to be fitted, 2 n (L' - L) for log-likelihoods: twice the change of the profile log-likelihood.
double likelihood_change(double from, double to, const Problem& problem) {
    const double rows = static_cast<double>(problem.data.rows());
    const auto& name = problem.loss.name;
    if (name == "logistic" || name == "softmax" || name == "poisson") return 2 * rows * (to - from);
    // The rounding of the targets, in the loss's own unit.
    double scale = 0;
    for (const auto& target : problem.data.targets)
        for (std::size_t i = 0; i < target.values().size(); ++i)
            scale = std::max(scale, std::fabs(target[i] / (problem.data.sigma ? (*problem.data.sigma)[i] : 1)));
    const double floor = std::max(scale * scale * 1e-26, 1e-300);
    return rows * std::log(std::max(to, floor) / std::max(from, floor));
}

FitOptions holding(const Outputs& outputs, const std::vector<std::vector<bool>>& held) {
    FitOptions options{.maximum_iterations = 30};
    for (std::size_t k = 0; k < outputs.size(); ++k) options.fixed.insert(options.fixed.end(), held[k].begin(), held[k].end());
    return options;
}

// Angles' offsets within half a turn of zero: sin(x + 6.6832) as sin(x + 0.4).
Expression with_short_phases(Expression expression) {
    std::vector<int> uses(expression.values.size(), 0);
    for (const auto& node : expression.nodes)
        if (node.op == Op::parameter) ++uses[static_cast<std::size_t>(node.index)];
    for (std::size_t i = 0; i < expression.size(); ++i) {
        const Op op = expression.nodes[i].op;
        if (op != Op::sin && op != Op::cos && op != Op::tan) continue;
        const double period = (op == Op::tan ? 1 : 2) * std::numbers::pi;
        const std::size_t argument = expression.operands(i)[0];
        if (expression.nodes[argument].op != Op::add && expression.nodes[argument].op != Op::subtract) continue;
        for (const auto term : expression.operands(argument)) {
            const Node& node = expression.nodes[term];
            if (node.op != Op::parameter || uses[static_cast<std::size_t>(node.index)] != 1) continue;
            double& phase = expression.values[static_cast<std::size_t>(node.index)];
            const double turns = std::round(phase / period);
            // Phases of many turns have lost digits that a shift would make up.
            if (std::fabs(turns) < 1e3) phase -= turns * period;
        }
    }
    return expression;
}

}  // namespace

std::vector<Candidate> polish(const Candidate& candidate, const ParetoFront& front, const Scorer& scorer, ThreadPool& pool,
                              const std::function<bool()>& late) {
    std::vector<Outputs> trials;
    for (std::size_t k = 0; k < scorer.problem().searched(); ++k) {
        std::vector<Expression> variants;
        for (std::size_t i = 0; i < candidate.outputs[k].size(); ++i) add_variants_at(candidate.outputs[k], i, variants);
        for (auto& variant : variants) {
            trials.push_back(candidate.outputs);
            trials.back()[k] = canonical(variant);
        }
    }
    std::vector<Candidate> fitted(trials.size());
    parallel_for(pool, trials.size(), 1, [&](std::size_t i) {
        if (late() || !scorer.allowed(trials[i])) return;
        scorer.fit(trials[i], {.maximum_iterations = 30});
        fitted[i] = scorer.score(std::move(trials[i]), candidate.origin);
    });
    std::erase_if(fitted, [&](const Candidate& c) { return c.outputs.empty() || !front.would_accept(c.complexity, c.loss); });
    std::ranges::stable_sort(fitted, {}, [](const Candidate& c) { return c.loss; });
    return fitted;
}

Candidate snap_constants(const Candidate& candidate, const Scorer& scorer, double deviations) {
    Outputs outputs = candidate.outputs;
    std::vector<std::vector<bool>> held;
    for (const auto& output : outputs) held.emplace_back(output.values.size(), false);
    double loss = scorer.loss(outputs);
    bool any = false;
    Outputs turned = outputs;
    for (std::size_t k = 0; k < scorer.problem().searched(); ++k) turned[k] = with_short_phases(std::move(turned[k]));
    if (turned != outputs) {
        const double turned_loss = scorer.loss(turned);
        if (likelihood_change(loss, turned_loss, scorer.problem()) < 1e-3) {
            outputs = std::move(turned);
            loss = turned_loss;
            any = true;
        }
    }
    for (std::size_t k = 0; k < scorer.problem().searched(); ++k) {
        for (std::size_t p = 0; p < outputs[k].values.size(); ++p) {
            const double value = outputs[k].values[p];
            // The tolerance only limits what is tried; the data decide. An idle constant is 0 within its error.
            const auto near = snap(value, 0.05 * std::max(std::fabs(value), 1e-3));
            for (const double to : {0.0, near ? near->value : value}) {
                if (to == value) continue;
                Outputs trial = outputs;
                trial[k].values[p] = to;
                auto trial_held = held;
                trial_held[k][p] = true;
                const double refitted = scorer.fit(trial, holding(trial, trial_held));
                if (!(likelihood_change(loss, refitted, scorer.problem()) < deviations * deviations)) continue;
                outputs = std::move(trial);
                held = std::move(trial_held);
                loss = refitted;
                any = true;
                break;
            }
        }
    }
    return any ? scorer.score(std::move(outputs), candidate.origin) : candidate;
}

Candidate shorten(const Candidate& candidate, const Scorer& scorer) {
    constexpr std::size_t node_limit = 2000;  // tens of milliseconds; more shortens hardly any formula
    const Problem& problem = scorer.problem();
    SimplifyOptions options{.node_limit = node_limit, .cost = problem.complexity, .operators = problem.operators};
    // The arguments of holes may have any value.
    for (std::size_t i = 0; i < problem.data.features.size() && !problem.form; ++i) {
        const auto [lower, upper] = std::ranges::minmax(problem.data.features[i].values());
        options.box.push_back({lower, upper, false});
    }
    Outputs outputs = candidate.outputs;
    for (std::size_t k = 0; k < problem.searched(); ++k)
        outputs[k] = simplify(outputs[k], problem.definitions, options).expression;
    Candidate shorter = scorer.score(std::move(outputs), candidate.origin);
    const bool not_worse = shorter.loss <= candidate.loss * (1 + 1e-9) || likelihood_change(candidate.loss, shorter.loss, scorer.problem()) < 1e-3;
    return shorter.complexity < candidate.complexity && not_worse ? shorter : candidate;
}

}  // namespace balmer
