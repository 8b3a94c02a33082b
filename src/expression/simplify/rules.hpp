#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "expression/simplify/egraph.hpp"

namespace balmer {

/// What must be proven of a pattern variable before a rule may be used.
enum class Requirement : std::uint8_t { nonzero, nonnegative, positive, nonpositive, negative, nonzero_number, negative_number };

/// One node of a pattern, its operands by their place among the pattern's nodes, the root first.
struct PatternNode {
    enum class Kind : std::uint8_t { variable, number, operation } kind = Kind::variable;
    Op op = Op::feature;
    std::uint8_t count = 0;
    std::int32_t index = 0;  ///< of the variable, or of the operator
    double value = 0;        ///< of a number
    std::array<std::uint8_t, 3> operand{};
};

/// One line of rules.def: features 0 to 3 of pattern and replacement are the variables a to d.
struct Rule {
    std::string name;
    Expression pattern, replacement;
    std::vector<PatternNode> nodes;  ///< of the pattern
    OperatorMask operands;  ///< operators that the root's operands must have, Op::parameter for numbers
    std::size_t depth = 0;  ///< longest path from the pattern's root to a leaf
    std::vector<std::pair<Requirement, std::size_t>> requirements;
};

/// The rules of rules.def, parsed once.
const std::vector<Rule>& rewrite_rules();
/// Largest depth of their patterns.
std::size_t deepest_pattern();

/// A place where a pattern holds: the class, and the classes of the variables.
struct Match {
    EGraph::Id root = 0;
    std::array<EGraph::Id, 4> variable{};
};

/// Classes by the operators of their nodes, made once a round.
struct IndexedClass {
    EGraph::Id id = 0;
    OperatorMask operands;  ///< operators of what those nodes are applied to
};
using OperatorIndex = std::array<std::vector<IndexedClass>, op_count>;
void index_operators(const EGraph& graph, OperatorIndex& index);

/// Appends every match of a rule's pattern whose root is among `index` and where something changed in round `since` or later, in a fixed
/// order, at most `limit` of them. Returns how many.
std::size_t find_matches(const EGraph& graph, const OperatorIndex& index, const Rule& rule, std::uint32_t since, std::size_t limit,
                         std::vector<Match>& matches);
/// Whether the rule's side conditions are proven for a match.
bool allowed(const EGraph& graph, const Rule& rule, const Match& match);
/// Adds the replacement and makes it equal to the match.
void rewrite(EGraph& graph, const Rule& rule, const Match& match);

}  // namespace balmer
