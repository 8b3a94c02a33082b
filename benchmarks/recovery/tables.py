"""The rows of a problem: drawn from its ranges, along its trajectories or read from measurements."""
import io
import os
import pathlib

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import least_squares

import formulas
import problems

TEST_ROWS = 1000
FIRST_PRINCIPLES = pathlib.Path(os.environ.get("BALMER_FIRST_PRINCIPLES", problems.ROOT / ".." / "shared" / "data" / "first_principles"))


def rows_of(problem, noise, seed):
    """(table that the search sees, the same rows with the truth's values, fresh rows with the truth's values): name -> array, y the target."""
    if problem.table:
        return measured(problem)
    random = np.random.default_rng([seed, *map(ord, problem.name)])
    clean = trajectories(problem, random) if problem.system else drawn(problem, problem.rows, random)
    test = drawn(problem, TEST_ROWS, random) if not problem.system else trajectories(problem, random)
    seen = dict(clean)
    if noise > 0:
        size = np.abs(clean["y"]) if problem.relative else np.sqrt(np.mean(clean["y"] ** 2))
        seen["y"] = clean["y"] + noise * size * random.standard_normal(len(clean["y"]))
    return seen, clean, test


def drawn(problem, rows, random):
    """Rows of the box where the truth is finite."""
    if problem.inputs[0][0] == "grid":
        _, first, last, step = problem.inputs[0]
        columns = {"x1": first + step * np.arange(round((last - first) / step) + 1)} if rows == 0 else {"x1": random.uniform(first, last, rows)}
        return kept(problem, columns)[0]
    rows = rows or TEST_ROWS
    parts, have = [], 0
    while have < rows:
        part, count = kept(problem, {f"x{i + 1}": sample(random, one, 2 * rows) for i, one in enumerate(problem.inputs)})
        parts.append(part)
        have += count
        if len(parts) > 1000:
            raise ValueError(f"{problem.name}: the truth is finite nowhere in its box")
    return {name: np.concatenate([part[name] for part in parts])[:rows] for name in parts[0]}


def kept(problem, columns):
    with np.errstate(all="ignore"):
        y = formulas.value(formulas.parse(problem.truth), columns) * np.ones(len(columns["x1"]))
        good = np.isfinite(y) & ((y > problem.positive) if problem.positive > 0 else True)
    return {name: values[good] for name, values in columns.items()} | {"y": y[good]}, int(np.sum(good))


def sample(random, one, rows):
    kind, low, high = one
    if kind == "log":
        return np.exp(random.uniform(np.log(low), np.log(high), rows))
    if kind == "integer":
        return random.integers(low, high, rows, endpoint=True).astype(float)
    return random.uniform(low, high, rows)


def trajectories(problem, random):
    """States along four trajectories of the system, 100 each over 10 units of time."""
    names = [f"x{i + 1}" for i in range(len(problem.system))]
    rates = [formulas.parse(text) for text in problem.system]
    states = []
    while len(states) < 4:
        start = [random.uniform(low, high) for _, low, high in problem.inputs]
        path = solve_ivp(lambda _, s: [float(formulas.value(rate, dict(zip(names, map(np.float64, s))))) for rate in rates], (0, 10), start,
                         t_eval=np.linspace(0, 10, 100), rtol=1e-8, atol=1e-10)
        if path.success and np.all(np.isfinite(path.y)):
            states.append(path.y)
    return kept(problem, dict(zip(names, np.concatenate(states, axis=1))))[0]


def measured(problem):
    """Measurements; their truth is the law with its constants fitted to them."""
    if problem.table.endswith(".csv"):
        text = (FIRST_PRINCIPLES / problem.table).read_text()
    else:
        text = problem.table
    x, y = np.loadtxt(io.StringIO(text), delimiter=",", skiprows=1, unpack=True)
    if problem.name == "leavitt":
        x = 10.0**x  # the file has log10 of the period
    if problem.name == "tully-fisher":
        y = 3.828e26 * 10 ** (-0.4 * y)  # magnitude -> W
    columns = {"x1": x}
    law = fitted_law(problem, columns, y)
    return columns | {"y": y}, columns | {"y": law}, columns | {"y": law}


def fitted_law(problem, columns, y):
    """Values of the truth with its named constants fitted, to the logarithms where errors are relative."""
    tree = formulas.parse(problem.truth)
    names = sorted(formulas.variables(tree) - set(columns))
    transform = np.log if problem.relative else np.asarray

    def values(p):
        return formulas.value(tree, columns | {name: np.float64(np.exp(v) if problem.relative else v) for name, v in zip(names, p)})

    start = [np.log(np.median(y) / np.median(values([0.0] * len(names))))] if problem.relative else [1.0] * len(names)
    return values(least_squares(lambda p: transform(values(p)) - transform(y), start, x_scale="jac").x)
