#include "expression/simplify/egraph.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

#include "balmer/hash.hpp"

namespace balmer {

bool TermNode::operator==(const TermNode& other) const {
    return op == other.op && count == other.count && index == other.index && operand == other.operand &&
           std::bit_cast<std::uint64_t>(value) == std::bit_cast<std::uint64_t>(other.value);
}

std::size_t TermHash::operator()(const TermNode& node) const {
    const std::uint64_t what = (static_cast<std::uint64_t>(node.op) << 40) + (static_cast<std::uint64_t>(node.count) << 32) + static_cast<std::uint32_t>(node.index);
    const std::uint64_t operands = (static_cast<std::uint64_t>(node.operand[0]) << 42) + (static_cast<std::uint64_t>(node.operand[1]) << 21) + node.operand[2];
    return combine_hash(what * 0x9e3779b97f4a7c15ULL + operands, std::bit_cast<std::uint64_t>(node.value));
}

EGraph::Id EGraph::find(Id id) const {
    while (leader_[id] != id) {
        leader_[id] = leader_[leader_[id]];
        id = leader_[id];
    }
    return id;
}

TermNode EGraph::canonical(TermNode node) const {
    for (std::size_t i = 0; i < node.count; ++i) node.operand[i] = find(node.operand[i]);
    if (node.count == 2 && info(node.op).symmetry == Symmetry::commutative && node.operand[1] < node.operand[0])
        std::swap(node.operand[0], node.operand[1]);
    return node;
}

EGraph::Id EGraph::create(const TermNode& node) {
    const Id id = static_cast<Id>(classes_.size()), at = static_cast<Id>(nodes_.size());
    nodes_.push_back(node);
    class_of_.push_back(id);
    dead_.push_back(0);
    ++live_;
    known_.emplace(node, at);
    leader_.push_back(id);
    Class fresh;
    fresh.nodes.push_back(at);
    fresh.ops.set(static_cast<std::size_t>(node.op));
    fresh.changed = round_;
    std::array<Interval, 3> ranges;
    for (std::size_t i = 0; i < node.count; ++i) ranges[i] = classes_[node.operand[i]].range;
    if (node.op == Op::parameter) {
        fresh.number = node.value;
        fresh.literal = node.index == -1;
        if (fresh.literal) fresh.range = {node.value, node.value};
    } else if (node.op == Op::feature) {
        const auto feature = static_cast<std::size_t>(node.index);
        if (feature < box_.size()) fresh.range = box_[feature];
    } else if (node.op != Op::argument) {
        fresh.range = balmer::apply(node.op, std::span(ranges).first(node.count), node.index);
    }
    if (fresh.range.lower > fresh.range.upper) fresh.range = {};  // no value anywhere: nothing to prove
    classes_.push_back(std::move(fresh));
    for (std::size_t i = 0; i < node.count; ++i) classes_[node.operand[i]].parents.push_back(at);
    return id;
}

EGraph::Id EGraph::add_number(double value) {
    TermNode node;
    node.index = -1;
    node.value = value == 0 ? 0.0 : value;
    return add(node);
}

EGraph::Id EGraph::add(TermNode node) {
    node = canonical(node);
    if (const auto known = known_.find(node); known != known_.end()) return find(class_of_[known->second]);
    const Id id = create(node);
    fold(id, node);
    return find(id);
}

// A range that rounding alone makes wider than one number: tanh(cos(x) - 1e7) is -1 everywhere.
std::optional<double> only_value(const Interval& range) {
    constexpr double rounding = 1e-15;
    if (!std::isfinite(range.lower) || !(range.upper - range.lower <= rounding * std::fabs(range.lower))) return std::nullopt;
    return std::trunc(range.upper) == range.upper ? range.upper : range.lower;
}

// An operator of numbers is a number, one of free parameters a free parameter; so is one whose operands matter no more.
void EGraph::fold(Id id, const TermNode& node) {
    if (node.count == 0 || node.op == Op::call || node.op == Op::hole || node.op >= Op::sum) return;
    std::array<double, 3> x{};
    bool known = true, literal = true;
    for (std::size_t i = 0; i < node.count; ++i) {
        const Class& operand = classes_[find(node.operand[i])];
        known = known && operand.number;
        x[i] = operand.number.value_or(0);
        literal = literal && operand.literal;
    }
    const Class& own = classes_[find(id)];
    std::optional<double> value;
    if (known) value = node.op == Op::integer_power ? integer_power(x[0], node.index) : balmer::apply(node.op, x[0], x[1], x[2]);
    else value = only_value(own.range);
    literal = literal || !known;
    if (!value || (own.number && (literal || !own.literal))) return;
    if (!std::isfinite(*value) || (*value != 0 && std::fabs(*value) < 1e-300)) return;
    TermNode number;
    number.index = literal ? -1 : next_parameter_++;
    number.value = *value == 0 ? 0.0 : *value;
    merge(id, add(number));
}

std::optional<EGraph::Id> EGraph::add(const Expression& expression) {
    std::vector<Id> stack;
    for (const auto& node : expression.nodes) {
        if (node.arity > 3) return std::nullopt;
        TermNode term;
        term.op = node.op;
        term.count = node.arity;
        term.index = node.index;
        if (node.op == Op::parameter) {
            const double value = expression.values[static_cast<std::size_t>(node.index)];
            term.value = value == 0 ? 0.0 : value;
            if (!free_parameters_) term.index = -1;
            else next_parameter_ = std::max(next_parameter_, node.index + 1);
        }
        const std::size_t base = stack.size() - node.arity;
        for (std::size_t i = 0; i < node.arity; ++i) term.operand[i] = stack[base + i];
        stack.resize(base);
        stack.push_back(add(term));
    }
    return find(stack.back());
}

void EGraph::merge(Id a, Id b) {
    a = find(a);
    b = find(b);
    if (a == b) return;
    if (classes_[a].parents.size() < classes_[b].parents.size()) std::swap(a, b);
    Class &into = classes_[a], &from = classes_[b];
    leader_[b] = a;
    ++merges_;
    into.nodes.insert(into.nodes.end(), from.nodes.begin(), from.nodes.end());
    into.parents.insert(into.parents.end(), from.parents.begin(), from.parents.end());
    into.ops |= from.ops;
    into.changed = round_;
    if (into.literal && from.literal && into.number && from.number) {
        const double difference = std::fabs(*into.number - *from.number), size = std::fabs(*into.number) + std::fabs(*from.number);
        if (difference > 1e-9 * size) contradicts_ = true;
    }
    if (from.number && (!into.number || (from.literal && !into.literal))) {
        into.number = from.number;
        into.literal = from.literal;
    }
    const double lower = std::max(into.range.lower, from.range.lower), upper = std::min(into.range.upper, from.range.upper);
    if (lower <= upper) into.range = {lower, upper};
    from = {};
    dirty_.push_back(a);
}

void EGraph::repair(Id id) {
    auto parents = std::move(classes_[id].parents);
    classes_[id].parents.clear();
    std::vector<Id> kept;
    for (const auto at : parents) {
        if (dead_[at]) continue;
        const auto entry = known_.find(nodes_[at]);
        if (entry != known_.end() && entry->second == at) known_.erase(entry);
        nodes_[at] = canonical(nodes_[at]);
        const auto [place, fresh] = known_.emplace(nodes_[at], at);
        if (!fresh && place->second != at) {
            dead_[at] = 1;
            --live_;
            merge(class_of_[at], class_of_[place->second]);
            kept.push_back(place->second);
            continue;
        }
        kept.push_back(at);
        const TermNode node = nodes_[at];
        fold(find(class_of_[at]), node);
    }
    std::sort(kept.begin(), kept.end());
    kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
    auto& list = classes_[find(id)].parents;
    list.insert(list.end(), kept.begin(), kept.end());
}

void EGraph::rebuild() {
    while (!dirty_.empty()) {
        std::vector<Id> todo;
        for (const auto id : dirty_) todo.push_back(find(id));
        dirty_.clear();
        std::sort(todo.begin(), todo.end());
        todo.erase(std::unique(todo.begin(), todo.end()), todo.end());
        for (const auto id : todo) repair(find(id));
    }
    for (Id id = 0; id < classes_.size(); ++id) {
        auto& list = classes_[id].nodes;
        std::erase_if(list, [&](Id at) { return dead_[at] != 0; });
        // A number needs no other way to be written.
        if (classes_[id].number)
            if (const auto number = std::find_if(list.begin(), list.end(), [&](Id at) { return nodes_[at].op == Op::parameter; }); number != list.end())
                std::swap(*list.begin(), *number);
    }
}

void EGraph::begin_round(std::size_t deepest) {
    ++round_;
    const std::size_t count = classes_.size();
    below_.resize((deepest + 1) * count);
    for (Id id = 0; id < count; ++id) below_[id] = classes_[id].changed;
    for (std::size_t depth = 1; depth <= deepest; ++depth) {
        const std::uint32_t* const last = below_.data() + (depth - 1) * count;
        std::uint32_t* const now = below_.data() + depth * count;
        for (Id id = 0; id < count; ++id) {
            now[id] = last[id];
            for (const auto at : classes_[id].nodes)
                for (std::size_t i = 0; i < nodes_[at].count; ++i) now[id] = std::max(now[id], last[find(nodes_[at].operand[i])]);
        }
    }
}

Expression EGraph::extract(Id root, const ComplexityMeasure& cost, const OperatorSet& allowed) const {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    std::vector<double> lowest(classes_.size(), infinity);
    std::vector<Id> best(classes_.size(), 0);
    for (bool changed = true; changed;) {
        changed = false;
        for (Id id = 0; id < classes_.size(); ++id)
            for (const auto at : classes_[id].nodes) {
                const TermNode& node = nodes_[at];
                if (!allowed[static_cast<std::size_t>(node.op)]) continue;
                // Every node costs a little, so that free operators never make a cycle.
                double total = cost.weight(node.op, node.index) + 1e-3;
                for (std::size_t i = 0; i < node.count; ++i) total += lowest[find(node.operand[i])];
                if (total < lowest[id] - 1e-9) {
                    lowest[id] = total;
                    best[id] = at;
                    changed = true;
                }
            }
    }
    return write(find(root), best);
}

Expression EGraph::write(Id root, std::span<const Id> best) const {
    Expression result;
    std::vector<std::pair<Id, bool>> todo{{root, false}};
    while (!todo.empty()) {
        const auto [id, operands_written] = todo.back();
        todo.pop_back();
        const TermNode& node = nodes_[best[id]];
        if (node.op == Op::parameter) {
            result.nodes.push_back({Op::parameter, 0, 1, static_cast<std::int32_t>(result.values.size())});
            result.values.push_back(node.value);
        } else if (node.count == 0 || operands_written) {
            std::uint32_t length = 1;
            for (std::size_t i = 0, end = result.nodes.size(); i < node.count; ++i) {
                length += result.nodes[end - 1].length;
                end -= result.nodes[end - 1].length;
            }
            result.nodes.push_back({node.op, node.count, length, node.index});
        } else {
            todo.push_back({id, true});
            for (std::size_t i = node.count; i-- > 0;) todo.push_back({find(node.operand[i]), false});
        }
    }
    return result;
}

}  // namespace balmer
