#!/usr/bin/env python3
"""The demo's search many times: how often, and how soon, the law of the invariant mass is found in real collisions.

The law is sqrt(2*pt1*pt2*(cosh(eta1 - eta2) - cos(phi1 - phi2)) + c) with c in .04-.06 GeV^2 (the muons' mass). A formula
counts when, on 1,000 random kinematic points, its square is k*(that) + c with k and c fitted, k = 1 within 1 %, and what
remains below 1e-3 of the square (the formula itself below 5e-4), so every way of writing the law counts and none that is only near it.
Variants: the six columns renamed; permuted; pt in MeV (c in MeV^2); two columns of noise added; genetic search alone, the
library switched off. Finished cases are kept in the work folder and skipped when the command is run again. Needs numpy, scipy:

    python benchmarks/recovery/dimuon.py --balmer build/balmer --seeds 10
"""
import argparse
import gzip
import json
import math
import pathlib
import statistics
import tempfile

import numpy as np

import formulas
import sides

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLUMNS = ["pt1", "eta1", "phi1", "pt2", "eta2", "phi2"]
VARIANTS = ["plain", "renamed", "permuted", "MeV", "noise", "genetic"]
RENAMED = {"pt1": "a", "eta1": "b", "phi1": "c", "pt2": "u", "eta2": "v", "phi2": "w"}


def read_collisions():
    """Raw columns and M."""
    with gzip.open(ROOT / "data" / "dimuons_2011.csv.gz", "rt") as file:
        lines = [line for line in file if not line.startswith("#")]
    names = lines[0].strip().split(",")
    wanted = [names.index(name) for name in COLUMNS + ["M"]]
    values = np.array([[float(cells[i]) for i in wanted] for cells in (line.strip().split(",") for line in lines[1:])])
    return dict(zip(COLUMNS + ["M"], values.T))


def make_variant(columns, variant, path):
    """Writes the table; returns {name in the table: (raw name, factor)}."""
    factor = {name: 1000.0 if variant == "MeV" and name[:2] == "pt" else 1.0 for name in COLUMNS}
    name_of = RENAMED if variant == "renamed" else {name: name for name in COLUMNS}
    order = ["phi2", "pt2", "eta1", "phi1", "eta2", "pt1"] if variant == "permuted" else COLUMNS
    table = {name_of[name]: columns[name] * factor[name] for name in order}
    if variant == "noise":
        random = np.random.default_rng(5)
        table = {"noise1": random.normal(size=len(columns["M"])), **table, "noise2": random.uniform(0, 50, len(columns["M"]))}
    table["M"] = columns["M"] * (1000.0 if variant == "MeV" else 1.0)
    sides.write_columns(path, table)
    return {name_of[name]: (name, factor[name]) for name in order}


def law_constant(formula, meaning, unit):
    """c of the law in GeV^2 when the formula is the law, else None; unit: GeV in the table's unit of mass."""
    random = np.random.default_rng(9)
    points = {"pt1": random.uniform(3, 40, 1000), "pt2": random.uniform(3, 40, 1000), "eta1": random.uniform(-2, 2, 1000), "eta2": random.uniform(-2, 2, 1000),
              "phi1": random.uniform(-math.pi, math.pi, 1000), "phi2": random.uniform(-math.pi, math.pi, 1000)}
    # half of the points with a small opening angle: there the constant is seen
    points["eta2"][:500] = points["eta1"][:500] + random.normal(0, 0.03, 500)
    points["phi2"][:500] = points["phi1"][:500] + random.normal(0, 0.03, 500)
    massless = 2 * points["pt1"] * points["pt2"] * (np.cosh(points["eta1"] - points["eta2"]) - np.cos(points["phi1"] - points["phi2"]))
    columns = {name: points[raw] * factor for name, (raw, factor) in meaning.items()}
    tree = formulas.parse(formula)
    if names_of(tree) - set(columns):
        return None
    mass = formulas.value(tree, columns) * np.ones(1000) / unit
    if not np.all(np.isfinite(mass)) or np.any(mass < 0):
        return None
    weight = 1 / (massless + 0.05)
    design = np.column_stack([massless, np.ones(1000)]) * weight[:, None]
    (slope, constant), *_ = np.linalg.lstsq(design, mass**2 * weight, rcond=None)
    left = np.abs(mass**2 - slope * massless - constant) * weight
    return float(constant) if np.max(left) < 1e-3 and abs(slope - 1) < 0.01 else None


def names_of(tree):
    return {tree[1]} if tree[0] == "v" else set() if tree[0] == "c" else set().union(*map(names_of, tree[1:]))


def is_law(formula, meaning, unit):
    try:
        constant = law_constant(formula, meaning, unit)
    except (ValueError, SyntaxError):
        return False
    return constant is not None and 0.04 <= constant <= 0.06


def run_case(arguments, columns, variant, seed, work):
    table = work / f"{variant}.csv"
    meaning = make_variant(columns, variant, table)
    unit = 1000.0 if variant == "MeV" else 1.0
    options = ["--sigma", "0.001*M", "--loss", "huber", "--operators", "+ - * / sqrt cos cosh", "--maximum-complexity", "20"]
    if variant != "noise":
        options += ["--features", ",".join(meaning)]
    if variant == "genetic":
        options += ["--method", "genetic"]
    folder = work / f"run_{variant}_{seed}"
    fit = sides.fit_balmer(arguments.balmer, table, arguments.seconds, arguments.threads, seed, folder, options, target="M")
    difference = sides.check_balmer(arguments.balmer, folder, fit, table, target="M")
    first = None
    for line in (folder / "events.jsonl").read_text().splitlines():
        event = json.loads(line)
        if first is None and is_law(event["equation"], meaning, unit):
            first = event["seconds"]
    chosen = fit["front"][fit["chosen"]]
    return {"front": any(is_law(m["formula"], meaning, unit) for m in fit["front"]), "chosen": is_law(chosen["formula"], meaning, unit), "first": first,
            "constant": law_constant(chosen["formula"], meaning, unit), "formula": chosen["formula"], "size": chosen["size"], "loss": chosen["loss"],
            "spent": fit["seconds"], "stop": fit["stop"], "cpu": fit["cpu"], "load": fit["load"], "difference": difference}


def write(arguments, records):
    rows = records.rows
    lines = ["# The law of the invariant mass from six raw columns", "", "```", sides.command_line(), "```", "", sides.machine(arguments.balmer), "",
             f"{arguments.threads} threads a search; load average when a search started: median "
             f"{statistics.median(r['load'] for r in rows):.1f}, most {max(r['load'] for r in rows):.1f}. Balmer alone.", "", " ".join(__doc__.split("\n\n")[1].split()), "",
             "| variant | seconds given | seeds | chosen | on the front | first seen, s: median (most) | searched, s: median | c: least to most |", "|" + "---|" * 8]
    for variant, given in sorted({(r["variant"], r["seconds_asked"]) for r in rows}, key=lambda case: VARIANTS.index(case[0])):
        of = [r for r in rows if (r["variant"], r["seconds_asked"]) == (variant, given)]
        seen = [r["first"] for r in of if r["first"] is not None]
        found = [r["constant"] for r in of if r["constant"] is not None]
        lines.append(f"| {variant} | {given:g} | {len(of)} | {sum(r['chosen'] for r in of)} | {sum(r['front'] for r in of)} | "
                     + (f"{statistics.median(seen):.1f} ({max(seen):.1f})" if seen else "-") + f" | {statistics.median(r['spent'] for r in of):.1f} | "
                     + (f"{min(found):.4f} to {max(found):.4f}" if found else "-") + " |")
    lines += ["", "| variant | seed | chosen is the law | on the front | first seen, s | stopped: why, s | formula chosen |", "|" + "---|" * 7]
    for r in rows:
        lines.append(f"| {r['variant']} | {r['seed']} | {'yes' if r['chosen'] else 'no'} | {'yes' if r['front'] else 'no'} | "
                     f"{'-' if r['first'] is None else format(r['first'], '.1f')} | {r['stop']}, {r['spent']:.1f} | `{r['formula']}` |")
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--balmer", default=str(ROOT / "build" / "balmer"), help="the program")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=10, help="seeds 1..N")
    parser.add_argument("--variants", nargs="*", default=VARIANTS, choices=VARIANTS)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "balmer-dimuon", help="tables, runs, records.jsonl")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "benchmarks" / "results" / "dimuon.md")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    records = sides.Records(arguments.work / "records.jsonl")
    columns = read_collisions()
    identity = {name: (name, 1.0) for name in COLUMNS}
    assert is_law("sqrt(2*pt1*pt2*(cosh(eta1 - eta2) - cos(phi1 - phi2)) + 0.046)", identity, 1.0)
    assert not is_law("sqrt(pt1*pt2*((eta1 - eta2)^2 + (phi1 - phi2)^2) + 0.046)", identity, 1.0)
    for variant in arguments.variants:
        for seed in range(1, arguments.seeds + 1):
            key = {"variant": variant, "seed": seed, "seconds_asked": arguments.seconds}
            if records.find(**key):
                continue
            records.add(key | run_case(arguments, columns, variant, seed, arguments.work))
            r = records.rows[-1]
            print(f"{variant:9} {seed:3} chosen {r['chosen']:d} front {r['front']:d} first {r['first']} spent {r['spent']:.1f} {r['stop']} {r['formula']}", flush=True)
            write(arguments, records)


if __name__ == "__main__":
    main()
