#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "balmer/expression.hpp"

namespace balmer {

/// How formulas are weighed.
/// `tree`: nodes of the binary tree, as PySR counts (x^5 counts base, exponent and power). `sympy`: nodes of SymPy's preorder traversal of the
/// sympified formula (n-ary sums and products, -x = Mul(-1, x), 1/x = Pow(x, -1), exp one node, coefficient -1 counted), as the SymbolNet paper counts.
/// `cycles`: sum of clock cycles per operator, each leaf 1. Weights from a file: `operator,weight` lines, operators not listed as in `tree`;
/// `negate` is the unary minus, `constant` and `variable` are the leaves.
class ComplexityMeasure {
public:
    /// `name`: tree, sympy, cycles (arXiv 2305.04099), cycles:16,6 (a column of operator_cycles_vu9p.csv), or the path of a weights file.
    /// Throws balmer::Error for anything else.
    static ComplexityMeasure from_name(const std::string& name);
    /// A cost computed elsewhere, for all outputs together (what they share counts once); `name` is what the checkpoint keeps.
    /// `cost` must be a function of the formulas alone, callable from several threads.
    static ComplexityMeasure from_cost(std::string name, std::function<int(std::span<const Expression>)> cost);
    ComplexityMeasure();  ///< tree

    const std::string& name() const { return name_; }
    /// The complexity of one formula.
    int operator()(const Expression& expression) const;
    /// Whether the measure is a sum of weights per node (all but `sympy` and costs computed elsewhere).
    bool additive() const { return kind_ != Kind::sympy && kind_ != Kind::external; }
    /// What one node adds, operands apart; where the measure is no sum, the weight in `tree`. `index` as in Node.
    int weight(Op op, std::int32_t index = 0) const;
    /// k outputs: the sum, or the cost of all together. The published multi-class figures divide it by k.
    int total(std::span<const Expression> outputs) const;

private:
    enum class Kind : std::uint8_t { weights, cycles, sympy, external };
    Kind kind_ = Kind::weights;
    std::string name_ = "tree";
    std::array<int, op_count> weight_{};
    std::function<int(std::span<const Expression>)> cost_;
};

}  // namespace balmer
