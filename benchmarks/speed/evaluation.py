#!/usr/bin/env python3
"""Evaluation and constant fits: balmer against pyoperon and numpy, the same random formulas, alternating in one run.

Needs numpy and pyoperon in the Python that runs it (pip install numpy pyoperon==0.6.2, in an environment of its own)
and the program of evaluation.cpp (cmake --build build --target bench_speed_evaluation).

    python benchmarks/speed/evaluation.py build/benchmarks/speed/evaluation --output benchmarks/results/evaluation.md
"""
import argparse
import functools
import importlib.metadata
import operator
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import pyoperon as operon

FEATURES = 10
SETS = {
    "arithmetic": ["Add", "Sub", "Mul", "Div"],
    "mixed": ["Add", "Sub", "Mul", "Div", "Exp", "Log", "Sin", "Cos", "Sqrt", "Square"],
}
FUNCTIONS = {"exp": np.exp, "log": np.log, "sin": np.sin, "cos": np.cos, "sqrt": np.sqrt}


def make_data(rows, seed=1):
    generator = np.random.default_rng(seed)
    data = np.asfortranarray(generator.uniform(0.5, 2, (rows, FEATURES + 1)).astype(np.float32))
    return data


def make_problem(dataset, rows):
    """pyoperon's problem: the last column from the others, all rows."""
    variables = sorted(dataset.Variables, key=lambda v: v.Index)
    problem = operon.Problem(dataset)
    problem.TrainingRange = operon.Range(0, rows)
    problem.TestRange = operon.Range(0, rows)
    problem.Target = variables[FEATURES]
    problem.InputHashes = [v.Hash for v in variables[:FEATURES]]
    return problem


def make_trees(names, dataset, data, count, seed=7):
    """Random trees, lengths 10 to 50, finite (and of moderate size) on all rows."""
    problem = make_problem(dataset, data.shape[0])
    problem.ConfigurePrimitiveSet(functools.reduce(operator.or_, [getattr(operon.NodeType, n) for n in names + ["Constant", "Variable"]]))
    primitives = problem.PrimitiveSet
    if len(names) > 4:  # about 15 % of the nodes are functions
        for name in names:
            primitives.SetFrequency(getattr(operon.Node, name)(), 2 if name in SETS["arithmetic"] else 1)
    creator = operon.BalancedTreeCreator(primitives, problem.InputHashes, 0.0)
    initializer = operon.NormalCoefficientInitializer()
    initializer.ParameterizeDistribution(0, 1)
    random = operon.RandomGenerator(seed)
    lengths = np.random.default_rng(seed)
    every = operon.Range(0, data.shape[0])
    trees = []
    while len(trees) < count:
        tree = creator(random, int(lengths.integers(10, 51)), 0, 1000)
        initializer(random, tree)
        values = np.asarray(operon.Evaluate(tree, dataset, every))
        if np.all(np.isfinite(values)) and np.abs(values).max() < 1e6:
            trees.append(tree)
    return trees


def formula(tree, dataset):
    return operon.InfixFormatter.Format(tree, dataset, 9)


class Balmer:
    """The other side: one line of input, one line of answer."""

    def __init__(self, program, folder):
        self.process = subprocess.Popen([program, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"the balmer side ended at '{line}'")
        return answer.strip()

    def ask(self, line):
        return [float(x) for x in self.say(line).split()]


def check(balmer, trees, dataset, rows):
    """Both sides' predictions agree to float precision before anything is timed. A formula that loses its digits in float (ours in float and
    in double differ) proves nothing and is counted apart."""
    every = operon.Range(0, rows)
    worst = 0.0
    lossy = 0
    for index, tree in enumerate(trees):
        theirs = np.asarray(operon.Evaluate(tree, dataset, every), dtype=np.float64)
        ours, exact = (np.array(balmer.ask(f"values {kind} {index} {rows}")) for kind in ("float", "double"))
        size = np.abs(exact).max() + 1e-30
        if np.abs(ours - exact).max() > 1e-5 * size:
            lossy += 1
            continue
        difference = np.abs(ours - theirs).max() / size
        worst = max(worst, difference)
        if difference > 1e-3:
            raise SystemExit(f"formula {index} differs: ours {ours[:3]}, theirs {theirs[:3]}, in double {exact[:3]}")
    return worst, lossy


def numpy_functions(texts):
    import re
    names = ", ".join(f"X{k + 1}" for k in range(FEATURES))
    number = re.compile(r"(?<![\w.])(\d+\.?\d*(?:e[+-]?\d+)?)(?![\w.])")
    return [eval(f"lambda {names}: " + number.sub(r"np.float32(\1)", text.replace("^", "**")), dict(FUNCTIONS, np=np)) for text in texts]


def spread(times):
    ordered = sorted(times)
    return ordered[len(ordered) // 4], statistics.median(ordered), ordered[3 * len(ordered) // 4]


def time_row(balmer, trees, functions, dataset, data, rows, rounds, work):
    """Seconds of every contender, alternating; returns name -> list of seconds."""
    every = operon.Range(0, rows)
    result = np.empty((len(trees), rows), dtype=np.float32)
    columns = [np.ascontiguousarray(data[:rows, k]) for k in range(FEATURES)]
    contenders = {
        "pyoperon EvaluateTrees": lambda: timed(lambda: operon.EvaluateTrees(trees, dataset, every, result, 1)),
        "balmer float, written": lambda: balmer.ask(f"time predict float {rows} ready")[0],
        "balmer float, written, compiled each time": lambda: balmer.ask(f"time predict float {rows} compile")[0],
        "balmer float, loss": lambda: balmer.ask(f"time loss float {rows} ready")[0],
        "balmer float, loss, compiled each time": lambda: balmer.ask(f"time loss float {rows} compile")[0],
        "balmer double, written": lambda: balmer.ask(f"time predict double {rows} ready")[0],
        "balmer double, loss": lambda: balmer.ask(f"time loss double {rows} ready")[0],
        "balmer double, loss, gradient and J'J": lambda: balmer.ask(f"time gradient double {rows} ready")[0],
    }
    times = {name: [] for name in contenders}
    for turn in range(rounds + 1):
        for name, run in contenders.items():
            seconds = run()
            if turn > 0:  # the first round warms both sides up
                times[name].append(seconds)
    some = min(len(functions), 100)
    times["numpy float32 (100 formulas)"] = []
    for _ in range(3):
        seconds = timed(lambda: [f(*columns) for f in functions[:some]])
        times["numpy float32 (100 formulas)"].append(seconds * work / sum(t.Length for t in trees[:some]))
    return times


def timed(call):
    begin = time.process_time()
    call()
    return time.process_time() - begin


def fit_rows(balmer, trees, dataset, data, rows, iterations, rounds, count):
    """Whole fits of `count` formulas to the last column; seconds and losses of both sides."""
    random = operon.RandomGenerator(1)
    problem = make_problem(dataset, rows)
    dispatch = operon.DispatchTable()
    levenberg_marquardt = operon.LMOptimizer(dispatch, problem, iterations)
    optimizer = operon.CoefficientOptimizer(levenberg_marquardt)
    target = data[:rows, FEATURES].astype(np.float64)
    every = operon.Range(0, rows)
    theirs, ours = [], []
    for _ in range(rounds):
        seconds = 0.0
        loss_theirs = []
        for tree in trees[:count]:
            begin = time.process_time()
            fitted, _ = optimizer(random, tree)
            seconds += time.process_time() - begin
            values = np.asarray(operon.Evaluate(fitted, dataset, every), dtype=np.float64)
            loss_theirs.append(np.mean((values - target) ** 2))
        theirs.append(seconds)
        answer = balmer.ask(f"fit {rows} {iterations} 0 {count}")
        ours.append(answer[0])
        loss_ours = answer[1:]
    return theirs, ours, loss_theirs, loss_ours


def processor():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--trees", type=int, default=1000)
    parser.add_argument("--rows", type=int, nargs="*", default=[1000, 10000, 100000])
    parser.add_argument("--fits", type=int, default=300)
    parser.add_argument("--output", type=pathlib.Path)
    options = parser.parse_args()
    lines = []

    def say(text=""):
        print(text, flush=True)
        lines.append(text)

    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True).stdout.strip() or "unknown"
    compiler = subprocess.run(["c++", "--version"], capture_output=True, text=True).stdout.splitlines()[0]
    say("# Evaluation and constant fits\n")
    say(f"    python benchmarks/speed/evaluation.py {options.program} --rounds {options.rounds} --trees {options.trees}"
        f" --rows {' '.join(map(str, options.rows))} --fits {options.fits}\n")
    say(f"{processor()}; {compiler}; commit {commit}; one thread each side; pyoperon {importlib.metadata.version('pyoperon')}, float32; CPU time of both sides.")
    say("1e9 nodes x rows a second, leaves counted: median of the rounds [quartiles]. A variable with its weight is one node for pyoperon "
        "and three for us (weight, variable, product); both are counted as pyoperon's nodes here, so the ratio is that of times. "
        "Share of the peak: operators (products with weights included, every function one) against separate multiplications and additions in "
        "registers, half as many in double.\n")
    data = make_data(max(options.rows))
    dataset = operon.Dataset(data)
    for name, primitives in SETS.items():
        trees = make_trees(primitives, dataset, data, options.trees)
        texts = [formula(t, dataset) for t in trees]
        functions = numpy_functions(texts)
        nodes = sum(t.Length for t in trees)
        with tempfile.TemporaryDirectory() as folder:
            base = pathlib.Path(folder)
            (base / "formulas.txt").write_text("\n".join(texts) + "\n")
            (base / "shape.txt").write_text(f"{data.shape[0]} {FEATURES}\n")
            (base / "columns.bin").write_bytes(data.tobytes(order="F"))
            balmer = Balmer(options.program, folder)
            worst, lossy = check(balmer, trees, dataset, 1000)
            own = sum(balmer.ask("nodes"))
            peak = balmer.ask("peak")[0]
            operations = sum(balmer.ask("operations"))
            say(f"## {name}: {' '.join(primitives)}, {len(trees)} trees, {nodes / len(trees):.1f} nodes each ({own / len(trees):.1f} in our trees)\n")
            say(f"Agreement: largest difference {worst:.1e} of a formula's largest value; {lossy} formulas that lose "
                "digits in float (ours in float and double differ by more than 1e-5) left out of it. "
                f"Float peak of this core, multiply and add, {balmer.say('set')}: {peak:.0f} GFLOP/s; {operations / len(trees):.1f} operators each.\n")
            say("| rows | contender | 1e9 node x rows/s | times pyoperon | share of the peak |\n|---|---|---|---|---|")
            for rows in options.rows:
                times = time_row(balmer, trees, functions, dataset, data, rows, options.rounds, nodes)
                reference = statistics.median(times["pyoperon EvaluateTrees"])
                for contender, seconds in times.items():
                    low, middle, high = spread(seconds)
                    speed = [nodes * rows / s * 1e-9 for s in (high, middle, low)]
                    allowed = peak / 2 if "double" in contender else peak
                    share = "" if "J'J" in contender or not peak else f"{operations * rows / middle * 1e-7 / allowed:.0f} %"
                    say(f"| {rows:,} | {contender} | {speed[1]:.2f} [{speed[0]:.2f}, {speed[2]:.2f}] | {reference / middle:.2f} | {share} |")
            say()
            if options.fits:
                say(f"Constant fits, {options.fits} of these formulas, target a column of noise:\n")
                say("| rows | iterations | pyoperon fits/s | balmer fits/s | ratio | median loss theirs / ours | 90th percentile |\n|---|---|---|---|---|---|---|")
                for iterations in (5, 10):
                    theirs, ours, loss_theirs, loss_ours = fit_rows(balmer, trees, dataset, data, 1000, iterations, 3, options.fits)
                    a, b = options.fits / statistics.median(theirs), options.fits / statistics.median(ours)
                    say(f"| 1,000 | {iterations} | {a:.0f} | {b:.0f} | {b / a:.2f} | {np.median(loss_theirs):.6g} / {np.median(loss_ours):.6g} | "
                        f"{np.quantile(loss_theirs, .9):.6g} / {np.quantile(loss_ours, .9):.6g} |")
                say()
            balmer.process.stdin.close()
            balmer.process.wait()
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
