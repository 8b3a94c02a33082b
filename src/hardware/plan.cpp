#include "hardware/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "balmer/error.hpp"
#include "balmer/evaluate.hpp"

namespace balmer {

namespace {

constexpr std::uint32_t no_edge = std::numeric_limits<std::uint32_t>::max();

/// What a graph node is: a constant, scale * edge + offset, or some function of one edge.
struct Reading {
    std::uint32_t edge = no_edge;
    bool is_affine = true;
    double scale = 0, offset = 0;

    bool is_constant() const { return edge == no_edge; }
};

/// Terms of a sum by edge while it is collected.
struct Collected {
    double linear = 0;
    std::vector<std::pair<double, std::uint32_t>> functions;
};

class Planner {
public:
    explicit Planner(Plan& plan) : plan_(plan), graph_(plan.graph), uses_(graph_.nodes().size(), 0) {
        for (std::uint32_t i = 0; i < graph_.nodes().size(); ++i) {
            for (const std::uint32_t operand : graph_.operands(i)) {
                ++uses_[operand];
            }
        }
        for (const std::uint32_t root : graph_.roots()) {
            ++uses_[root];
        }
    }

    void run() {
        for (std::uint32_t i = 0; i < graph_.nodes().size(); ++i) {
            readings_.push_back(read(i));
        }
        for (std::size_t k = 0; k < graph_.roots().size(); ++k) {
            plan_.outputs[k].edge = whole(graph_.roots()[k]);
        }
    }

private:
    const GraphNode& at(std::uint32_t node) const { return graph_.nodes()[node]; }

    Reading read(std::uint32_t node) {
        const auto operands = graph_.operands(node);
        if (at(node).op == Op::feature) {
            return read_feature(node);
        }
        std::set<std::uint32_t> bases;
        bool all_affine = true;
        for (const std::uint32_t operand : operands) {
            if (!readings_[operand].is_constant()) {
                bases.insert(readings_[operand].edge);
            }
            all_affine = all_affine && readings_[operand].is_affine;
        }
        if (bases.empty()) {
            return read_constant(node);
        }
        if (plan_.periodic.contains(node)) {
            return {.edge = phase(operands[0], period_of(at(node).op)), .is_affine = false};
        }
        if (bases.size() == 1) {
            const auto affine = all_affine ? read_affine(node) : std::nullopt;
            return affine ? *affine : Reading{.edge = *bases.begin(), .is_affine = false};
        }
        return read_many(node);
    }

    Reading read_constant(std::uint32_t node) {
        std::vector<double> values;
        for (const std::uint32_t operand : graph_.operands(node)) {
            values.push_back(readings_[operand].offset);
        }
        const double value = value_of(graph_, node, values);
        if (!std::isfinite(value)) {
            throw Error(fmt::format("a constant part of the formula has no finite value ({} gives {}): no circuit can hold it", info(at(node).op).name, value));
        }
        return {.offset = value};
    }

    Reading read_feature(std::uint32_t node) {
        const auto feature = static_cast<std::size_t>(at(node).index);
        PlanEdge edge{.kind = EdgeKind::input, .name = plan_.features[feature], .feature = at(node).index, .node = node};
        return {.edge = append(std::move(edge)), .scale = 1};
    }

    /// scale * edge + offset where the operator keeps that form.
    std::optional<Reading> read_affine(std::uint32_t node) const {
        const auto operands = graph_.operands(node);
        const auto operand = [&](std::size_t k) { return readings_[operands[k]]; };
        const auto edge_of = [&](const Reading& a, const Reading& b) { return a.is_constant() ? b.edge : a.edge; };
        switch (at(node).op) {
            case Op::negate: return Reading{operand(0).edge, true, -operand(0).scale, -operand(0).offset};
            case Op::add:
            case Op::sum:
            case Op::subtract: {
                Reading total = operand(0);
                for (std::size_t k = 1; k < operands.size(); ++k) {
                    const double sign = at(node).op == Op::subtract ? -1 : 1;
                    total = {edge_of(total, operand(k)), true, total.scale + sign * operand(k).scale, total.offset + sign * operand(k).offset};
                }
                return total;
            }
            case Op::multiply:
            case Op::product: {
                Reading total = operand(0);
                for (std::size_t k = 1; k < operands.size(); ++k) {
                    const Reading factor = operand(k);
                    if (!total.is_constant() && !factor.is_constant()) {
                        return std::nullopt;
                    }
                    total = {edge_of(total, factor), true, total.scale * factor.offset + total.offset * factor.scale, total.offset * factor.offset};
                }
                return total;
            }
            default: return std::nullopt;
        }
    }

    Reading read_many(std::uint32_t node) {
        switch (at(node).op) {
            case Op::add:
            case Op::subtract:
            case Op::sum: return read_sum(node);
            case Op::multiply:
            case Op::product: return read_product(node);
            case Op::less:
            case Op::less_equal:
            case Op::equal: return read_choice(node, at(node).op == Op::less ? EdgeKind::less : at(node).op == Op::equal ? EdgeKind::equal : EdgeKind::less_equal);
            case Op::conditional: return read_choice(node, EdgeKind::select);
            default: throw Error(fmt::format("no circuit is known for '{}' of several varying values", info(at(node).op).name));
        }
    }

    // Sums.

    void collect(std::uint32_t node, double factor, std::map<std::uint32_t, Collected>& terms, double& offset) {
        const Reading& reading = readings_[node];
        if (reading.is_constant()) {
            offset += factor * reading.offset;
        } else if (!reading.is_affine) {
            terms[reading.edge].functions.emplace_back(factor, node);
        } else {
            offset += factor * reading.offset;
            const PlanEdge& edge = plan_.edges[reading.edge];
            if (edge.kind == EdgeKind::linear && uses_[edge.node] == 1 && uses_[node] == 1) {  // a sum inside a sum
                offset += factor * reading.scale * edge.offset;
                for (const PlanTerm& term : edge.terms) {
                    collect_edge(term, factor * reading.scale, terms);
                }
            } else {
                terms[reading.edge].linear += factor * reading.scale;
            }
        }
    }

    void collect_edge(const PlanTerm& term, double factor, std::map<std::uint32_t, Collected>& terms) {
        const PlanEdge& edge = plan_.edges[term.edge];
        if (edge.kind != EdgeKind::table) {
            terms[term.edge].linear += factor * term.coefficient;
            return;
        }
        // Tables of the inner sum go back to functions of their operand, to merge with others of the same.
        Collected& collected = terms[edge.terms[0].edge];
        collected.linear += factor * term.coefficient * edge.linear;
        for (const auto& [scale, function] : edge.functions) {
            collected.functions.emplace_back(factor * term.coefficient * scale, function);
        }
    }

    Reading read_sum(std::uint32_t node) {
        std::map<std::uint32_t, Collected> terms;
        double offset = 0;
        const auto operands = graph_.operands(node);
        for (std::size_t k = 0; k < operands.size(); ++k) {
            collect(operands[k], at(node).op == Op::subtract && k == 1 ? -1 : 1, terms, offset);
        }
        PlanEdge edge{.kind = EdgeKind::linear, .node = node, .node_offset = offset};
        for (auto& [base, collected] : terms) {
            if (collected.functions.empty()) {
                if (collected.linear != 0) {
                    edge.terms.push_back({base, collected.linear});
                }
                continue;
            }
            edge.terms.push_back({table(base, std::move(collected.functions), collected.linear, 0), 1});
        }
        if (edge.terms.empty()) {
            return {.offset = offset};
        }
        edge.name = sum_name(edge);
        return {.edge = append(std::move(edge)), .scale = 1, .offset = offset};
    }

    // Products.

    Reading read_product(std::uint32_t node) {
        const auto operands = graph_.operands(node);
        double scale = 1;
        std::vector<std::uint32_t> factors;
        for (const std::uint32_t operand : operands) {
            const Reading& reading = readings_[operand];
            if (reading.is_constant()) {
                scale *= reading.offset;
            } else if (reading.is_affine) {
                scale *= reading.scale;
                factors.push_back(shifted(reading.edge, reading.offset / reading.scale));
            } else {
                factors.push_back(table(reading.edge, {{1.0, operand}}, 0, 0));
            }
        }
        if (scale == 0) {
            return {.offset = 0};
        }
        std::uint32_t product = factors[0];
        for (std::size_t k = 1; k < factors.size(); ++k) {
            PlanEdge edge{.kind = EdgeKind::product, .terms = {{product, 1}, {factors[k], 1}}};
            edge.name = plan_.edges[product].name + "_times_" + plan_.edges[factors[k]].name;
            edge.node = node;  // exact for the last factor only: inner products carry no function of their own
            edge.node_scale = k + 1 == factors.size() ? scale : std::nan("");
            product = append(std::move(edge));
        }
        return {.edge = product, .scale = scale};
    }

    Reading read_choice(std::uint32_t node, EdgeKind kind) {
        PlanEdge edge{.kind = kind, .node = node};
        for (const std::uint32_t operand : graph_.operands(node)) {
            edge.terms.push_back({whole(operand), 1});
        }
        edge.name = kind == EdgeKind::select ? "chosen" : "test";
        return {.edge = append(std::move(edge)), .scale = 1};
    }

    // Edges.

    /// An edge with the real value of the graph node itself.
    std::uint32_t whole(std::uint32_t node) {
        const Reading reading = readings_[node];
        if (reading.is_constant()) {
            PlanEdge edge{.kind = EdgeKind::linear, .name = "fixed_value", .offset = reading.offset, .node = node};
            return append(std::move(edge));
        }
        if (!reading.is_affine) {
            return table(reading.edge, {{1.0, node}}, 0, 0);
        }
        if (reading.scale == 1) {
            return shifted(reading.edge, reading.offset);
        }
        PlanEdge edge{.kind = EdgeKind::linear, .terms = {{reading.edge, reading.scale}}, .offset = reading.offset, .node = node};
        edge.name = "scaled_" + plan_.edges[reading.edge].name;
        return append(std::move(edge));
    }

    /// edge + offset.
    std::uint32_t shifted(std::uint32_t of, double offset) {
        if (offset == 0) {
            return of;
        }
        PlanEdge& inner = plan_.edges[of];
        if (inner.kind == EdgeKind::linear && uses_[inner.node] == 1 && inner.node_scale == 1 && inner.node_offset == offset) {
            inner.offset += offset;
            inner.node_offset = 0;
            return of;
        }
        PlanEdge edge{.kind = EdgeKind::linear, .name = inner.name + "_plus", .terms = {{of, 1}}, .offset = offset, .node = inner.node};
        edge.node_scale = inner.node_scale;
        edge.node_offset = inner.node_offset - inner.node_scale * offset;
        return append(std::move(edge));
    }

    /// A node in periods, of which the fraction counts. The terms of a sum are taken one by one: their fractions alone need to be added.
    std::uint32_t phase(std::uint32_t node, double period) {
        const auto [known, is_new] = phases_.try_emplace({node, period}, no_edge);
        if (!is_new) {
            return known->second;
        }
        const Reading reading = readings_[node];
        PlanEdge edge{.kind = EdgeKind::phase, .offset = reading.offset / period, .node = node, .node_scale = period};
        if (!reading.is_affine) {
            edge.terms = {{table(reading.edge, {{1 / period, node}}, 0, 0), 1}};
        } else if (plan_.edges[reading.edge].kind == EdgeKind::linear) {
            edge.offset += reading.scale / period * plan_.edges[reading.edge].offset;
            for (const PlanTerm& term : plan_.edges[reading.edge].terms) {
                edge.terms.push_back({term.edge, reading.scale / period * term.coefficient});
            }
        } else {
            edge.terms = {{reading.edge, reading.scale / period}};
        }
        edge.name = "phase_of_" + plan_.edges[reading.edge].name;
        return known->second = append(std::move(edge));
    }

    std::uint32_t table(std::uint32_t base, std::vector<std::pair<double, std::uint32_t>> functions, double linear, double offset) {
        PlanEdge edge{.kind = EdgeKind::table, .terms = {{base, 1}}, .offset = offset, .functions = std::move(functions), .linear = linear};
        for (std::uint32_t i = 0; i < plan_.edges.size(); ++i) {
            const PlanEdge& other = plan_.edges[i];
            if (other.kind == EdgeKind::table && other.terms[0].edge == base && other.functions == edge.functions && other.linear == linear) {
                return i;
            }
        }
        edge.node = edge.functions[0].second;
        edge.node_scale = std::nan("");
        edge.name = function_name(edge);
        return append(std::move(edge));
    }

    std::string function_name(const PlanEdge& edge) const {
        std::uint32_t node = edge.functions[0].second;
        while (info(at(node).op).notation == Notation::infix || at(node).op == Op::sum || at(node).op == Op::product || at(node).op == Op::negate) {
            std::uint32_t next = node;  // through sums and factors to the function
            for (const std::uint32_t operand : graph_.operands(node)) {
                next = readings_[operand].is_constant() ? next : operand;
            }
            if (next == node) {
                break;
            }
            node = next;
        }
        const Notation notation = info(at(node).op).notation;
        const std::string word = notation == Notation::function || notation == Notation::prefix ? std::string(info(at(node).op).name) : "function";
        return fmt::format("{}_of_{}", word, plan_.edges[edge.terms[0].edge].name);
    }

    std::string sum_name(const PlanEdge& edge) const {
        const bool all_inputs = std::ranges::all_of(edge.terms, [&](const PlanTerm& term) { return plan_.edges[term.edge].kind == EdgeKind::input; });
        return all_inputs && edge.terms.size() <= 3 ? "sum_of_" + plan_.edges[edge.terms[0].edge].name + "_and_" + plan_.edges[edge.terms.back().edge].name
                                                    : "sum";
    }

    std::uint32_t append(PlanEdge edge) {
        constexpr std::size_t longest_name = 48;
        edge.name.resize(std::min(edge.name.size(), longest_name));
        plan_.edges.push_back(std::move(edge));
        return static_cast<std::uint32_t>(plan_.edges.size() - 1);
    }

    Plan& plan_;
    const Graph& graph_;
    std::vector<int> uses_;  ///< by graph node
    std::vector<Reading> readings_;
    std::map<std::pair<std::uint32_t, double>, std::uint32_t> phases_;  ///< by node and period
};

/// Removes edges that no output reads.
void prune(Plan& plan) {
    std::vector<char> live(plan.edges.size(), 0);
    for (const PlanOutput& output : plan.outputs) {
        live[output.edge] = 1;
    }
    for (std::size_t i = plan.edges.size(); i-- > 0;) {
        for (const PlanTerm& term : live[i] ? plan.edges[i].terms : std::vector<PlanTerm>{}) {
            live[term.edge] = 1;
        }
    }
    std::vector<std::uint32_t> index(live.size(), 0);
    std::vector<PlanEdge> kept;
    for (std::size_t i = 0; i < live.size(); ++i) {
        index[i] = static_cast<std::uint32_t>(kept.size());
        if (live[i]) {
            kept.push_back(std::move(plan.edges[i]));
            for (PlanTerm& term : kept.back().terms) {
                term.edge = index[term.edge];
            }
        }
    }
    for (PlanOutput& output : plan.outputs) {
        output.edge = index[output.edge];
    }
    plan.edges = std::move(kept);
}

}  // namespace

void find_edges(Plan& plan) {
    plan.edges.clear();
    Planner(plan).run();
    prune(plan);
}

Plan make_plan(const Model& model, const LoweringOptions& options) {
    Plan plan;
    plan.features = model.vocabulary.features;
    plan.classifies = model.task == Task::classification;
    plan.classes = model.classes;
    std::vector<Standardisation> scaling(plan.features.size());
    for (std::size_t i = 0; i < plan.features.size(); ++i) {
        const auto found = options.standardisation.find(plan.features[i]);
        scaling[i] = found == options.standardisation.end() ? Standardisation{} : found->second;
    }
    plan.graph = rewrite(model.graph(), scaling);
    for (const Output& output : model.outputs) {
        plan.outputs.push_back({.name = output.name, .formula = print(output.expression, model.vocabulary, {.digits = 6})});
    }
    find_edges(plan);
    return plan;
}

}  // namespace balmer
