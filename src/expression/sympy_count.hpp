#pragma once

#include "balmer/expression.hpp"

namespace balmer {

/// Nodes of SymPy's preorder traversal of the formula as SymPy holds it after its automatic evaluation: flat sums and products with
/// like terms collected, -x = Mul(-1, x), x/y = Mul(x, Pow(y, -1)), sqrt(x) = Pow(x, 1/2), one node a rational, symbols without
/// assumptions. gauss, logistic, relu and the like are written out as in the sympy export; calls are functions.
int sympy_count(const Expression& expression);

}  // namespace balmer
