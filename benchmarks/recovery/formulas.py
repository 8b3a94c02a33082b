"""Formulas as both sides print them: parse, fold constants, count by `tree`, evaluate, refit, compare with the truth.

A formula is a nested tuple: ("c", value), ("v", name), (operator, operand, ...); operators are + - * / ^, neg and
function names. Sizes are those of balmer's `tree` measure: nodes of the binary tree, where x^2, x^3 and 1/x are one
operator on x and a negative number is one constant.
"""
import ast
import math
import signal

import numpy as np
from scipy.optimize import least_squares

FUNCTIONS = {
    "abs": np.abs, "sqrt": np.sqrt, "exp": np.exp, "log": np.log, "sin": np.sin, "cos": np.cos, "tan": np.tan,
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh,
    "cbrt": np.cbrt, "square": np.square, "arcsin": np.arcsin, "arccos": np.arccos, "arctan": np.arctan,
    "min": np.minimum, "max": np.maximum, "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide,
}
BINARY = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "^"}
LEVEL = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 2, "^": 4}


def parse(text):
    """The tuple of a printed formula; ^ and ** both mean power."""

    def convert(node):
        if isinstance(node, ast.Constant):
            return ("c", float(node.value))
        if isinstance(node, ast.Name):
            return ("c", math.pi) if node.id == "pi" else ("v", node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            operand = convert(node.operand)
            return ("c", -operand[1]) if operand[0] == "c" else ("neg", operand)
        if isinstance(node, ast.BinOp):
            return (BINARY[type(node.op)], convert(node.left), convert(node.right))
        if isinstance(node, ast.Call) and node.func.id in FUNCTIONS:
            return (node.func.id, *map(convert, node.args))
        raise ValueError(f"not understood: {ast.dump(node)} in {text}")

    return convert(ast.parse(text.replace("^", "**"), mode="eval").body)


def size(tree):
    """Nodes by balmer's `tree` measure."""
    if tree[0] in "cv":
        return 1
    if tree[0] == "^" and tree[2] in (("c", 2.0), ("c", 3.0)):
        return 1 + size(tree[1])
    if tree[0] == "/" and tree[1] == ("c", 1.0):
        return 1 + size(tree[2])
    return 1 + sum(map(size, tree[1:]))


def fold(tree):
    """The same formula with the constants of each product and each sum merged into one."""
    if tree[0] in "cv":
        return tree
    tree = (tree[0], *map(fold, tree[1:]))
    if all(part[0] == "c" for part in tree[1:]):
        constant = float(value(tree, {}))
        return ("c", constant) if math.isfinite(constant) else tree
    if tree[0] in ("*", "/", "neg"):
        return fold_product(tree)
    if tree[0] == "^" and tree[2][0] == "c" and tree[2][1].is_integer():
        factor, rest = split_factor(tree[1])
        if rest is not tree[1] and factor != 0:  # (c*x)^2 = c^2*x^2
            return fold_product(("*", ("c", factor ** tree[2][1]), ("^", rest, tree[2])))
    return fold_sum(tree) if tree[0] in "+-" else tree


def split_factor(tree):
    """(leading constant factor, the rest) of a folded product; (1, tree itself) of anything else."""
    if tree[0] == "neg":
        return -1.0, tree[1]
    if tree[0] in "*/":
        if tree[0] == "*" and tree[1][0] == "c":
            return tree[1][1], tree[2]
        factor, rest = split_factor(tree[1])
        if rest is not tree[1]:
            return factor, (tree[0], rest, tree[2])
    return 1.0, tree


def variables(tree):
    """Names of the variables."""
    return {tree[1]} if tree[0] == "v" else set() if tree[0] == "c" else set().union(*map(variables, tree[1:]))


def chain(operator, parts):
    result = parts[0]
    for part in parts[1:]:
        result = (operator, result, part)
    return result


def fold_product(tree):
    above, below, factor = [], [], 1.0

    def collect(node, inverse):
        nonlocal factor
        if node[0] == "c":
            factor = float(np.divide(factor, node[1]) if inverse else factor * node[1])
        elif node[0] == "*":
            collect(node[1], inverse)
            collect(node[2], inverse)
        elif node[0] == "/":
            collect(node[1], inverse)
            collect(node[2], not inverse)
        elif node[0] == "neg":
            factor = -factor
            collect(node[1], inverse)
        else:
            (below if inverse else above).append(node)

    with np.errstate(all="ignore"):
        collect(tree, False)
    if not math.isfinite(factor):
        return tree
    if not above or factor not in (1.0, -1.0):
        above.insert(0, ("c", factor))
        factor = 1.0
    result = chain("*", above)
    if below:
        result = ("/", result, chain("*", below))
    return ("neg", result) if factor == -1.0 else result


def fold_sum(tree):
    plus, minus, offset = [], [], 0.0

    def collect(node, negative):
        nonlocal offset
        if node[0] == "c":
            offset += -node[1] if negative else node[1]
        elif node[0] in "+-":
            collect(node[1], negative)
            collect(node[2], negative != (node[0] == "-"))
        elif node[0] == "neg":
            collect(node[1], not negative)
        else:
            (minus if negative else plus).append(node)

    collect(tree, False)
    if offset != 0 or not (plus or minus):
        plus.append(("c", offset))
    if not plus:
        return ("neg", chain("+", minus))
    return chain("-", [chain("+", plus), *minus])


def text(tree, level=0):
    """Prints a tuple, constants with 17 digits."""
    if tree[0] == "c":
        return repr(tree[1]) if tree[1] >= 0 else f"({tree[1]!r})"
    if tree[0] == "v":
        return tree[1]
    own = LEVEL.get(tree[0])
    if own is None:
        return f"{tree[0]}({', '.join(map(text, tree[1:]))})"
    if tree[0] == "neg":
        result = "-" + text(tree[1], 3)
    elif tree[0] == "^":
        result = f"{text(tree[1], 5)}^{text(tree[2], 5)}"
    else:
        result = f"{text(tree[1], own)}{tree[0]}{text(tree[2], own + 1)}"
    return f"({result})" if own < level else result


def value(tree, columns):
    """Values in double precision; columns: name -> array."""
    if tree[0] == "c":
        return tree[1]
    if tree[0] == "v":
        return columns[tree[1]]
    with np.errstate(all="ignore"):
        operands = [np.float64(v) if isinstance(v, float) else v for v in (value(part, columns) for part in tree[1:])]
        if tree[0] == "neg":
            return -operands[0]
        if tree[0] in LEVEL:
            left, right = operands
            return {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "^": np.power}[tree[0]](left, right)
        return FUNCTIONS[tree[0]](*operands)


def r2(tree, columns, target):
    prediction = value(tree, columns)
    with np.errstate(all="ignore"):
        result = 1 - np.mean((target - prediction) ** 2) / np.var(target)
    return float(result) if np.isfinite(result) else -math.inf


def refit(tree, columns, target):
    """The same formula with its constants fitted once more in double precision (pyoperon works in single)."""
    found = []

    def gather(node):
        if node[0] == "c":
            found.append(node[1])
        elif node[0] == "^" and node[2][0] == "c" and node[2][1].is_integer():
            gather(node[1])
        elif node[0] != "v":
            for part in node[1:]:
                gather(part)

    def rebuild(node, values):
        if node[0] == "c":
            return ("c", float(next(values)))
        if node[0] == "^" and node[2][0] == "c" and node[2][1].is_integer():
            return ("^", rebuild(node[1], values), node[2])
        return node if node[0] == "v" else (node[0], *(rebuild(part, values) for part in node[1:]))

    gather(tree)
    if not found or len(found) >= len(target):
        return tree
    scale = np.std(target)

    def residuals(constants):
        difference = (value(rebuild(tree, iter(constants)), columns) - target) / scale
        return np.where(np.isfinite(difference), difference, 1e6) * np.ones(len(target))

    try:
        fitted = least_squares(residuals, found, method="lm", x_scale="jac", ftol=1e-15, xtol=1e-15, gtol=1e-15, max_nfev=200 * len(found))
    except (ValueError, np.linalg.LinAlgError):
        return tree
    better = rebuild(tree, iter(fitted.x))
    return better if r2(better, columns, target) >= r2(tree, columns, target) else tree


class Late(Exception):
    pass


def within(seconds, function):
    """function(), or None when it takes longer (or fails)."""

    def stop(*_):
        raise Late

    previous = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return function()
    except Exception:  # sympy fails in many ways on what searches find; none of them is a recovery
        return None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def srbench_equal(found, truth, names, seconds=20):
    """SRBench's rule: with constants rounded to 3 digits the difference or the ratio to the truth is a constant.

    found and truth are texts. None: no answer within the time.
    """
    import sympy

    symbols = {name: sympy.Symbol(name, positive=True) for name in names}

    def rounded(expression):
        for number in expression.atoms(sympy.Float):
            near = sympy.Integer(0) if abs(number) < 1e-4 else sympy.Float(round(float(number), 3), 3)
            expression = expression.subs(number, near)
        return expression

    def decide():
        model = rounded(sympy.sympify(found.replace("^", "**"), locals=symbols))
        wanted = sympy.sympify(truth.replace("^", "**"), locals=symbols)
        for relation in (wanted / model, wanted - model):
            for form in (rounded(relation), rounded(sympy.simplify(rounded(relation)))):
                if form.is_finite is not False and form != 0 and not form.free_symbols:
                    return True
                if form == 0 and relation == wanted - model:
                    return True
        return False

    return within(seconds, decide)
