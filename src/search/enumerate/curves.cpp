#include "search/enumerate/curves.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "search/enumerate/noisy_scan.hpp"
#include "search/enumerate/spelling.hpp"

namespace balmer::enumerate {
namespace {

/// A basic curve with its constants at a start.
struct BasicCurve {
    int kind = 0;
    Expression curve;
};

Expression plus(const Expression& a, double c) { return Expression::apply(Op::add, a, Expression::constant(c)); }
Expression times(double c, const Expression& a) { return Expression::apply(Op::multiply, Expression::constant(c), a); }

std::vector<BasicCurve> basic_curves(std::span<const double> x, std::int32_t variable, const Spelling& spelling) {
    const auto [low, high] = std::ranges::minmax(x);
    const double half = (high - low) / 2, middle = (high + low) / 2;
    std::vector<BasicCurve> all;
    if (!(half > 0) || !std::isfinite(half)) return all;
    const Expression v = Expression::feature(variable);
    const auto line = [&](double slope, double centre) { return plus(times(slope / half, v), -slope / half * (middle + centre * half)); };
    all.push_back({0, v});
    if (low > 0 && spelling.has(Op::power))
        for (const double a : {-2.5, -0.7, 0.6, 1.5, 3.0}) all.push_back({1, Expression::apply(Op::power, v, Expression::constant(a))});
    if (spelling.has(Op::exp))
        for (const double a : {-8.0, -2.0, -0.5, 0.5, 2.0, 8.0}) all.push_back({2, Expression::apply(Op::exp, times(a / half, v))});
    if (spelling.has(Op::log))
        for (const double a : {0.05, 1.0}) all.push_back({3, Expression::apply(Op::log, plus(v, a * half - low))});
    if (spelling.has(Op::sin))
        for (const double a : {1.5, 4.0, 9.0})
            for (const double phase : {0.0, 0.5 * std::numbers::pi}) all.push_back({4, Expression::apply(Op::sin, plus(times(a / half, v), phase - a / half * middle))});
    for (const double a : {1.5, 5.0})
        for (const double centre : {-0.5, 0.0, 0.5}) {
            if (spelling.has(Op::tanh)) all.push_back({5, Expression::apply(Op::tanh, line(a, centre))});
            if (spelling.has(Op::exp)) all.push_back({6, Expression::apply(Op::exp, Expression::apply(Op::negate, Expression::apply(Op::square, line(a, centre))))});
        }
    return all;
}

/// A formula to fit, and which it is but for its start.
struct Skeleton {
    int id = 0;
    Expression formula;
    double cost = std::numeric_limits<double>::infinity();
};

std::vector<Skeleton> skeletons_of(const std::vector<BasicCurve>& basic, const Spelling& spelling) {
    enum Shape { single, sum, product, quotient, root, exponential };
    constexpr int kinds = 8;
    std::vector<Skeleton> all;
    const auto add = [&](Shape shape, int first, int second, const Expression& formula) {
        if (spelling.allows(formula)) all.push_back({(shape * kinds + first) * kinds + second, formula});
    };
    for (const auto& g : basic) {
        add(single, g.kind, 0, plus(times(1, g.curve), 0.1));
        add(root, g.kind, 0, Expression::apply(Op::sqrt, plus(times(1, g.curve), 1)));
        add(exponential, g.kind, 0, Expression::apply(Op::exp, plus(times(0.5, g.curve), 0.1)));
        add(quotient, kinds - 1, g.kind, plus(Expression::apply(Op::divide, Expression::constant(1), plus(g.curve, 1)), 0.1));
        for (const auto& h : basic) {
            add(quotient, g.kind, h.kind, plus(Expression::apply(Op::divide, times(1, g.curve), plus(h.curve, 1)), 0.1));
            if (g.kind > h.kind) continue;
            add(sum, g.kind, h.kind, plus(Expression::apply(Op::add, times(1, g.curve), times(1.2, h.curve)), 0.1));
            add(product, g.kind, h.kind, plus(times(1, Expression::apply(Op::multiply, g.curve, h.curve)), 0.1));
        }
    }
    return all;
}

/// f of f + C.
std::optional<Expression> without_offset(const Expression& formula) {
    if (formula.nodes.back().op != Op::add || formula.nodes[formula.nodes.size() - 2].op != Op::parameter) return std::nullopt;
    Expression rest = formula;
    rest.nodes.resize(rest.nodes.size() - 2);
    rest.values.pop_back();
    return rest;
}

}  // namespace

void ask_curves(const std::vector<std::size_t>& rows, std::int32_t variable, Judge& judge) {
    const Problem& whole = judge.problem();
    Problem few = whole;
    few.validation.reset();
    few.guesses.clear();
    few.data = whole.data.take(rows);
    auto all = skeletons_of(basic_curves(few.data.features[static_cast<std::size_t>(variable)].values(), variable, judge.spelling()), judge.spelling());
    const Scorer scorer(few);
    constexpr std::size_t tile = 128;
    constexpr int iterations = 15;
    const double n = static_cast<double>(rows.size());
    for (std::size_t begin = 0; begin < all.size(); begin += tile) {
        if (judge.run().over()) return;
        const std::size_t count = std::min(tile, all.size() - begin);
        parallel_for(judge.run().pool, count, 4, [&](std::size_t k) {
            Skeleton& skeleton = all[begin + k];
            Expression outputs[] = {skeleton.formula};
            const double loss = scorer.fit(outputs, {.maximum_iterations = iterations});
            if (!std::isfinite(loss)) return;
            skeleton.cost = 0.5 * n * std::log(std::max(loss, 1e-300)) + cost_per_node * static_cast<double>(outputs[0].size());
            skeleton.formula = std::move(outputs[0]);
        });
        judge.run().clock.add(rows.size(), 20 * iterations * count);
    }
    std::ranges::stable_sort(all, {}, &Skeleton::cost);
    constexpr std::size_t most_offered = 12;
    constexpr int iterations_of_best = 60;
    std::vector<int> offered;
    for (const auto& skeleton : all) {
        if (judge.run().over() || judge.solved() || offered.size() == most_offered || !std::isfinite(skeleton.cost)) return;
        if (std::ranges::find(offered, skeleton.id) != offered.end()) continue;
        offered.push_back(skeleton.id);
        judge.offer_fitted(skeleton.formula, iterations_of_best);
        if (const auto rest = without_offset(skeleton.formula)) judge.offer_fitted(*rest, iterations_of_best);
    }
}

}  // namespace balmer::enumerate
