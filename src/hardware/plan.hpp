#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "balmer/graph.hpp"
#include "balmer/lowering.hpp"
#include "balmer/model.hpp"

namespace balmer {

/// How an edge is computed from other edges.
enum class EdgeKind : std::uint8_t {
    input,
    linear,       ///< sum of coefficient * edge, and a constant
    product,      ///< of two edges
    table,        ///< a function of one edge
    phase,        ///< sum of coefficient * edge, and a constant, of which the fraction alone counts: from 0 to 1
    less,         ///< 1 when the first edge is less than the second
    less_equal,
    equal,
    select,       ///< first edge != 0 ? second : third
};

/// Whether an edge adds its terms up.
constexpr bool is_sum(EdgeKind kind) { return kind == EdgeKind::linear || kind == EdgeKind::phase; }

/// An edge and its factor in a sum.
struct PlanTerm {
    std::uint32_t edge = 0;
    double coefficient = 1;
};

/// A value that the circuit will hold in some format: what truly depends on more than one quantised value, and tables between such values.
/// Its real value relates to the graph as value(node) = node_scale * real + node_offset; that of a phase to within whole periods node_scale.
struct PlanEdge {
    EdgeKind kind = EdgeKind::input;
    std::string name;
    std::vector<PlanTerm> terms;  ///< operands in order; coefficients count in linear edges only
    double offset = 0;            ///< linear, phase: part of the sum. table: added to the functions
    std::vector<std::pair<double, std::uint32_t>> functions;  ///< table: sum of factor * graph node, each a function of the operand alone
    double linear = 0;            ///< table: and this factor times the operand itself
    std::int32_t feature = -1;    ///< input
    std::uint32_t node = 0;       ///< graph node that it computes, in the sense above
    double node_scale = 1, node_offset = 0;
    double low = 0, high = 0;     ///< range of the real value on the data
};

/// An output of the model: an edge of the same real value.
struct PlanOutput {
    std::uint32_t edge = 0;
    std::string name, formula;
};

/// A model as edges in topological order, before any bit is decided.
struct Plan {
    Graph graph;                  ///< rewritten: no power, hypot, atan2 or division of two edges
    std::vector<std::string> features;
    std::vector<PlanEdge> edges;
    std::vector<PlanOutput> outputs;
    bool classifies = false;      ///< outputs are scores of which only the order counts
    std::vector<std::string> classes;
    std::string title;            ///< for the header
    std::set<std::uint32_t> periodic;  ///< graph nodes of sin, cos and tan that look up one period

    /// Real values of a table edge's function for real values of its operand. NaN outside the domain.
    std::vector<double> tabulate(std::uint32_t edge, std::span<const double> operand) const;
};

/// A graph node's value from those of its operands.
double value_of(const Graph& graph, std::uint32_t node, std::span<const double> operands);
/// Period of sin, cos and tan; 0 of other operators.
double period_of(Op op);
/// Finds the nodes of sin, cos and tan whose argument runs over several periods on columns by feature, and with them the edges anew.
void find_periods(Plan& plan, std::span<const std::vector<double>> columns);
/// Finds the edges of plan.graph; `plan.outputs` has an entry per root. Throws balmer::Error for operators that no circuit has.
void find_edges(Plan& plan);
/// Finds the structure. Throws balmer::Error for operators that no circuit has and for divisors that may be zero.
Plan make_plan(const Model& model, const LoweringOptions& options);
/// Fills the ranges of all edges from columns by feature: column[feature][row].
void measure_ranges(Plan& plan, std::span<const std::vector<double>> columns);

/// The graph with standardised features written out, and operators of two varying operands that no circuit has in terms of others:
/// a/b = a * (1/b), a^b = exp(b log a), hypot, atan2 by octants, min and max by comparison.
Graph rewrite(const Graph& graph, std::span<const Standardisation> standardisation);

}  // namespace balmer
