#!/usr/bin/env python3
"""Twelve real data sets of the Penn Machine Learning Benchmarks: test R2 and size, balmer against pyoperon (and gplearn, one seed).

75 % of the rows to fit, 25 % to test, split anew by each seed; same rows, operators, threads and seconds on both sides,
alternating set by set. Sizes of both sides are counted by `tree`, pyoperon's after merging constants that stand side by
side. Finished cases are kept in the work folder and skipped when the command is run again. Needs numpy, scipy, pyoperon, gplearn:

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install pyoperon==0.6.2 scipy sympy gplearn
    /tmp/peers/bin/python benchmarks/recovery/pmlb12.py --balmer build/balmer --data PMLB_FOLDER --seeds 5

Which formula of a front is the answer: balmer's own choice is the one that `fit` marks; pyoperon's own default (its
description length, noise of 1), its Bayesian information criterion and its least error are all in the table. One rule for
both sides is "shortest description": rows/2*log2(loss), a node costs log2(features + operators + 2) bits, a constant
log2(rows)/2 + 1 more (a whole number up to 64 its own length). R2 at size 5, 10, 20, 50: test R2
of the formula of least training error among those no larger; the median over sets and seeds. A set's figure is the median
over its seeds; a formula that is not finite on a test row has R2 of minus infinity.
"""
import argparse
import gzip
import math
import os
import pathlib
import statistics
import tempfile
import time

import numpy as np

import formulas
import sides

ROOT = pathlib.Path(__file__).resolve().parents[2]
SETS = ["1089_USCrime", "228_elusage", "542_pollution", "560_bodyfat", "690_visualizing_galaxy", "1027_ESL",
        "522_pm10", "666_rmftsa_ladata", "1028_SWD", "1030_ERA", "562_cpu_small", "218_house_8L"]
SIZES = (5, 10, 20, 50)
ANSWERS = {"balmer": ["chosen", "short"], "pyoperon": ["short", "mdl", "bic", "mse"], "gplearn": ["chosen"]}
TITLES = {("balmer", "chosen"): "balmer, its choice", ("balmer", "short"): "balmer, shortest description", ("pyoperon", "short"): "pyoperon, shortest description",
          ("pyoperon", "mdl"): "pyoperon, its default", ("pyoperon", "bic"): "pyoperon, BIC", ("pyoperon", "mse"): "pyoperon, least error", ("gplearn", "chosen"): "gplearn"}


def read_split(folder, name, seed):
    """Columns x1.. and y of the two parts."""
    with gzip.open(folder / f"{name}.tsv.gz", "rt") as file:
        names = file.readline().split()
        values = np.loadtxt(file, ndmin=2)
    assert names[-1] == "target", names
    order = np.random.default_rng(seed).permutation(len(values))
    cut = len(values) * 3 // 4
    columns = [f"x{i + 1}" for i in range(values.shape[1] - 1)] + ["y"]
    return [dict(zip(columns, values[np.sort(rows)].T)) for rows in (order[:cut], order[cut:])]


def fit_gplearn(train, seconds, seed):
    """gplearn grows generation by generation until the time is up; its best program of all."""
    from gplearn.genetic import SymbolicRegressor

    columns = {name: values for name, values in train.items() if name != "y"}
    inputs = np.column_stack(list(columns.values()))
    started, front, generations = time.perf_counter(), {}, 0
    regressor = SymbolicRegressor(population_size=1000, generations=1, warm_start=True, low_memory=True, parsimony_coefficient=0.001 * float(np.var(train["y"])),
                                  function_set=("add", "sub", "mul", "div", "sqrt", "log", "sin", "cos"), metric="mse", random_state=seed,
                                  feature_names=list(columns))
    while time.perf_counter() - started < seconds:
        generations += 1
        regressor.set_params(generations=generations)
        regressor.fit(inputs, train["y"])
        program = regressor._program
        length = program.length_
        if length not in front or program.raw_fitness_ < front[length]["loss"]:
            front[length] = {"formula": str(program), "size": length, "loss": float(program.raw_fitness_), "program": program}
    members = list(front.values())
    return {"front": members, "chosen": min(range(len(members)), key=lambda i: members[i]["loss"]), "seconds": time.perf_counter() - started, "load": os.getloadavg()[0]}


def run_case(arguments, name, seed, side, work):
    train, test = read_split(arguments.data, name, seed)
    table, fresh = work / f"{name}_{seed}.csv", work / f"{name}_{seed}_test.csv"
    sides.write_columns(table, train)
    sides.write_columns(fresh, test)
    if side == "balmer":
        folder = work / f"run_{name}_{seed}"
        fit = sides.fit_balmer(arguments.balmer, table, arguments.seconds, arguments.threads, seed, folder, arguments.option)
        sides.check_balmer(arguments.balmer, folder, fit, fresh)
    elif side == "pyoperon":
        fit = sides.fit_pyoperon(table, arguments.seconds, arguments.threads, seed, arguments.iterations)
        fit["answers"] = {key: min(range(len(fit["front"])), key=lambda i: finite(fit["front"][i][key])) for key in ("mdl", "bic", "mse")}
    else:
        fit = fit_gplearn(train, arguments.seconds, seed)
    for member in fit["front"]:
        if side == "gplearn":  # its division and logarithm are protected: only its own program evaluates it
            inputs = np.column_stack([test[c] for c in test if c != "y"])
            values = member.pop("program").execute(inputs)
            member["test"] = float(1 - np.mean((values - test["y"]) ** 2) / np.var(test["y"]))
            member["train"] = 1 - member["loss"] / float(np.var(train["y"]))
        else:
            tree = formulas.parse(member["formula"])
            member["train"], member["test"] = formulas.r2(tree, train, train["y"]), formulas.r2(tree, test, test["y"])
    fit.setdefault("answers", {"chosen": fit.get("chosen")})
    fit.pop("curve", None)
    return fit


def constants(tree):
    """Values of the constants, exponents of whole powers left out."""
    if tree[0] == "c":
        return [tree[1]]
    parts = tree[1:2] if tree[0] == "^" and tree[2] in (("c", 2.0), ("c", 3.0)) else tree[1:]
    return [] if tree[0] == "v" else [number for part in parts for number in constants(part)]


def description(member, rows, features):
    """Bits to write formula and data, the same rule for both sides."""
    alphabet = math.log2(features + len(sides.OPERATORS.split()) + 2)
    bits = member["size"] * alphabet
    for number in constants(formulas.parse(member["formula"])):
        whole = number == math.floor(number) and abs(number) <= 64
        bits += 2 * math.log2(1 + abs(number)) + 1 if whole else 0.5 * math.log2(rows) + 1
    return bits + 0.5 * rows * math.log2(max(1 - member["train"], 1e-28)) if math.isfinite(member["train"]) else math.inf


def answer_of(row, answer, shape):
    """The member of a front that an answer names; shape: rows and features of the training part."""
    if answer == "short":
        return min(row["front"], key=lambda member: description(member, *shape))
    return row["front"][row["answers"][answer]]


def finite(number):
    return number if math.isfinite(number) else math.inf


def at_size(front, limit):
    """Test R2 of the best fitting formula no larger than limit."""
    small = [member for member in front if member["size"] <= limit]
    return max(small, key=lambda m: m["train"])["test"] if small else -math.inf


def show(number):
    return "-inf" if number == -math.inf else f"{number:.3f}"


def write(arguments, records):
    rows = [r for r in records.rows if r["seconds_asked"] == arguments.seconds]
    columns = [(side, answer) for side in ANSWERS for answer in ANSWERS[side] if any(r["side"] == side for r in rows)]
    lines = ["# Twelve real data sets: test R2 (size)", "", "```", sides.command_line(), "```", "", sides.machine(arguments.balmer), "",
             f"{arguments.seconds:g} s and {arguments.threads} threads a fit (gplearn: one), operators {sides.OPERATORS}; pyoperon optimizer_iterations {arguments.iterations}. "
             + "Seeds run: " + "; ".join(f"{side} {', '.join(map(str, sorted({r['seed'] for r in rows if r['side'] == side})))}" for side in ANSWERS if any(r["side"] == side for r in rows))
             + f". Load average when a fit started: median {statistics.median(r['load'] for r in rows):.1f}, most {max(r['load'] for r in rows):.1f}"
             + "".join(f"; {side}: median {statistics.median(cpus):.0f} CPU seconds a fit" for side in ANSWERS if (cpus := [r["cpu"] for r in rows if r["side"] == side and "cpu" in r])) + ".",
             "", f"Formulas of balmer's fronts counted: {sum(len(r['front']) for r in rows if r['side'] == 'balmer')}, otherwise than the front says: "
             f"{sum(len(r.get('miscounted', [])) for r in rows if r['side'] == 'balmer')}.",
             "", " ".join(__doc__.split("\n\n")[1].split()), "", " ".join(__doc__.split("\n\n")[3].split()), "",
             "| set | " + " | ".join(TITLES[c] for c in columns) + " |", "|" + "---|" * (len(columns) + 1)]
    medians = {c: [] for c in columns}
    for name in SETS:
        cells = [name]
        train, _ = read_split(arguments.data, name, 1)
        shape = len(train["y"]), len(train) - 1
        for side, answer in columns:
            of = [answer_of(r, answer, shape) for r in rows if r["name"] == name and r["side"] == side]
            if not of:
                cells.append("-")
                continue
            medians[side, answer].append((statistics.median(m["test"] for m in of), statistics.median(m["size"] for m in of)))
            cells.append(f"{show(medians[side, answer][-1][0])} ({medians[side, answer][-1][1]:g})")
        lines.append("| " + " | ".join(cells) + " |")
    lines.append("| **median over sets** | " + " | ".join(
        f"**{show(statistics.median(v[0] for v in medians[c]))} ({statistics.median(v[1] for v in medians[c]):g})**" for c in columns) + " |")
    lines += ["", "The front: median over sets and seeds of the test R2 at a size no larger than", "", "| | " + " | ".join(map(str, SIZES)) + " |", "|" + "---|" * (len(SIZES) + 1)]
    for side in ANSWERS:
        fronts = [r["front"] for r in rows if r["side"] == side]
        if fronts:
            lines.append(f"| {side} | " + " | ".join(show(statistics.median(at_size(front, limit) for front in fronts)) for limit in SIZES) + " |")
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--balmer", default=str(ROOT / "build" / "balmer"), help="the program")
    parser.add_argument("--data", type=pathlib.Path, default=ROOT.parent / "shared" / "data" / "pmlb", help="folder of NAME.tsv.gz")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=5, help="seeds 1..N; gplearn gets the first alone")
    parser.add_argument("--only", nargs="*", default=SETS, help="these sets alone")
    parser.add_argument("--sides", nargs="*", default=list(ANSWERS), choices=list(ANSWERS))
    parser.add_argument("--iterations", type=int, default=5, help="pyoperon's optimizer_iterations")
    parser.add_argument("--option", action="append", default=["--maximum-complexity=50"], help="passed on to balmer fit")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "balmer-pmlb12", help="tables, runs, records.jsonl")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "benchmarks" / "results" / "pmlb12.md")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    records = sides.Records(arguments.work / "records.jsonl")
    for seed in range(1, arguments.seeds + 1):
        for name in arguments.only:
            for side in arguments.sides:
                key = {"name": name, "seed": seed, "side": side, "seconds_asked": arguments.seconds}
                if records.find(**key) or (side == "gplearn" and seed > 1):
                    continue
                records.add(key | run_case(arguments, name, seed, side, arguments.work))
                row = records.rows[-1]
                print(f"{name:24} {seed} {side:8} " + "; ".join(
                    f"{answer} {show(row['front'][i]['test'])} ({row['front'][i]['size']})" for answer, i in row["answers"].items())
                    + f"  {row['seconds']:.1f} s", flush=True)
            write(arguments, records)


if __name__ == "__main__":
    main()
