#include "balmer/simplify.hpp"

#include <algorithm>
#include <cmath>

#include "balmer/random.hpp"
#include "expression/choices.hpp"
#include "expression/simplify/canonical.hpp"
#include "expression/simplify/rules.hpp"

namespace balmer {
namespace {

constexpr std::size_t matches_per_rule = 400;  ///< more than so many in a round: the rule pauses, twice as long each time
constexpr int check_points = 24;

/// One rule's part in a saturation.
struct RuleState {
    int paused_until = 0, pauses = 0;
    std::uint32_t searched = 0;  ///< last round in which every match was found: only what changed since then can bring others
};

/// Saturates a graph with the rules, some of which pause when they match too often.
SimplifyResult saturate(EGraph& graph, const SimplifyOptions& options) {
    const auto& rules = rewrite_rules();
    std::vector<RuleState> states(rules.size());
    OperatorIndex index;
    std::vector<Match> matches;
    std::vector<std::size_t> end(rules.size());  // of each rule's matches
    SimplifyResult result;
    for (result.iterations = 0; result.iterations < options.iteration_limit; ++result.iterations) {
        index_operators(graph, index);
        graph.begin_round(deepest_pattern());
        matches.clear();
        bool waiting = false;
        for (std::size_t r = 0; r < rules.size(); ++r) {
            auto& state = states[r];
            if (state.paused_until > result.iterations) {
                waiting = true;
            } else {
                const std::size_t limit = matches_per_rule << std::min(state.pauses, 4);
                const auto found = find_matches(graph, index, rules[r], state.searched, limit, matches);
                if (found == limit) state.paused_until = result.iterations + 2 + (1 << std::min(state.pauses++, 4));
                else state.searched = graph.round();
            }
            end[r] = matches.size();
        }
        const auto nodes = graph.size(), classes = graph.classes(), merges = graph.merges();
        std::size_t at = 0;
        for (std::size_t r = 0; r < rules.size(); ++r)
            for (; at < end[r] && graph.size() <= options.node_limit; ++at)
                if (allowed(graph, rules[r], matches[at])) rewrite(graph, rules[r], matches[at]);
        const bool merged = graph.merges() != merges;
        graph.rebuild();
        if (graph.contradicts()) break;
        if (graph.size() > options.node_limit) {
            result.stop = SaturationStop::node_limit;
            result.nodes = graph.size();
            return result;
        }
        if (!merged && nodes == graph.size() && classes == graph.classes() && !waiting) break;
    }
    result.nodes = graph.size();
    result.stop = result.iterations == options.iteration_limit ? SaturationStop::iteration_limit : SaturationStop::saturated;
    return result;
}

/// Values of a formula without calls, and whether all on the way are finite.
double value_at(const Expression& expression, std::span<const double> point, bool& finite) {
    std::vector<double> stack;
    for (const auto& node : expression.nodes) {
        double x[3] = {}, value = 0;
        for (std::size_t i = node.arity; i-- > 0; stack.pop_back()) x[i] = stack.back();
        if (node.op == Op::parameter) value = expression.values[static_cast<std::size_t>(node.index)];
        else if (node.op == Op::feature) value = point[static_cast<std::size_t>(node.index)];
        else if (node.op == Op::integer_power) value = integer_power(x[0], node.index);
        else value = balmer::apply(node.op, x[0], x[1], x[2]);
        finite = finite && std::isfinite(value);
        stack.push_back(value);
    }
    return stack.back();
}

/// A second proof beside the rules': both formulas at fixed points of the box. A formula that fails it is not used.
bool agree(const Expression& original, const Expression& shorter, std::span<const Interval> box) {
    std::int32_t features = 0;
    for (const auto* formula : {&original, &shorter})
        for (const auto& node : formula->nodes) {
            if (node.op == Op::call || node.op == Op::hole || node.op == Op::argument) return true;
            if (node.op == Op::feature) features = std::max(features, node.index + 1);
        }
    RandomStream random(1);
    std::vector<double> point(static_cast<std::size_t>(features));
    for (int k = 0; k < check_points; ++k) {
        for (std::size_t i = 0; i < point.size(); ++i) {
            const double low = i < box.size() ? std::max(box[i].lower, -3.) : -3, high = i < box.size() ? std::min(box[i].upper, 3.) : 3;
            point[i] = low < high ? random.uniform(low, high) : (i < box.size() && std::isfinite(box[i].lower) ? box[i].lower : high);
        }
        bool finite = true, other_finite = true;
        const double expected = value_at(original, point, finite);
        if (!finite) continue;
        const double got = value_at(shorter, point, other_finite);
        // Cancellation may cost digits; a false rule costs more.
        if (!(std::fabs(got - expected) <= 1e-4 * (std::fabs(expected) + 1))) return false;
    }
    return true;
}

/// What a simplified formula may be written with.
OperatorSet allowed_operators(const Expression& original, const SimplifyOptions& options) {
    OperatorSet allowed;
    allowed.fill(options.operators.empty());
    const auto allow = [&](Op op) { allowed[static_cast<std::size_t>(op)] = true; };
    for (const auto& node : original.nodes) allow(node.op);
    for (const Op op : options.operators) allow(op);
    if (allowed[static_cast<std::size_t>(Op::divide)]) allow(Op::inverse);
    for (const Op op : {Op::parameter, Op::feature, Op::argument, Op::call, Op::negate, Op::subtract}) allow(op);
    return allowed;
}

}  // namespace

SimplifyResult simplify(const Expression& expression, std::span<const Definition> definitions, const SimplifyOptions& options) {
    if (has_choices(expression)) {
        if (!choices_are_whole(expression)) return {.expression = expression};
        const HiddenChoices hidden(expression, options.box.size());
        SimplifyResult result = simplify(hidden.visible(), definitions, options);
        const std::size_t kept = options.constants_are_fixed ? 0 : expression.values.size();
        result.expression = hidden.restored(result.expression, kept);
        return result;
    }
    const std::size_t opaque = options.constants_are_fixed ? 0 : expression.values.size();
    SimplifyResult result;
    result.expression = expression;
    int lowest = options.cost(expression);
    const OperatorSet operators = allowed_operators(expression, options);
    const auto is_written_as_allowed = [&](const Expression& candidate) {
        return std::ranges::all_of(candidate.nodes, [&](const Node& node) { return operators[static_cast<std::size_t>(node.op)]; });
    };
    const auto consider = [&](const Expression& candidate) {
        if (!is_written_as_allowed(candidate)) return false;
        const int cost = options.cost(candidate);
        if (cost > lowest || (cost == lowest && candidate.size() >= result.expression.size())) return false;
        if (!agree(expression, candidate, options.box)) return false;
        result.expression = candidate;
        lowest = cost;
        return true;
    };
    Expression start = canonical_keeping(expression, opaque);
    if (options.cost(start) == lowest && is_written_as_allowed(start) && agree(expression, start, options.box)) result.expression = start;
    consider(start);
    for (int round = 0; round < 2; ++round) {
        EGraph graph(options.box, !options.constants_are_fixed);
        const auto first = graph.add(start);
        const auto second = round == 0 ? graph.add(expression) : first;
        if (!first || !second) return result;
        if (options.constants_are_fixed) graph.merge(*first, *second);
        graph.rebuild();
        const auto run = saturate(graph, options);
        result.stop = run.stop;
        result.nodes = std::max(result.nodes, run.nodes);
        result.iterations += run.iterations;
        if (graph.contradicts()) return result;
        const auto shortest = graph.extract(graph.find(*first), options.cost, operators).compacted();
        const bool better = consider(shortest);
        const bool tidier = options.constants_are_fixed && consider(canonical(shortest));
        // Nothing is left to find from what a saturated graph holds.
        if (!tidier && (!better || run.stop == SaturationStop::saturated)) return result;
        start = result.expression;
    }
    return result;
}

}  // namespace balmer
