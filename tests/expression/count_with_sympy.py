"""Prints the nodes of SymPy's preorder traversal of each formula of a file, or -1 where SymPy leaves the real numbers."""
import sys

import sympy

NAMES = {name: sympy.Symbol(name) for name in ("x0", "x1", "x2")}
NAMES["gauss"] = lambda x: sympy.exp(-(x**2))
NAMES["e"] = sympy.E

for line in open(sys.argv[1]):
    formula = sympy.sympify(line.strip().replace("^", "**"), locals=NAMES)
    outside = formula.has(sympy.I, sympy.zoo, sympy.nan, sympy.oo)
    print(-1 if outside else sum(1 for _ in sympy.preorder_traversal(formula)))
