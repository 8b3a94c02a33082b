#pragma once

#include <array>
#include <span>
#include <vector>

#include "balmer/evaluate.hpp"
#include "search/neural/domain.hpp"
#include "search/neural/layout.hpp"

namespace balmer::neural {

/// The obvious meaning of a node's operator: value and partial derivatives from the operator table (or the user's formula).
class NodeFunction {
public:
    NodeFunction(NodeOperator op, std::span<const Definition> definitions, Domain domain = Domain::exact);

    int arity() const { return arity_; }
    double value(double a, double b = 0) const;
    double derivative(int argument, double a, double b = 0) const;
    /// Whether operands have been moved anywhere: guarded, and not defined for all numbers.
    bool is_restricted() const { return is_restricted_; }
    /// How far the operands lie outside the domain, and its derivatives; 0 where is_restricted() is false.
    double outside(double a, double b = 0) const;
    double outside_derivative(int argument, double a, double b = 0) const;
    /// Biases from which operands of deviation 1/2 stay inside the domain, near 0.
    std::array<double, 2> start() const;
    /// Roots value, d/da (and d/db) over features a (and b); where is_restricted(), `outside` and its derivatives follow.
    const Graph& graph() const { return graph_; }
    /// The operator over operands.
    static Expression applied(NodeOperator op, std::span<const Expression> operands);

private:
    std::vector<double> roots(double a, double b) const;

    int arity_;
    bool is_restricted_ = false;
    Graph graph_;
};

/// Operators that hidden layers are dealt from.
struct Palette {
    std::vector<NodeOperator> unary, binary;
    std::vector<std::string> left_out;  ///< names of operators that no network can train
};
/// Of a problem's operators those that a network can train: with a derivative, finite for all numbers once guarded. Throws balmer::Error when an operator
/// has no derivative, + or * is missing, or nothing is left.
Palette make_palette(std::span<const Op> operators, std::span<const Definition> definitions);

}  // namespace balmer::neural
