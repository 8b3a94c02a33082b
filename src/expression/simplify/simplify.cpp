#include "balmer/simplify.hpp"

#include <algorithm>
#include <cmath>

#include "balmer/random.hpp"
#include "expression/simplify/canonical.hpp"
#include "expression/simplify/rules.hpp"

namespace balmer {
namespace {

constexpr std::size_t matches_per_rule = 400;  ///< more than so many in a round: the rule pauses, twice as long each time
constexpr int check_points = 24;

/// Saturates a graph with the rules, some of which pause when they match too often.
SimplifyResult saturate(EGraph& graph, const SimplifyOptions& options) {
    const auto& rules = rewrite_rules();
    std::vector<int> paused_until(rules.size(), 0), pauses(rules.size(), 0);
    SimplifyResult result;
    for (result.iterations = 0; result.iterations < options.iteration_limit; ++result.iterations) {
        OperatorIndex index;
        for (EGraph::Id id = 0; id < graph.classes(); ++id) {
            if (graph.find(id) != id) continue;
            for (const auto node : graph.at(id).nodes) {
                auto& list = index[static_cast<std::size_t>(graph.node(node).op)];
                if (list.empty() || list.back() != id) list.push_back(id);
            }
        }
        std::vector<std::pair<std::size_t, Match>> found;
        bool waiting = false;
        for (std::size_t r = 0; r < rules.size(); ++r) {
            if (paused_until[r] > result.iterations) {
                waiting = true;
                continue;
            }
            const std::size_t limit = matches_per_rule << std::min(pauses[r], 4);
            const auto matches = find_matches(graph, index, rules[r], limit);
            if (matches.size() == limit) paused_until[r] = result.iterations + 2 + (1 << std::min(pauses[r]++, 4));
            for (const auto& match : matches) found.emplace_back(r, match);
        }
        const auto nodes = graph.size();
        const auto classes_before = graph.classes();
        std::size_t merged = 0;
        for (const auto& [r, match] : found) {
            if (graph.size() > options.node_limit) break;
            if (!allowed(graph, rules[r], match)) continue;
            const auto merges = graph.merges();
            rewrite(graph, rules[r], match);
            merged += graph.merges() - merges;
        }
        graph.rebuild();
        if (graph.contradicts()) break;
        if (graph.size() > options.node_limit) {
            result.stop = SaturationStop::node_limit;
            result.nodes = graph.size();
            return result;
        }
        if (merged == 0 && nodes == graph.size() && classes_before == graph.classes() && !waiting) break;
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

SimplifyResult simplify(const Expression& expression, std::span<const Definition> /*definitions*/, const SimplifyOptions& options) {
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
        if (!better && !tidier) return result;
        start = result.expression;
    }
    return result;
}

}  // namespace balmer
