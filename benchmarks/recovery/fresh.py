"""Fresh formulas: random ones with the grammar and the sizes of the Feynman set, never seen by anybody (docs/fresh_formulas.md)."""
import collections
import dataclasses

import numpy as np

import formulas

SHIFTED, SCALED = ("sin", "cos", "log"), ("exp", "tanh")  # functions that get arbitrary constants
LARGEST_ARGUMENT = 30.0
TRANSCENDENTAL = ("exp", "log", "sin", "cos", "tanh", "asin", "acos")


@dataclasses.dataclass(frozen=True)
class Kind:
    """arbitrary: the argument of one function has a factor, and where that says more an addend, of three random digits."""

    arbitrary: bool


KINDS = {"fresh": Kind(False), "constants": Kind(True)}


@dataclasses.dataclass
class Grammar:
    """Frequencies counted in the known formulas."""

    shapes: list  # (size, number of variables, inputs), one of each known formula
    unary: collections.Counter  # operators of one operand, squares and inverses among them
    binary: collections.Counter
    constants: collections.Counter
    share_of_unary: float
    share_of_constants: float


def count_grammar(known):
    unary, binary, constants, leaves = collections.Counter(), collections.Counter(), collections.Counter(), collections.Counter()
    shapes = []

    def visit(tree):
        if tree[0] in "cv":
            leaves[tree[0]] += 1
            if tree[0] == "c" and np.isfinite(tree[1]) and tree[1] != 0:
                constants[abs(tree[1])] += 1
            return
        if tree[0] == "^" and tree[2][0] == "c":
            unary[f"^{tree[2][1]:g}"] += 1
            return visit(tree[1])
        if tree[0] == "/" and tree[1] == ("c", 1.0):
            unary["^-1"] += 1
            return visit(tree[2])
        if tree[0] != "neg":
            (unary if len(tree) == 2 else binary)[tree[0]] += 1
        for part in tree[1:]:
            visit(part)

    for truth, inputs in known:
        tree = formulas.fold(formulas.parse(truth))
        visit(tree)
        shapes.append((formulas.size(tree), inputs))
    ones, twos = sum(unary.values()), sum(binary.values())
    return Grammar(shapes, unary, binary, constants, ones / (ones + twos), leaves["c"] / sum(leaves.values()))


def draw(random, counter):
    names = sorted(counter, key=str)
    weights = np.array([counter[name] for name in names], dtype=float)
    return names[random.choice(len(names), p=weights / weights.sum())]


def grow(random, grammar, size, inside_function):
    """A tree of that size, leaves not yet chosen."""
    if size == 1:
        return ("leaf",)
    if size == 2 or random.random() < grammar.share_of_unary:
        name = draw(random, grammar.unary)
        while name in TRANSCENDENTAL and inside_function:
            name = draw(random, grammar.unary)
        operand = grow(random, grammar, size - 1, inside_function or name in TRANSCENDENTAL)
        return ("^", operand, ("c", float(name[1:]))) if name[0] == "^" else (name, operand)
    left = int(random.integers(1, size - 1))
    return (draw(random, grammar.binary), grow(random, grammar, left, inside_function), grow(random, grammar, size - 1 - left, inside_function))


def leaves_of(tree):
    return 1 if tree[0] == "leaf" else 0 if tree[0] == "c" else sum(leaves_of(part) for part in tree[1:])


def fill(random, grammar, tree, variables):
    """Variables and constants at the leaves: every variable once, the rest as they fall."""
    count = leaves_of(tree)
    if count < variables:
        return None
    chosen = [("v", f"x{i + 1}") for i in range(variables)]
    while len(chosen) < count:
        if random.random() < grammar.share_of_constants:
            chosen.append(("c", float(draw(random, grammar.constants))))
        else:
            chosen.append(("v", f"x{random.integers(variables) + 1}"))
    order = iter(random.permutation(count))

    def place(node):
        if node[0] == "leaf":
            return chosen[next(order)]
        return node if node[0] == "c" else (node[0], *(place(part) for part in node[1:]))

    return place(tree)


def digits3(random, low, high):
    return float(f"{random.uniform(low, high):.3g}")


def functions_in(tree):
    return 0 if tree[0] in "cv" else (tree[0] in SHIFTED + SCALED) + sum(functions_in(part) for part in tree[1:])


def with_constants(random, tree):
    """One function f(u), chosen at random, becomes f(c*u + d); exp and tanh f(c*u). Constants of three digits."""
    chosen = iter(np.arange(functions_in(tree)) == random.integers(functions_in(tree)))

    def visit(node):
        if node[0] in "cv":
            return node
        here = node[0] in SHIFTED + SCALED and next(chosen)
        node = (node[0], *(visit(part) for part in node[1:]))
        if not here:
            return node
        inner = ("*", ("c", digits3(random, 0.3, 3)), node[1])
        return (node[0], ("+", inner, ("c", digits3(random, 0.2, 2))) if node[0] in SHIFTED else inner)

    return visit(tree)


def acceptable(tree, size, inputs, rng):
    """Whether the formula is as large as wanted once constants are folded, defined on most of its box, and leans on every variable."""
    folded = formulas.fold(tree)
    if abs(formulas.size(folded) - size) > 2 or superfluous(folded):
        return False
    columns = {f"x{i + 1}": rng.uniform(low, high, 400) for i, (_, low, high) in enumerate(inputs)}
    if not gentle(folded, columns):
        return False
    values = formulas.value(folded, columns) * np.ones(400)
    good = np.isfinite(values) & (np.abs(values) < 1e6)
    if np.mean(good) < 0.5 or not np.std(values[good]) > 1e-3 * np.max(np.abs(values[good])):
        return False
    if not np.median(np.abs(values[good])) > 1e-4 * np.max(np.abs(values[good])):
        return False
    for name in columns:
        other = columns | {name: rng.permutation(columns[name])}
        moved = formulas.value(folded, other) * np.ones(400)
        both = good & np.isfinite(moved)
        if not np.any(both) or not np.std(moved[both] - values[both]) > 0.02 * np.std(values[good]):
            return False
    return True


def factors(tree):
    """Bases of a product, powers opened."""
    if tree[0] in "*/":
        return factors(tree[1]) + factors(tree[2])
    return factors(tree[1]) if tree[0] == "^" and tree[2][0] == "c" else [tree]


def terms(tree):
    return terms(tree[1]) + terms(tree[2]) if tree[0] in "+-" else [tree]


def gentle(tree, columns):
    """Whether no function's argument leaves what a sample can resolve: a few periods, a few decades."""
    if tree[0] in "cv":
        return True
    if tree[0] in TRANSCENDENTAL and not np.nanmax(np.abs(formulas.value(tree[1], columns))) < LARGEST_ARGUMENT:
        return False
    return all(gentle(part, columns) for part in tree[1:])


def superfluous(tree):
    """Whether a part says nothing or repeats another: x - x, x*x^2, log(exp), a square under its root, a function of a constant."""
    if tree[0] in "cv":
        return False
    if all(part[0] == "c" for part in tree[1:]) or (len(tree) == 3 and tree[1] == tree[2]):
        return True
    parts = factors(tree) if tree[0] in "*/^" else terms(tree)
    if len(set(parts)) < len(parts):
        return True
    undone = {("log", "exp"), ("exp", "log"), ("sqrt", "^"), ("^", "sqrt"), ("^", "^"), ("asin", "sin"), ("acos", "cos"), ("sin", "asin"), ("cos", "acos")}
    if (tree[0], tree[1][0]) in undone:
        return True
    return any(superfluous(part) for part in tree[1:])


def formulas_of(known, seed, kind):
    """Endless acceptable (truth, inputs)."""
    grammar = count_grammar(known)
    random = np.random.default_rng(seed)
    while True:
        size, inputs = grammar.shapes[random.integers(len(grammar.shapes))]
        for _ in range(2000):
            tree = grow(random, grammar, size, False)
            tree = fill(random, grammar, tree, len(inputs))
            if tree is None:
                continue
            if kind.arbitrary and functions_in(tree) == 0 or not acceptable(tree, size, inputs, random):
                continue
            if kind.arbitrary:
                tree = with_constants(random, tree)
                if functions_in(formulas.fold(tree)) == 0 or not acceptable(tree, formulas.size(formulas.fold(tree)), inputs, random):
                    continue
            yield formulas.text(formulas.fold(tree)), inputs
            break


def drawn(known, seed, count, kind):
    found, seen = [], set()
    for truth, inputs in formulas_of(known, seed, kind):
        if truth not in seen:
            seen.add(truth)
            found.append((truth, inputs))
        if len(found) == count:
            return found
