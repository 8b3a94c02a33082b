"""Random formulas: balmer's simplification beside sympy.simplify.

    python3 benchmarks/speed/simplify.py build/benchmarks/speed/simplify

Writes benchmarks/results/simplify.md. Times are CPU times of both sides. Complexity is `tree`; SymPy's answers are read back, their constants folded, and the
shorter count taken. Where SymPy runs out of time, or answers in functions that balmer lacks, its answer is what sympify alone made
of the formula, or the formula itself if that is shorter or cannot be read: it never counts as longer than its input.
"""
import argparse
import math
import pathlib
import platform
import random
import signal
import statistics
import subprocess
import time

import sympy


class OutOfTime(Exception):
    pass


def raise_out_of_time(*_):
    raise OutOfTime


def sympy_simplify(text, symbols, limit):
    """The simplified formula as text, the sympified one, the seconds, and whether the time ran out."""
    signal.setitimer(signal.ITIMER_PROF, limit)
    start = time.process_time()
    held, answer, late = None, None, False
    try:
        held = sympy.sympify(text, locals=symbols)
        answer = sympy.simplify(held)
    except OutOfTime:
        late = True
    except Exception:  # SymPy raises many kinds here, RecursionError among them: no answer
        pass
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return str(answer), str(held), time.process_time() - start, late


def simplified(program, given, node_limit):
    """One list for each formula: formula, shorter formula, complexity before, after, seconds."""
    done = subprocess.run([program, "random", str(given.formulas), str(given.seed), str(node_limit)], capture_output=True, text=True, check=True)
    return [line.split("\t") for line in done.stdout.splitlines()]


def counts(program, texts):
    done = subprocess.run([program, "count"], input="\n".join(texts) + "\n", text=True, capture_output=True, check=True)
    return [int(line) for line in done.stdout.split()]


NAMES = {name: getattr(math, name) for name in ("sqrt", "exp", "log", "sin", "cos", "tan", "tanh", "sinh", "cosh", "expm1", "log1p", "hypot", "pi", "e")}
NAMES |= {"abs": abs, "sign": lambda x: (x > 0) - (x < 0), "cbrt": lambda x: math.copysign(abs(x) ** (1 / 3), x),
          "gauss": lambda x: math.exp(-x * x), "logistic": lambda x: 1 / (1 + math.exp(-x)), "__builtins__": {}}


def value(code, point):
    """The real value of a formula at a point, or nothing where it has none."""
    try:
        result = eval(code, NAMES, point)
        return result if isinstance(result, (int, float)) and math.isfinite(result) else None
    except (ArithmeticError, ValueError):
        return None


def check(rows, points=10):
    """Both formulas at random points, before anything is reported: how many pairs of values were compared, how many differ."""
    draw = random.Random(1)
    compared = different = 0
    for formula, shorter, *_ in rows:
        a, b = (compile(text.replace("^", "**"), "formula", "eval") for text in (formula, shorter))
        for _ in range(points):
            point = {name: draw.uniform(.1, 3) for name in ("x0", "x1", "x2")}
            x = value(a, point)
            if x is None or abs(x) > 1e6:
                continue
            y = value(b, point)
            compared += 1
            different += y is None or abs(x - y) > 1e-4 * (1 + abs(x))
    return compared, different


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("program")
    arguments.add_argument("--formulas", type=int, default=10000)
    arguments.add_argument("--sample", type=int, default=300)
    arguments.add_argument("--limit", type=float, default=.5, help="seconds a formula for SymPy")
    arguments.add_argument("--node-limit", type=int, default=400)
    arguments.add_argument("--other-node-limits", type=int, nargs="*", default=[0, 50, 100, 200, 1000, 2000])
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    by_limit = {limit: simplified(given.program, given, limit) for limit in sorted({given.node_limit, *given.other_node_limits})}
    rows = by_limit[given.node_limit]
    before = [float(row[2]) for row in rows]
    compared, different = check(rows)

    signal.signal(signal.SIGPROF, raise_out_of_time)
    symbols = {name: sympy.Symbol(name, real=True) for name in ("x0", "x1", "x2")}
    sample = rows[:given.sample]
    theirs = [sympy_simplify(row[0].replace("^", "**"), symbols, given.limit) for row in sample]
    answered = counts(given.program, [t[0] for t in theirs])
    held = counts(given.program, [t[1] for t in theirs])
    # Its answer where it can be read, else what sympify made of the formula; at most the input.
    their_size = [min(int(row[2]), a if a > 0 else h if h > 0 else int(row[2])) for row, a, h in zip(sample, answered, held)]
    ours = [int(row[3]) for row in sample]
    our_seconds = [float(row[4]) for row in sample]
    their_seconds = [t[2] for t in theirs]

    limits = "\n".join(
        f"| {limit} | {statistics.mean(float(r[3]) for r in lines):.3f} | {statistics.mean(int(r[3]) for r in lines[:given.sample]):.3f} | {sum(int(r[3]) > int(r[2]) for r in lines)} "
        f"| {1e3 * statistics.median(float(r[4]) for r in lines):.3f} | {1e3 * statistics.mean(float(r[4]) for r in lines):.3f} "
        f"| {statistics.median(t / float(r[4]) for t, r in zip(their_seconds, lines)):,.0f} |" for limit, lines in by_limit.items())
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    processor = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    text = f"""# Simplification

    python3 benchmarks/speed/simplify.py build/benchmarks/speed/simplify --formulas {given.formulas} --sample {given.sample} --limit {given.limit} --node-limit {given.node_limit} --seed {given.seed} --other-node-limits {" ".join(map(str, given.other_node_limits))}

{processor}, one core, SymPy {sympy.__version__}, commit {commit}. {given.formulas} random formulas of 5 to 20 nodes over three features,
constants, `+ - * /` and negate, square, cube, sqrt, exp, log, sin, cos, tanh, inverse, abs; no box. SymPy's symbols are real.
Checked first: {compared} values of original and simplified formula compared, {different} differ by more than 1e-4 relative (cancellation included).

{given.formulas} formulas, mean complexity before {statistics.mean(before):.3f}; node limit 0 is the canonical form alone; the last column is the median of SymPy's time over ours, formula by formula, on the first {len(sample)}:

| node limit | mean complexity after | of the first {len(sample)} | larger than before | median time, ms | mean time, ms | times faster than SymPy |
|---|---|---|---|---|---|---|
{limits}

| the first {len(sample)} | before | balmer, {given.node_limit} nodes | sympy.simplify |
|---|---|---|---|
| mean complexity | {statistics.mean(int(r[2]) for r in sample):.3f} | {statistics.mean(ours):.3f} | {statistics.mean(their_size):.3f} |
| shorter than the other | | {sum(a < b for a, b in zip(ours, their_size))} | {sum(b < a for a, b in zip(ours, their_size))} |
| median time, ms | | {1e3 * statistics.median(our_seconds):.3f} | {1e3 * statistics.median(their_seconds):.1f} |
| mean time, ms | | {1e3 * statistics.mean(our_seconds):.3f} | {1e3 * statistics.mean(their_seconds):.1f} |
| out of time ({given.limit} s) | | | {sum(t[3] for t in theirs)} |
| answers in other functions | | | {sum(a <= 0 and not t[3] for a, t in zip(answered, theirs))} |
"""
    pathlib.Path(__file__).resolve().parents[1].joinpath("results", "simplify.md").write_text(text)
    print(text)
    print("where SymPy is shorter:")
    for row, t, a, b in [z for z in zip(sample, theirs, ours, their_size) if z[3] < z[2]][:12]:
        print(f"  {row[0]}\n    balmer {a}: {row[1]}\n    sympy {b}: {t[0]}")


if __name__ == "__main__":
    main()
