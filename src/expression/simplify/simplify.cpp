#include "balmer/simplify.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "balmer/random.hpp"
#include "expression/choices.hpp"
#include "expression/simplify/canonical.hpp"
#include "expression/simplify/rules.hpp"

namespace balmer {
namespace {

constexpr std::size_t matches_per_rule = 400;  ///< more than so many in a round: the rule pauses, twice as long each time

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

/// A second proof beside the rules': a formula is used only when it agrees with the original at fixed points of the box. Formulas with
/// calls, holes or arguments have no values and are taken as they are.
class Check {
public:
    Check(const Expression& original, std::span<const Interval> box) : original_(original), box_(box) {}

    bool agrees(const Expression& shorter) {
        if (!has_value(original_) || !has_value(shorter)) return true;
        if (expected_.empty()) find_expected();
        for (std::size_t k = 0; k < expected_.size(); ++k) {
            if (!std::isfinite(expected_[k])) continue;
            const double got = value_at(shorter, point(k), false);
            // Cancellation may cost digits; a false rule costs more.
            if (!(std::fabs(got - expected_[k]) <= 1e-4 * (std::fabs(expected_[k]) + 1))) return false;
        }
        return true;
    }

private:
    static constexpr std::size_t points = 24;

    static bool has_value(const Expression& formula) {
        return std::ranges::none_of(formula.nodes, [](const Node& node) { return node.op == Op::call || node.op == Op::hole || node.op == Op::argument; });
    }
    std::span<const double> point(std::size_t k) const { return std::span(coordinates_).subspan(k * features_, features_); }

    void find_expected() {
        for (const auto& node : original_.nodes)
            if (node.op == Op::feature) features_ = std::max(features_, static_cast<std::size_t>(node.index) + 1);
        RandomStream random(1);
        for (std::size_t k = 0; k < points; ++k)
            for (std::size_t i = 0; i < features_; ++i) {
                const double low = i < box_.size() ? std::max(box_[i].lower, -3.) : -3, high = i < box_.size() ? std::min(box_[i].upper, 3.) : 3;
                coordinates_.push_back(low < high ? random.uniform(low, high) : (i < box_.size() && std::isfinite(box_[i].lower) ? box_[i].lower : high));
            }
        for (std::size_t k = 0; k < points; ++k) expected_.push_back(value_at(original_, point(k), true));
    }

    /// NaN when a value on the way is not finite and all must be.
    double value_at(const Expression& formula, std::span<const double> x, bool all_finite) {
        stack_.clear();
        for (const auto& node : formula.nodes) {
            double value = 0;
            if (node.op == Op::parameter) value = formula.values[static_cast<std::size_t>(node.index)];
            else if (node.op == Op::feature) value = static_cast<std::size_t>(node.index) < x.size() ? x[static_cast<std::size_t>(node.index)] : 0;
            else {
                double operand[3] = {};
                for (std::size_t i = node.arity; i-- > 0; stack_.pop_back()) operand[i] = stack_.back();
                value = node.op == Op::integer_power ? integer_power(operand[0], node.index) : balmer::apply(node.op, operand[0], operand[1], operand[2]);
            }
            if (all_finite && !std::isfinite(value)) return std::numeric_limits<double>::quiet_NaN();
            stack_.push_back(value);
        }
        return stack_.back();
    }

    const Expression& original_;
    std::span<const Interval> box_;
    std::size_t features_ = 0;
    std::vector<double> coordinates_, expected_, stack_;
};

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
    Check check(expression, options.box);
    const auto consider = [&](const Expression& candidate) {
        if (!is_written_as_allowed(candidate)) return false;
        const int cost = options.cost(candidate);
        if (cost > lowest || (cost == lowest && candidate.size() >= result.expression.size())) return false;
        if (!check.agrees(candidate)) return false;
        result.expression = candidate;
        lowest = cost;
        return true;
    };
    Expression start = canonical_keeping(expression, opaque);
    if (options.cost(start) == lowest && is_written_as_allowed(start) && check.agrees(start)) result.expression = start;
    consider(start);
    if (options.node_limit == 0) {
        result.stop = SaturationStop::node_limit;
        return result;
    }
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
