#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "expression/simplify/egraph.hpp"

namespace balmer {

/// What must be proven of a pattern variable before a rule may be used.
enum class Requirement : std::uint8_t { nonzero, nonnegative, positive, nonpositive, negative, nonzero_number, negative_number };

/// One line of rules.def: features 0 to 3 of pattern and replacement are the variables a to d.
struct Rule {
    std::string name;
    Expression pattern, replacement;
    std::vector<std::pair<Requirement, std::size_t>> requirements;
};

/// The rules of rules.def, parsed once.
const std::vector<Rule>& rewrite_rules();

/// A place where a pattern holds: the class, and the classes of the variables.
struct Match {
    EGraph::Id root = 0;
    std::array<EGraph::Id, 4> variable{};
};

/// Classes by the operators of their nodes, made once a round.
using OperatorIndex = std::array<std::vector<EGraph::Id>, op_count>;

/// Every match of a rule's pattern, in a fixed order, at most `limit` of them.
std::vector<Match> find_matches(const EGraph& graph, const OperatorIndex& index, const Rule& rule, std::size_t limit);
/// Whether the rule's side conditions are proven for a match.
bool allowed(const EGraph& graph, const Rule& rule, const Match& match);
/// Adds the replacement and makes it equal to the match.
void rewrite(EGraph& graph, const Rule& rule, const Match& match);

}  // namespace balmer
