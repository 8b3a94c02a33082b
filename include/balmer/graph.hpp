#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "balmer/expression.hpp"

namespace balmer {

/// One SSA value: an operator applied to earlier values.
struct GraphNode {
    Op op = Op::parameter;
    std::int32_t index = 0;    ///< as Node::index; Op::linear: its first parameter
    std::uint32_t first = 0;   ///< operands are Graph::operand_list[first .. first + count)
    std::uint32_t count = 0;
};

/// Formulas with several roots and shared nodes, in an order in which every operand precedes its user. What evaluation, derivatives,
/// intervals, models and hardware work on. Built only through `add`, which merges equal nodes.
class Graph {
public:
    /// Index of the value `op(operands)`, an existing one when an equal node is there already.
    std::uint32_t add(Op op, std::span<const std::uint32_t> operands = {}, std::int32_t index = 0);
    std::uint32_t add_feature(std::int32_t feature) { return add(Op::feature, {}, feature); }
    /// A new parameter of this value; never merged with another.
    std::uint32_t add_parameter(double value);
    /// Appends a root (an output).
    void add_root(std::uint32_t node) { roots_.push_back(node); }
    /// Appends an expression, calls inlined, its parameters renumbered after those present; returns its root node (not yet an output).
    std::uint32_t add_expression(const Expression& expression, std::span<const Definition> definitions = {});

    std::span<const GraphNode> nodes() const { return nodes_; }
    std::span<const std::uint32_t> operands(std::uint32_t node) const {
        return {operand_list_.data() + nodes_[node].first, nodes_[node].count};
    }
    std::span<const std::uint32_t> roots() const { return roots_; }
    std::span<const double> values() const { return values_; }
    std::vector<double>& values() { return values_; }

    /// One output as a tree: shared nodes are written out, n-ary nodes become left-leaning binary ones.
    /// Throws balmer::Error when that takes more than `maximum_nodes`.
    Expression to_expression(std::size_t root = 0, std::size_t maximum_nodes = 1'000'000) const;

private:
    std::uint64_t key(Op op, std::span<const std::uint32_t> operands, std::int32_t index) const;

    std::vector<GraphNode> nodes_;
    std::vector<std::uint32_t> operand_list_;
    std::vector<std::uint32_t> roots_;
    std::vector<double> values_;
    std::vector<std::uint32_t> buckets_;  ///< open addressing, node + 1, 0 = free
};

/// Expressions (k outputs) merged into one graph with one root each.
Graph to_graph(std::span<const Expression> outputs, std::span<const Definition> definitions = {});
Graph to_graph(const Expression& output, std::span<const Definition> definitions = {});

}  // namespace balmer
