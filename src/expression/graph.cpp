#include "balmer/graph.hpp"

#include <algorithm>
#include <cassert>

#include "balmer/error.hpp"

namespace balmer {
namespace {

std::uint64_t mix(std::uint64_t h, std::uint64_t value) {
    h ^= value + 0x9e3779b97f4a7c15ULL + (h << 6) + (h >> 2);
    h *= 0xff51afd7ed558ccdULL;
    return h ^ (h >> 32);
}

}  // namespace

std::uint64_t Graph::key(Op op, std::span<const std::uint32_t> operands, std::int32_t index) const {
    std::uint64_t h = mix(static_cast<std::uint64_t>(op), static_cast<std::uint32_t>(index));
    for (const auto operand : operands) h = mix(h, operand);
    return h;
}

std::uint32_t Graph::add(Op op, std::span<const std::uint32_t> operands, std::int32_t index) {
    if (buckets_.size() < 2 * (nodes_.size() + 1)) {
        std::vector<std::uint32_t> larger(std::max<std::size_t>(64, 4 * buckets_.size()), 0);
        for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
            std::size_t slot = key(nodes_[i].op, this->operands(i), nodes_[i].index) & (larger.size() - 1);
            while (larger[slot] != 0) slot = (slot + 1) & (larger.size() - 1);
            larger[slot] = i + 1;
        }
        buckets_ = std::move(larger);
    }
    std::size_t slot = key(op, operands, index) & (buckets_.size() - 1);
    for (; buckets_[slot] != 0; slot = (slot + 1) & (buckets_.size() - 1)) {
        const std::uint32_t there = buckets_[slot] - 1;
        if (nodes_[there].op == op && nodes_[there].index == index && std::ranges::equal(this->operands(there), operands))
            return there;
    }
    const auto made = static_cast<std::uint32_t>(nodes_.size());
    nodes_.push_back({.op = op,
                      .index = index,
                      .first = static_cast<std::uint32_t>(operand_list_.size()),
                      .count = static_cast<std::uint32_t>(operands.size())});
    operand_list_.insert(operand_list_.end(), operands.begin(), operands.end());
    buckets_[slot] = made + 1;
    return made;
}

std::uint32_t Graph::add_parameter(double value) {
    values_.push_back(value);
    return add(Op::parameter, {}, static_cast<std::int32_t>(values_.size() - 1));
}

std::uint32_t Graph::add_expression(const Expression& given, std::span<const Definition> definitions) {
    const bool has_calls = std::ranges::any_of(given.nodes, [](const Node& n) { return n.op == Op::call; });
    const Expression without_calls = has_calls ? inlined(given, definitions) : Expression{};
    const Expression& expression = has_calls ? without_calls : given;
    const auto offset = static_cast<std::int32_t>(values_.size());
    values_.insert(values_.end(), expression.values.begin(), expression.values.end());
    std::vector<std::uint32_t> stack;
    for (const auto& node : expression.nodes) {
        const std::span<const std::uint32_t> operands(stack.data() + stack.size() - node.arity, node.arity);
        const auto made = add(node.op, operands, node.op == Op::parameter ? node.index + offset : node.index);
        stack.resize(stack.size() - node.arity);
        stack.push_back(made);
    }
    assert(stack.size() == 1);
    return stack.back();
}

namespace {

// Appends the tree of one graph node; `depth` never exceeds the node limit because every level writes a node.
class TreeWriter {
public:
    TreeWriter(const Graph& graph, std::size_t maximum_nodes) : graph_(graph), maximum_nodes_(maximum_nodes) {
        result_.values.assign(graph.values().begin(), graph.values().end());
    }

    Expression write(std::uint32_t root) {
        emit(root);
        return result_.compacted();
    }

private:
    void push(Op op, int arity, std::int32_t index) {
        std::size_t begin = result_.size();
        for (int k = 0; k < arity; ++k) begin -= result_.nodes[begin - 1].length;
        result_.nodes.push_back({.op = op,
                                 .arity = static_cast<std::uint8_t>(arity),
                                 .length = static_cast<std::uint32_t>(result_.size() + 1 - begin),
                                 .index = index});
        if (result_.size() > maximum_nodes_)
            throw Error("the formula written out as a tree is longer than " + std::to_string(maximum_nodes_) + " nodes");
    }

    void emit(std::uint32_t at) {
        const GraphNode& node = graph_.nodes()[at];
        const auto operands = graph_.operands(at);
        if (node.op == Op::linear) return emit_linear(node, operands);
        if (node.op == Op::sum || node.op == Op::product) {
            const Op op = node.op == Op::sum ? Op::add : Op::multiply;
            for (std::size_t k = 0; k < operands.size(); ++k) {
                emit(operands[k]);
                if (k > 0) push(op, 2, 0);
            }
            return;
        }
        for (const auto operand : operands) emit(operand);
        push(node.op, static_cast<int>(operands.size()), node.index);
    }

    void emit_linear(const GraphNode& node, std::span<const std::uint32_t> operands) {
        for (std::size_t k = 0; k < operands.size(); ++k) {
            push(Op::parameter, 0, node.index + static_cast<std::int32_t>(k));
            emit(operands[k]);
            push(Op::multiply, 2, 0);
            if (k > 0) push(Op::add, 2, 0);
        }
        push(Op::parameter, 0, node.index + static_cast<std::int32_t>(operands.size()));
        if (!operands.empty()) push(Op::add, 2, 0);
    }

    const Graph& graph_;
    std::size_t maximum_nodes_;
    Expression result_;
};

}  // namespace

Expression Graph::to_expression(std::size_t root, std::size_t maximum_nodes) const {
    return TreeWriter(*this, maximum_nodes).write(roots_[root]);
}

Graph to_graph(std::span<const Expression> outputs, std::span<const Definition> definitions) {
    Graph graph;
    for (const auto& output : outputs) graph.add_root(graph.add_expression(output, definitions));
    return graph;
}

Graph to_graph(const Expression& output, std::span<const Definition> definitions) {
    return to_graph(std::span(&output, 1), definitions);
}

}  // namespace balmer
