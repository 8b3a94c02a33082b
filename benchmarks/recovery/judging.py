"""Whether a formula is the law: SRBench's rule and the strict count, for a formula found on rows with or without noise.

Strict: the formula is the truth for values of its own constants near those found. As found, its root mean square difference to the truth on
fresh rows is below the noise (without noise: 1e-5 of the truth's spread, for sides in single precision); after one more fit of its constants, in double
precision and to the truth's values, it is below 1e-9 of the spread, and no constant could be left out. No offset and no factor is forgiven.
SRBench: with constants rounded to 3 digits, sympy finds the difference or the ratio to the truth constant within the
time limit, and R2 on fresh rows is above .5. Without noise a strict recovery counts as one too, so that sympy's limits don't decide.
"""
import numpy as np

import formulas

EXACT, SINGLE = 1e-9, 1e-5
SYMPY_SECONDS = 20
REFIT_SECONDS = 10


def judge(formula, clean, test, truth, noise, names):
    """{"r2", "strict", "srbench"} of a formula's text. `clean`: fitted rows with the truth's values in y; `test`: fresh rows of the same."""
    tree = formulas.parse(formula)
    result = {"r2": formulas.r2(tree, test, test["y"]), "strict": False, "srbench": False}
    if not near(tree, test, noise):
        return result
    result["strict"] = bool(difference(tree, test) < SINGLE + noise * np.sqrt(np.mean(test["y"] ** 2)) / np.std(test["y"])) and is_strict(tree, clean, test)
    result["srbench"] = result["strict"] and noise == 0
    if not result["srbench"] and result["r2"] > 0.5:
        result["srbench"] = formulas.srbench_equal(formulas.text(formulas.fold(tree)), truth, names, SYMPY_SECONDS) is True
    return result


def near(tree, test, noise):
    """Whether difference or ratio to the truth is about constant: only then can refitting or rounding make it so."""
    values = formulas.value(tree, test) * np.ones(len(test["y"]))
    tolerance = 3e-3 + 3 * noise
    with np.errstate(all="ignore"):
        ratio, difference = values / test["y"], values - test["y"]
        # A few rows near a pole must not decide.
        def spread(v):
            low, high = np.nanpercentile(v, (5, 95))
            return high - low

        return bool(spread(ratio) < 4 * tolerance * abs(np.nanmedian(ratio)) or spread(difference) < 4 * tolerance * np.nanstd(test["y"]))


def is_strict(tree, clean, test):
    fitted = formulas.within(REFIT_SECONDS, lambda: formulas.refit(formulas.fold(tree), clean, clean["y"])) or tree
    for candidate in (tree, fitted):
        if difference(candidate, test) < EXACT and not idle_constant(candidate, test):
            return True
    return False


def difference(tree, test):
    values = formulas.value(tree, test) * np.ones(len(test["y"]))
    return float(np.sqrt(np.mean((values - test["y"]) ** 2)) / np.std(test["y"]))


def idle_constant(tree, test):
    """Whether some constant could as well be 0: the formula has a part that the law has not."""
    def replaced(node, at):
        if node[0] == "c":
            at[0] -= 1
            return ("c", 0.0) if at[0] == -1 else node
        return node if node[0] == "v" else (node[0], *(replaced(part, at) for part in node[1:]))

    index = 0
    while True:
        at = [index]
        other = replaced(tree, at)
        if at[0] >= 0:
            return False
        if difference(other, test) < EXACT:
            return True
        index += 1
