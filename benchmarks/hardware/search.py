#!/usr/bin/env python3
"""Formulas for replica jets found by look-up tables and by nodes at equal search time, both as circuits: accuracy on other rows, LUT, nanoseconds.

    python benchmarks/hardware/search.py --jets SHARED/data/jets --work FOLDER [--seconds 60] [--agreement .95] [--synthesize]

12,000 jets (standardised, four features) are searched and choose the bits, 20,000 others judge, by the generated Python module. Every circuit of either front is
printed; those marked * are not beaten within their own front on the searched rows. Needs numpy.
"""
import argparse
import csv
import importlib.util
import json
import math
import pathlib
import resource
import subprocess

import numpy as np

FEATURES = "multiplicity,c1_b1,c1_b2,mass_mmdt"
SEARCHES = {"lut": [], "sympy": ["--maximum-complexity", "60", "--maximum-depth", "30"]}


def write_tables(jets, work):
    """train.csv and test.csv of standardised features under the names of the published formulas, and the label."""
    data = np.load(jets / "replica_train.npz")
    with open(jets / "scaler_train80.csv", newline="", encoding="utf-8") as file:
        scaler = list(csv.DictReader(file))
    names = [name.removesuffix("_mmdt") if name != "mass_mmdt" else name for name in (jets / "columns.txt").read_text().splitlines()[0].split(",")]
    values = (data["X"].astype(float) - [float(row["mean"]) for row in scaler]) / [float(row["scale"]) for row in scaler]
    labels = np.array(list("gqtwz"))[data["y"]]
    for name, rows in (("train", range(0, 312_000, 26)), ("test", range(7, 260_000, 13))):
        with open(work / f"{name}.csv", "w", encoding="utf-8") as file:
            file.write(",".join(names) + ",jet\n")
            for row in rows:
                file.write(",".join(f"{x:.5f}" for x in values[row]) + f",{labels[row]}\n")


def accuracy(folder, path):
    """Share of a table's rows whose label the generated Python module gives."""
    circuit = json.loads((folder / "circuit.json").read_text())
    spec = importlib.util.spec_from_file_location("formula", folder / "python" / (circuit["name"] + ".py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def port(text):
        width, before = (int(part) for part in text[text.index("<") + 1:-1].split(","))
        low = -(1 << (width - 1)) if text.startswith("fixed") else 0
        return width - before, low, low + (1 << width) - 1

    inputs = [(p["column"], *port(p["format"])) for p in circuit["inputs"]]
    outputs = [(p["column"], port(p["format"])[0]) for p in circuit["outputs"]]
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    right = 0
    for row in rows:
        words = [min(max(math.floor(float(row[column]) * 2.0**fraction + .5), low), high) for column, fraction, low, high in inputs]
        scores = [word * 2.0**-fraction for word, (_, fraction) in zip(module.evaluate(*words), outputs)]
        right += outputs[scores.index(max(scores))][0] == row["jet"]
    return right / len(rows)


def main():
    """Searches, lowers, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jets", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--balmer", default="build/balmer")
    parser.add_argument("--seconds", default="60")
    parser.add_argument("--threads", default="2")
    parser.add_argument("--agreement", default=".95")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--features", default=FEATURES, help="columns that are searched, separated by commas")
    parser.add_argument("--synthesize", action="store_true", help="also Yosys on every circuit that is not beaten")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    write_tables(options.jets, options.work)
    train = str(options.work / "train.csv")
    for measure, limits in SEARCHES.items():
        run, circuits = options.work / measure, options.work / f"{measure}-circuits"
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run([options.balmer, "fit", train, "--target", "jet", "--features", options.features, "--seed", options.seed, "--operators", "+ - * square sin tanh exp gauss", "--seconds",
                        options.seconds, "--threads", options.threads, "--complexity", measure, *limits, "--run-folder", str(run), "--quiet"], check=True, stdout=subprocess.DEVNULL)
        print(f"{measure}: searched for {resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before:.0f} CPU seconds", flush=True)
        subprocess.run([options.balmer, "firmware", str(run), "--data", train, "--front", "-o", str(circuits), "--agreement", options.agreement, "--multipliers", "lut"],
                       check=True, stdout=subprocess.DEVNULL)
        with open(circuits / "front.csv", newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                line = f"{measure:>6} {row['folder']:>8}: {float(row['lut']):4.0f} LUT estimated, {float(row['nanoseconds']):.2f} ns, accuracy {float(row['accuracy']):.4f}"
                if row["best"] == "1":
                    line += f", on other rows {accuracy(circuits / row['folder'], options.work / 'test.csv'):.4f} *"
                print(line, flush=True)
                if row["best"] == "1" and options.synthesize:
                    print(subprocess.run([options.balmer, "synthesize", str(circuits / row["folder"])], check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    main()
