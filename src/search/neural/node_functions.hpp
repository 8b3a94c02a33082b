#pragma once

#include <array>
#include <span>
#include <vector>

#include "balmer/evaluate.hpp"
#include "search/neural/layout.hpp"

namespace balmer::neural {

/// The obvious meaning of a node's operator: value and partial derivatives from the operator table (or the user's formula).
class NodeFunction {
public:
    NodeFunction(NodeOperator op, std::span<const Definition> definitions);

    int arity() const { return arity_; }
    double value(double a, double b = 0) const;
    double derivative(int argument, double a, double b = 0) const;
    /// Roots value, d/da (and d/db) over features a (and b).
    const Graph& graph() const { return graph_; }
    /// The operator over operands.
    static Expression applied(NodeOperator op, std::span<const Expression> operands);

private:
    std::vector<double> roots(double a, double b) const;

    int arity_;
    Graph graph_;
};

/// Operators that hidden layers are dealt from.
struct Palette {
    std::vector<NodeOperator> unary, binary;
    std::vector<std::string> left_out;  ///< names of operators whose domain is not all real numbers
};
/// Of a problem's operators those that a network can train: smooth ones that are defined everywhere. Throws balmer::Error when an operator
/// has no derivative, + or * is missing, or nothing is left.
Palette make_palette(std::span<const Op> operators, std::span<const Definition> definitions);

}  // namespace balmer::neural
