#!/usr/bin/env python3
"""Five formulas for five kinds of jets (g, q, t, w, z): accuracy and AUC against complexity, beside the published symbolic models.

Replica jets (a simulation that replicates the LHC jet-tagging set; not the set itself): the first 100,000 rows, features
standardised with the published training scaler; every fifth row is held out of the search and judges both sides. One
softmax search for each limit on the `sympy` complexity of a formula; of its front the formula set of least training loss
(shown in full below the table), and the published formulas evaluated on the same held-out rows. AUC: area under the ROC
curve of a class against the rest, by probability (ours), by score (published). Settings already run are skipped. Needs numpy, scipy, sympy:

    python benchmarks/recovery/jets.py --balmer build/balmer --jets FOLDER --published reference_formulas.json
"""
import argparse
import json
import pathlib
import re
import subprocess
import tempfile

import numpy as np
from scipy.stats import rankdata

import formulas
import sides

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLASSES = "gqtwz"


def read_jets(folder, rows):
    """Standardised columns by name, and class indices."""
    names = (folder / "columns.txt").read_text().splitlines()[0].split(",")
    with np.load(folder / "replica_train.npz") as file:
        inputs, labels = file["X"][:rows].astype(float), file["y"][:rows].astype(int)
    scaler = np.genfromtxt(folder / "scaler_train80.csv", delimiter=",", skip_header=1, usecols=(1, 2))
    return dict(zip(names, ((inputs - scaler[:, 0]) / scaler[:, 1]).T)), labels


def write_table(path, columns, labels, keep):
    with open(path, "w") as file:
        file.write(",".join(columns) + ",jet\n")
        for row in np.flatnonzero(keep):
            file.write(",".join(f"{values[row]:.9g}" for values in columns.values()) + f",{CLASSES[labels[row]]}\n")


def area(scores, labels):
    """Area under the ROC curve of each class against the rest; scores: rows x 5."""
    areas = []
    for index in range(len(CLASSES)):
        positive = labels == index
        ranks = rankdata(scores[:, index])
        areas.append((ranks[positive].sum() - positive.sum() * (positive.sum() + 1) / 2) / (positive.sum() * (~positive).sum()))
    return areas


def sympy_nodes(formula):
    """Nodes of SymPy's preorder traversal, the published measure."""
    import sympy

    names = {name: sympy.Symbol(name) for name in re.findall(r"[a-z]\w*", formula) if name not in formulas.FUNCTIONS}
    return sum(1 for _ in sympy.preorder_traversal(sympy.sympify(formula, locals=names)))


def published(path, columns, labels, keep):
    """Rows of the table for the models with a formula for each class."""
    models = {}
    for entry in json.loads(path.read_text())["models"]:
        models.setdefault(entry["model"], []).append(entry)
    held = {name: values[keep] for name, values in columns.items()}
    held |= {name.removesuffix("_mmdt"): values for name, values in held.items()}
    held["mass_mmdt"] = columns["mass_mmdt"][keep]
    for name, entries in models.items():
        by_class = {entry["target"].lower(): entry for entry in entries}
        if set(by_class) != set(CLASSES):
            continue
        trees = [formulas.parse(by_class[c]["formula"].replace("Abs(", "abs(")) for c in CLASSES]
        scores = np.column_stack([formulas.value(tree, held) for tree in trees])
        counts = [by_class[c]["complexity"] or sympy_nodes(by_class[c]["formula"]) for c in CLASSES]
        yield {"name": name, "mean": float(np.mean(counts)), "accuracy": float(np.mean(scores.argmax(1) == labels[keep])),
               "auc": area(scores, labels[keep]), "formulas": [by_class[c]["formula"] for c in CLASSES]}


def run_case(arguments, limit, seed, train, held, labels):
    folder = arguments.work / f"run_{limit}_{seed}_{arguments.seconds:g}"
    options = ["--task", "classification", "--loss", "softmax", "--complexity", "sympy", "--maximum-complexity", str(limit), "--operators", arguments.operators, *arguments.option]
    fit = sides.fit_balmer(arguments.balmer, train, arguments.seconds, arguments.threads, seed, folder, options, target="jet")
    best = min(fit["front"], key=lambda m: m["loss"])
    cases = {"least loss": best, "chosen": fit["front"][fit["chosen"]]}
    result = {"spent": fit["seconds"], "stop": fit["stop"], "cpu": fit["cpu"], "load": fit["load"], "cases": {}}
    for label, member in cases.items():
        printed = subprocess.run([arguments.balmer, "predict", str(folder), str(held), "--complexity", str(member["size"])], capture_output=True, text=True, check=True).stdout
        lines = [line.split(",") for line in printed.splitlines()]
        assert [name.removeprefix("probability_") for name in lines[0][1:]] == list(CLASSES), lines[0]
        said = np.array([CLASSES.index(line[0]) for line in lines[1:]])
        probabilities = np.array([[float(cell) for cell in line[1:]] for line in lines[1:]])
        check(member["formula"], sides_columns(held), said)
        result["cases"][label] = {"mean": member["size"] / len(CLASSES), "accuracy": float(np.mean(said == labels)), "auc": area(probabilities, labels),
                                  "loss": member["loss"], "formulas": member["formula"].split("; ")}
    return result


def sides_columns(path):
    """Numeric columns of the held-out table."""
    with open(path) as file:
        names = file.readline().strip().split(",")[:-1]
    return dict(zip(names, np.loadtxt(path, delimiter=",", skiprows=1, usecols=range(len(names))).T))


def check(printed, columns, said):
    """The printed formulas must give the labels that `predict` gave."""
    scores = np.column_stack([formulas.value(formulas.parse(part), columns) * np.ones(len(said)) for part in printed.split("; ")])
    top = np.sort(scores, axis=1)
    clear = top[:, -1] - top[:, -2] > 1e-9
    if np.any(scores.argmax(1)[clear] != said[clear]):
        raise AssertionError(f"predict and the printed formulas give other labels: {printed}")


def write(arguments, records, references):
    rows = [r for r in records.rows if r["seconds_asked"] == arguments.seconds]
    lines = ["# Five classes of replica jets: formulas by softmax beside the published ones", "", "```", sides.command_line(), "```", "",
             sides.machine(arguments.balmer), "", f"{arguments.seconds:g} s and {arguments.threads} threads a setting; operators {arguments.operators}. "
             "Load average at the start of a search, CPU seconds it got: " + "; ".join(f"{r['limit']}: {r['load']:.1f}, {r['cpu']:.0f}" for r in rows) + ".", "",
             " ".join(__doc__.split("\n\n")[1].split()), "", "| model | mean `sympy` complexity | accuracy | AUC " + " ".join(CLASSES) + " |", "|---|---|---|---|"]
    printed = []
    for r in rows:
        for label, case in r["cases"].items():
            name = f"balmer, at most {r['limit']}, seed {r['seed']}, {label}"
            lines.append(f"| {name} | {case['mean']:.1f} | {case['accuracy']:.4f} | {' '.join(f'{a:.3f}' for a in case['auc'])} |")
            if label == "least loss":
                printed += ["", f"{name}:", "```", *[f"{c} = {f}" for c, f in zip(CLASSES, case["formulas"])], "```"]
    for case in references:
        lines.append(f"| {case['name']} | {case['mean']:.1f} | {case['accuracy']:.4f} | {' '.join(f'{a:.3f}' for a in case['auc'])} |")
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text("\n".join(lines + printed) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--balmer", default=str(ROOT / "build" / "balmer"), help="the program")
    parser.add_argument("--jets", type=pathlib.Path, default=ROOT.parent / "shared" / "data" / "jets", help="folder of replica_train.npz, columns.txt, scaler_train80.csv")
    parser.add_argument("--published", type=pathlib.Path, default=ROOT.parent / "shared" / "published" / "reference_formulas.json")
    parser.add_argument("--rows", type=int, default=100000)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limits", type=int, nargs="*", default=[10, 20, 40])
    parser.add_argument("--operators", default="+ - * / square exp sin cos tanh")
    parser.add_argument("--option", action="append", default=[], help="passed on to balmer fit")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "balmer-jets", help="tables, runs, records.jsonl")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "benchmarks" / "results" / "jets.md")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    records = sides.Records(arguments.work / "records.jsonl")
    columns, labels = read_jets(arguments.jets, arguments.rows)
    keep = np.arange(len(labels)) % 5 == 4
    references = list(published(arguments.published, columns, labels, keep))
    for case in references:
        print(f"{case['name']}: accuracy {case['accuracy']:.4f}, mean complexity {case['mean']}")
    train, held = arguments.work / f"train_{arguments.rows}.csv", arguments.work / f"held_{arguments.rows}.csv"
    if not held.exists():
        write_table(train, columns, labels, ~keep)
        write_table(held, columns, labels, keep)
    for limit in arguments.limits:
        key = {"limit": limit, "seed": arguments.seed, "seconds_asked": arguments.seconds, "rows": arguments.rows, "operators": arguments.operators}
        if not records.find(**key):
            records.add(key | run_case(arguments, limit, arguments.seed, train, held, labels[keep]))
        row = records.rows[-1] if records.find(**key) is None else records.find(**key)
        for label, case in row["cases"].items():
            print(f"limit {limit} {label}: accuracy {case['accuracy']:.4f}, mean complexity {case['mean']:.1f}, {row['spent']:.0f} s", flush=True)
        write(arguments, records, references)


if __name__ == "__main__":
    main()
