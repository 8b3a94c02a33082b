#include "expression/simplify/rules.hpp"

#include <cassert>

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

/// Backtracking search with a stack of (pattern node, class) that must still agree.
class Search {
public:
    Search(const EGraph& graph, const Expression& pattern, std::size_t limit) : graph_(graph), pattern_(pattern), limit_(limit) {
        for (std::size_t at = 0; at < pattern.size(); ++at) operands_.push_back(pattern.operands(at));
    }

    void at(EGraph::Id root) {
        root_ = root;
        variable_.fill(unbound);
        goals_ = {{pattern_.size() - 1, root}};
        next();
    }
    bool full() const { return found_.size() >= limit_; }
    std::vector<Match> take() { return std::move(found_); }

private:
    void next() {
        if (full()) return;
        if (goals_.empty()) {
            Match match{root_, variable_};
            found_.push_back(match);
            return;
        }
        const auto [at, id] = goals_.back();
        goals_.pop_back();
        const Node& wanted = pattern_.nodes[at];
        if (wanted.op == Op::feature) {
            auto& slot = variable_[static_cast<std::size_t>(wanted.index)];
            if (slot == unbound) {
                slot = id;
                next();
                slot = unbound;
            } else if (slot == id) {
                next();
            }
        } else if (wanted.op == Op::parameter) {
            const auto& number = graph_.at(id);
            if (number.number && number.literal && *number.number == pattern_.values[static_cast<std::size_t>(wanted.index)]) next();
        } else {
            inside(at, id, wanted);
        }
        goals_.emplace_back(at, id);
    }

    void inside(std::size_t at, EGraph::Id id, const Node& wanted) {
        for (const auto candidate : graph_.at(id).nodes) {
            const TermNode& node = graph_.node(candidate);
            if (graph_.dead(candidate) || node.op != wanted.op || node.index != wanted.index || node.count != wanted.arity) continue;
            const auto before = goals_.size();
            for (std::size_t i = node.count; i-- > 0;) goals_.emplace_back(operands_[at][i], graph_.find(node.operand[i]));
            next();
            goals_.resize(before);
            const bool swaps = node.count == 2 && info(node.op).symmetry == Symmetry::commutative &&
                               graph_.find(node.operand[0]) != graph_.find(node.operand[1]);
            if (!swaps) continue;
            goals_.emplace_back(operands_[at][1], graph_.find(node.operand[0]));
            goals_.emplace_back(operands_[at][0], graph_.find(node.operand[1]));
            next();
            goals_.resize(before);
        }
    }

    const EGraph& graph_;
    const Expression& pattern_;
    std::size_t limit_;
    std::vector<std::vector<std::size_t>> operands_;
    std::vector<std::pair<std::size_t, EGraph::Id>> goals_;
    std::array<EGraph::Id, 4> variable_{};
    EGraph::Id root_ = 0;
    std::vector<Match> found_;
};

}  // namespace

const std::vector<Rule>& rewrite_rules() {
    static const std::vector<Rule> rules = [] {
        const Vocabulary variables{{"a", "b", "c", "d"}, {}, {}, {}};
        std::vector<Rule> all;
#define RULE(name, pattern, replacement, condition) \
    all.push_back({name, parse(pattern, variables), parse(replacement, variables), requirements_of(condition)});
#include "expression/simplify/rules.def"
#undef RULE
        return all;
    }();
    return rules;
}

std::vector<Match> find_matches(const EGraph& graph, const OperatorIndex& index, const Rule& rule, std::size_t limit) {
    Search search(graph, rule.pattern, limit);
    for (const auto id : index[static_cast<std::size_t>(rule.pattern.nodes.back().op)]) {
        if (search.full()) break;
        search.at(id);
    }
    return search.take();
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
