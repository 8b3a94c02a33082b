#include "expression/simplify/rules.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace balmer {
namespace {

constexpr EGraph::Id unbound = 0xffffffff;

std::vector<std::pair<Requirement, std::size_t>> requirements_of(std::string_view text) {
    constexpr std::pair<std::string_view, Requirement> words[] = {
        {"nonzero(", Requirement::nonzero},         {"nonnegative(", Requirement::nonnegative},
        {"positive(", Requirement::positive},       {"nonpositive(", Requirement::nonpositive},
        {"negative(", Requirement::negative},       {"nonzero_number(", Requirement::nonzero_number},
        {"negative_number(", Requirement::negative_number}};
    std::vector<std::pair<Requirement, std::size_t>> result;
    while (!text.empty()) {
        [[maybe_unused]] const auto before = result.size();
        for (const auto& [word, requirement] : words)
            if (text.starts_with(word)) result.emplace_back(requirement, static_cast<std::size_t>(text[word.size()] - 'a'));
        assert(result.size() == before + 1 && "a side condition of rules.def is misspelt");
        const auto comma = text.find(", ");
        text = comma == std::string_view::npos ? "" : text.substr(comma + 2);
    }
    return result;
}

std::vector<PatternNode> compiled(const Expression& pattern) {
    const std::size_t last = pattern.size() - 1;
    std::vector<PatternNode> nodes;
    for (std::size_t at = last;; --at) {
        const Node& from = pattern.nodes[at];
        PatternNode& node = nodes.emplace_back();
        node = {.op = from.op, .count = from.arity, .index = from.index};
        if (from.op == Op::parameter) {
            node.kind = PatternNode::Kind::number;
            node.value = pattern.values[static_cast<std::size_t>(from.index)];
        } else if (from.op != Op::feature) {
            node.kind = PatternNode::Kind::operation;
            const auto operands = pattern.operands(at);
            for (std::size_t i = 0; i < operands.size(); ++i) node.operand[i] = static_cast<std::uint8_t>(last - operands[i]);
        }
        if (at == 0) return nodes;
    }
}

Rule compiled(const char* name, const Expression& pattern, const Expression& replacement, const char* condition) {
    Rule rule{.name = name,
              .pattern = pattern,
              .replacement = replacement,
              .nodes = compiled(pattern),
              .depth = pattern.depth(),
              .requirements = requirements_of(condition)};
    for (std::size_t i = 0; i < rule.nodes.front().count; ++i) {
        const PatternNode& operand = rule.nodes[rule.nodes.front().operand[i]];
        if (operand.kind != PatternNode::Kind::variable) rule.operands.set(static_cast<std::size_t>(operand.op));
    }
    return rule;
}

/// Backtracking search with a stack of (pattern node, class) that must still agree.
class Search {
public:
    Search(const EGraph& graph, const Rule& rule, std::size_t limit, std::vector<Match>& found)
        : graph_(graph), pattern_(rule.nodes.data()), found_(found), full_(found.size() + limit) {
        assert(rule.nodes.size() <= goals_.size());
    }

    void at(EGraph::Id root) {
        match_.root = root;
        match_.variable.fill(unbound);
        goals_[0] = {0, root};
        count_ = 1;
        next();
    }
    bool full() const { return found_.size() >= full_; }

private:
    struct Goal {
        std::uint8_t at;
        EGraph::Id id;
    };

    void next() {
        if (full()) return;
        if (count_ == 0) {
            found_.push_back(match_);
            return;
        }
        const Goal goal = goals_[--count_];
        const PatternNode& wanted = pattern_[goal.at];
        if (wanted.kind == PatternNode::Kind::operation) {
            inside(goal.id, wanted);
        } else if (wanted.kind == PatternNode::Kind::number) {
            next();  // may_be has looked at it
        } else {
            auto& slot = match_.variable[static_cast<std::size_t>(wanted.index)];
            const EGraph::Id before = slot;
            if (before == unbound || before == goal.id) {
                slot = goal.id;
                next();
                slot = before;
            }
        }
        goals_[count_++] = goal;
    }

    // Whether a class may be this part of the pattern: a look that spares most of the search.
    bool may_be(std::uint8_t at, EGraph::Id id) const {
        const PatternNode& wanted = pattern_[at];
        const auto& found = graph_.at(id);
        if (wanted.kind == PatternNode::Kind::operation) return found.ops[static_cast<std::size_t>(wanted.op)];
        if (wanted.kind == PatternNode::Kind::number) return found.number && found.literal && *found.number == wanted.value;
        const EGraph::Id slot = match_.variable[static_cast<std::size_t>(wanted.index)];
        return slot == unbound || slot == id;
    }

    void inside(EGraph::Id id, const PatternNode& wanted) {
        for (const auto candidate : graph_.at(id).nodes) {
            const TermNode& node = graph_.node(candidate);
            if (node.op != wanted.op || node.index != wanted.index || node.count != wanted.count || graph_.dead(candidate)) continue;
            std::array<EGraph::Id, 3> operand{};
            for (std::size_t i = 0; i < node.count; ++i) operand[i] = graph_.find(node.operand[i]);
            follow(wanted, operand);
            if (node.count != 2 || operand[0] == operand[1] || info(node.op).symmetry != Symmetry::commutative) continue;
            std::swap(operand[0], operand[1]);
            follow(wanted, operand);
        }
    }

    void follow(const PatternNode& wanted, const std::array<EGraph::Id, 3>& operand) {
        for (std::size_t i = 0; i < wanted.count; ++i)
            if (!may_be(wanted.operand[i], operand[i])) return;
        const auto before = count_;
        for (std::size_t i = wanted.count; i-- > 0;) goals_[count_++] = {wanted.operand[i], operand[i]};
        next();
        count_ = before;
    }

    const EGraph& graph_;
    const PatternNode* pattern_;
    std::vector<Match>& found_;
    std::size_t full_;
    std::array<Goal, 32> goals_;
    std::size_t count_ = 0;
    Match match_;
};

}  // namespace

const std::vector<Rule>& rewrite_rules() {
    static const std::vector<Rule> rules = [] {
        const Vocabulary variables{{"a", "b", "c", "d"}, {}, {}, {}};
        std::vector<Rule> all;
#define RULE(name, pattern, replacement, condition) \
    all.push_back(compiled(name, parse(pattern, variables), parse(replacement, variables), condition));
#include "expression/simplify/rules.def"
#undef RULE
        return all;
    }();
    return rules;
}

std::size_t deepest_pattern() {
    static const std::size_t deepest = std::ranges::max_element(rewrite_rules(), {}, &Rule::depth)->depth;
    return deepest;
}

void index_operators(const EGraph& graph, OperatorIndex& index) {
    for (auto& list : index) list.clear();
    for (EGraph::Id id = 0; id < graph.classes(); ++id) {
        if (graph.find(id) != id) continue;
        for (const auto at : graph.at(id).nodes) {
            const TermNode& node = graph.node(at);
            auto& list = index[static_cast<std::size_t>(node.op)];
            if (list.empty() || list.back().id != id) list.push_back({id, {}});
            for (std::size_t i = 0; i < node.count; ++i) list.back().operands |= graph.at(graph.find(node.operand[i])).ops;
        }
    }
}

std::size_t find_matches(const EGraph& graph, const OperatorIndex& index, const Rule& rule, std::uint32_t since, std::size_t limit,
                         std::vector<Match>& matches) {
    const std::size_t before = matches.size();
    Search search(graph, rule, limit, matches);
    for (const auto& [id, operands] : index[static_cast<std::size_t>(rule.nodes.front().op)]) {
        if (search.full()) break;
        const bool may_match = (rule.operands & ~operands).none() && graph.changed_below(id, rule.depth) >= since;
        if (may_match) search.at(id);
    }
    return matches.size() - before;
}

bool allowed(const EGraph& graph, const Rule& rule, const Match& match) {
    for (const auto& [requirement, variable] : rule.requirements) {
        const auto& value = graph.at(graph.find(match.variable[variable]));
        const Interval& range = value.range;
        bool holds = false;
        switch (requirement) {
            case Requirement::nonzero: holds = range.lower > 0 || range.upper < 0; break;
            case Requirement::nonnegative: holds = range.lower >= 0; break;
            case Requirement::positive: holds = range.lower > 0; break;
            case Requirement::nonpositive: holds = range.upper <= 0; break;
            case Requirement::negative: holds = range.upper < 0; break;
            // x/x has no value at 0, so only a class that is the number 0 everywhere is kept out.
            case Requirement::nonzero_number: holds = !value.number || (value.literal && *value.number != 0); break;
            case Requirement::negative_number: holds = value.number && value.literal && *value.number < 0; break;
        }
        if (!holds) return false;
    }
    return true;
}

void rewrite(EGraph& graph, const Rule& rule, const Match& match) {
    std::vector<EGraph::Id> stack;
    for (const auto& node : rule.replacement.nodes) {
        if (node.op == Op::feature) {
            stack.push_back(graph.find(match.variable[static_cast<std::size_t>(node.index)]));
        } else if (node.op == Op::parameter) {
            stack.push_back(graph.add_number(rule.replacement.values[static_cast<std::size_t>(node.index)]));
        } else {
            TermNode term;
            term.op = node.op;
            term.count = node.arity;
            term.index = node.index;
            const std::size_t base = stack.size() - node.arity;
            for (std::size_t i = 0; i < node.arity; ++i) term.operand[i] = stack[base + i];
            stack.resize(base);
            stack.push_back(graph.add(term));
        }
    }
    graph.merge(match.root, stack.back());
}

}  // namespace balmer
