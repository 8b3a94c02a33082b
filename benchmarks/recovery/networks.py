#!/usr/bin/env python3
"""Symbolic networks on many inputs: accuracy against complexity on replica jets, MNIST and 3,072 synthetic inputs; the paper's Fig. 7 run.

`jets`: replica jets, 100,000 rows train, 100,000 validate, 120,000 test, standardised by the training rows. `mnist`: the first 50,000 training
images train, the last 10,000 validate, the 10,000 test images are looked at once; pixels that are constant in either part are left out.
`binary`: MNIST's 0 against 1. Of each front the member of best validation accuracy within a limit on the mean `sympy` complexity is chosen,
among the eight of least validation loss, and the test rows are judged once. `wide`: 4,000 rows of 3,072 inputs, the class from six of them.
`wide30000`: the same law on 30,000 rows. `jets_eql`, `mnist_eql`: the baseline, EQL's three phases, nothing shrunk.
`trials`: 100 networks on jets, and one. `chaining`: `neural`, `genetic` and `neural,genetic` at equal --seconds (90 unless given) on jets and three sets
of the Penn Machine Learning Benchmarks with about a hundred inputs: 60 % of the rows train, 20 % validate, 20 % test.
`fig7`: two layers of 20 unary and 20 binary operators, batches of 1,024, 200 epochs, Adam with step .0015, targets .9, .75, .6, .4.
Runs already there are not repeated. Needs numpy and matplotlib:

    python benchmarks/recovery/networks.py jets --balmer build/balmer
"""
import argparse
import csv
import gzip
import json
import pathlib
import resource
import shutil
import subprocess
import tempfile
import time

import numpy as np

import sides

ROOT = pathlib.Path(__file__).resolve().parents[2]
CASES = {
    "jets": {"limits": [10, 16, 40], "wanted": [0.66, 0.69, 0.705], "operators": "+ * sin cos exp gauss tanh",
             "options": ["--maximum-complexity", "45", "--trials", "9", "--epochs", "30", "--shrink-epochs", "6", "--layers", "1"]},
    "mnist": {"limits": [90, 300], "wanted": [0.87, 0.94], "operators": "+ * sin gauss tanh",
              "options": ["--maximum-complexity", "310", "--trials", "1", "--epochs", "20", "--shrink-epochs", "8", "--layers", "1", "--unary", "30",
                          "--binary", "30", "--targets-sparsity", ".9,.4,.1,.1", "--learning-rate", ".004"]},
    "binary": {"limits": [5, 10], "wanted": [None, None], "operators": "+ * sin gauss tanh",
               "options": ["--maximum-complexity", "60", "--trials", "2", "--epochs", "10", "--layers", "1"]},
    "jets_eql": {"limits": [10, 16, 40], "wanted": [None, None, None], "operators": "+ * sin cos exp gauss tanh",
                 "options": ["--network", "eql", "--shrink-epochs", "0", "--maximum-complexity", "60", "--trials", "40", "--epochs", "90", "--layers", "1"]},
    "mnist_eql": {"limits": [90, 300], "wanted": [None, None], "operators": "+ * sin gauss tanh",
                  "options": ["--network", "eql", "--shrink-epochs", "0", "--maximum-complexity", "310", "--trials", "12", "--epochs", "45", "--layers", "1"]},
    "trials": {"limits": [10, 16, 40], "wanted": [None, None, None], "operators": "+ * sin cos exp gauss tanh",
               "options": ["--maximum-complexity", "45", "--trials", "100", "--epochs", "30", "--shrink-epochs", "6", "--layers", "1"]},
    "wide": {"limits": [30], "wanted": [None], "operators": "+ * sin gauss tanh",
             "options": ["--maximum-complexity", "60", "--trials", "2", "--epochs", "40", "--layers", "1", "--unary", "8", "--binary", "4"]},
}
CASES["wide30000"] = CASES["wide"]
PMLB = ["505_tecator", "4544_GeographicalOriginalofMusic", "588_fri_c4_1000_100"]
CHAINS = ["neural", "genetic", "neural,genetic"]


def images(path):
    return np.frombuffer(gzip.open(path).read(), np.uint8, offset=16).reshape(-1, 784)


def labels(path):
    return np.frombuffer(gzip.open(path).read(), np.uint8, offset=8)


def jets(data):
    with np.load(data / "jets" / "replica_train.npz") as file:
        inputs, codes = file["X"].astype(float), file["y"]
    order = np.random.default_rng(0).permutation(len(codes))
    parts = dict(zip(("train", "valid", "test"), np.split(order, [100_000, 200_000])))
    mean, scale = inputs[parts["train"]].mean(0), inputs[parts["train"]].std(0)
    names = (data / "jets" / "columns.txt").read_text().splitlines()[0].split(",")
    return names, {name: ((inputs[rows] - mean) / scale, codes[rows]) for name, rows in parts.items()}


def mnist(data, digits=range(10)):
    folder = data / "mnist"
    pixels, codes = images(folder / "train-images-idx3-ubyte.gz"), labels(folder / "train-labels-idx1-ubyte.gz")
    parts = {"train": (pixels[:50_000], codes[:50_000]), "valid": (pixels[50_000:], codes[50_000:]),
             "test": (images(folder / "t10k-images-idx3-ubyte.gz"), labels(folder / "t10k-labels-idx1-ubyte.gz"))}
    parts = {name: (x[np.isin(y, list(digits))], y[np.isin(y, list(digits))]) for name, (x, y) in parts.items()}
    varies = np.flatnonzero((np.ptp(parts["train"][0], axis=0) > 0) & (np.ptp(parts["valid"][0], axis=0) > 0))
    return [f"p{i // 28}_{i % 28}" for i in varies], {name: (x[:, varies], y) for name, (x, y) in parts.items()}


def wide(_data, rows_to_train=4000):
    random = np.random.default_rng(1)
    parts = {}
    for name, rows in (("train", rows_to_train), ("valid", 1000), ("test", 4000)):
        x = random.normal(size=(rows, 3072)).astype(np.float32)
        logit = 3 * np.tanh(x[:, 100] + x[:, 900]) + 2 * x[:, 1500] * x[:, 2200] + 2 * np.sin(2 * x[:, 3000]) - 1.5 * x[:, 7]
        parts[name] = (x, (random.uniform(size=rows) < 1 / (1 + np.exp(-2 * logit))).astype(np.uint8))
    return [f"x{i}" for i in range(3072)], parts


def pmlb(data, name):
    with gzip.open(data / "pmlb" / f"{name}.tsv.gz", "rt") as file:
        names = file.readline().split()
        values = np.loadtxt(file, ndmin=2)
    assert names[-1] == "target", names
    order = np.random.default_rng(1).permutation(len(values))
    cuts = [len(order) * 6 // 10, len(order) * 8 // 10]
    return [f"x{i + 1}" for i in range(values.shape[1] - 1)], {part: (values[rows, :-1], values[rows, -1]) for part, rows in zip(("train", "valid", "test"), np.split(order, cuts))}


def write_parts(case, work, data):
    if not (work / "test.npz").exists():
        readers = {"jets": jets, "jets_eql": jets, "trials": jets, "mnist": mnist, "mnist_eql": mnist, "binary": lambda d: mnist(d, (0, 1)), "wide": wide, "wide30000": lambda d: wide(d, 30_000)}
        names, parts = readers[case](data) if case in readers else pmlb(data, case)
        for name, (x, y) in parts.items():
            np.savez(work / f"{name}.npz", X=x, y=y, columns=np.array(names))


def fit(arguments, work, seed, options, operators, method="neural", task="classification", complexity="sympy", data=None):
    data = data or work
    folder = work / (f"run_{seed}" if method == "neural" else f"run_{method.replace(',', '_')}_{seed}")
    if (folder / "finished").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)  # begun and not finished
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
    subprocess.run([arguments.balmer, "fit", str(data / "train.npz"), "--target", "y", "--task", task, "--method", method, "--validation", str(data / "valid.npz"),
                    "--complexity", complexity, "--operators", operators, "--seed", str(seed), "--threads", str(arguments.threads), "--seconds", str(arguments.seconds),
                    "--run-folder", str(folder), "--progress", "none", *options, *arguments.option], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    (folder / "finished").write_text(json.dumps({"cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, "wall": time.time() - start, "memory": after.ru_maxrss / 1024}))
    return folder


def predictions(arguments, folder, complexity, part):
    printed = subprocess.run([arguments.balmer, "predict", str(folder), str(part), "--complexity", str(complexity)], capture_output=True, text=True, check=True).stdout.splitlines()
    table = [line.split(",") for line in printed[1:]]
    return np.array([float(row[0]) for row in table]), np.array([[float(cell) for cell in row[1:]] for row in table])


def areas(scores, codes):
    """Area under the ROC curve of each class against the rest."""
    found = []
    for k in range(scores.shape[1]):
        order = scores[:, k].argsort(kind="stable")
        ranks = np.empty(len(order))
        ranks[order] = np.arange(1, len(order) + 1)
        positive = codes == np.unique(codes)[k]
        found.append((ranks[positive].sum() - positive.sum() * (positive.sum() + 1) / 2) / (positive.sum() * (~positive).sum()))
    return found


def choose(arguments, folder, work, limit, outputs):
    """The member within the limit that does best on the validation rows, and how it does on the test rows."""
    members = [row for row in csv.DictReader(open(folder / "front.csv")) if float(row["Complexity"]) / outputs <= limit]
    members = sorted(members, key=lambda row: float(row["Validation"]))[:8]
    with np.load(work / "valid.npz") as valid, np.load(work / "test.npz") as test:
        accuracy = [np.mean(predictions(arguments, folder, row["Complexity"], work / "valid.npz")[0] == valid["y"]) for row in members]
        best = members[int(np.argmax(accuracy))]
        said, scores = predictions(arguments, folder, best["Complexity"], work / "test.npz")
        return {"mean": float(best["Complexity"]) / outputs, "validation": float(max(accuracy)), "test": float(np.mean(said == test["y"])), "auc": areas(scores, test["y"]),
                "complexity": best["Complexity"], "equation": best["Equation"]}


def real_jets(arguments, folder, work, complexity):
    """Accuracy on the 250 real jets, standardised as the published formulas were and by the replica's own scale."""
    data = arguments.data / "jets"
    table = np.genfromtxt(data / "real_250.csv", delimiter=",", skip_header=1)
    scaler = np.genfromtxt(data / "scaler_train80.csv", delimiter=",", skip_header=1, usecols=(1, 2))
    with np.load(data / "replica_train.npz") as file:
        train = file["X"].astype(float)[np.random.default_rng(0).permutation(len(file["y"]))[:100_000]]
    names = (data / "columns.txt").read_text().splitlines()[0].split(",")
    found = []
    for mean, scale in ((scaler[:, 0], scaler[:, 1]), (train.mean(0), train.std(0))):
        np.savez(work / "real.npz", X=(table[:, :16] - mean) / scale, y=table[:, 16], columns=np.array(names))
        found.append(float(np.mean(predictions(arguments, folder, complexity, work / "real.npz")[0] == table[:, 16])))
    return found


def run_case(arguments, case, work):
    settings = CASES[case]
    write_parts(case, work, arguments.data)
    lines, tests, cost = [], {limit: [] for limit in settings["limits"]}, []
    for seed in arguments.seeds:
        folder = fit(arguments, work, seed, settings["options"], settings["operators"])
        cost.append(json.loads((folder / "finished").read_text()))
        outputs = len(csv.DictReader(open(folder / "front.csv")).__next__()["Equation"].split("; "))
        for limit in settings["limits"]:
            chosen = choose(arguments, folder, work, limit, outputs)
            tests[limit].append(chosen["test"])
            real = " | " + " / ".join(f"{a:.3f}" for a in real_jets(arguments, folder, work, chosen["complexity"])) if case == "jets" else ""
            lines.append(f"| {limit} | {seed} | {chosen['mean']:.1f} | {chosen['validation']:.4f} | {chosen['test']:.4f} | {' '.join(f'{a:.3f}' for a in chosen['auc'])}{real} |")
            print(lines[-1], flush=True)
            if case in ("wide", "wide30000", "binary"):
                print(chosen["equation"], flush=True)
    head = ["| limit | seed | mean complexity | validation accuracy | test accuracy | AUC by class |" + (" 250 real jets, published scale / replica's |" if case == "jets" else ""), "|---|---|---|---|---|---|" + ("---|" if case == "jets" else "")]
    medians = "; ".join(f"at <= {limit}: median {np.median(tests[limit]):.4f}, worst {min(tests[limit]):.4f}" + (f" (wanted {wanted})" if wanted else "")
                        for limit, wanted in zip(settings["limits"], settings["wanted"]))
    cpu, wall = (", ".join(f"{c[kind]:.0f}" for c in cost) for kind in ("cpu", "wall"))
    spent = (f"CPU seconds of the fits: {cpu}; wall seconds on a shared machine: {wall}; memory up to {max(c['memory'] for c in cost):.0f} MiB. "
             f"Options: {' '.join(settings['options'])}; operators {settings['operators']}.")
    return [f"## {case}", "", f"Test accuracy {medians}.", "", *head, *sorted(lines, key=lambda l: float(l.split("|")[1])), "", spent, ""]


def r2(arguments, folder, complexity, part):
    with np.load(part) as file:
        return float(1 - np.mean((predictions(arguments, folder, complexity, part)[0] - file["y"]) ** 2) / np.var(file["y"]))


def chaining(arguments):
    """Test accuracy (R2) of the member that does best on the validation rows within limits on complexity."""
    lines = ["| data | limit | " + " | ".join(f"`--method {chain}`" for chain in CHAINS) + " |", "|---|---|" + "---|" * len(CHAINS)]
    cpu = []
    for case in ("jets", *PMLB):
        work = arguments.work / "chaining" / case
        work.mkdir(parents=True, exist_ok=True)
        write_parts(case, work, arguments.data)
        is_jets = case == "jets"
        limits = [10, 16, 40] if is_jets else [10, 20, 40]
        operators = CASES["jets"]["operators"] if is_jets else "+ - * / square sqrt exp log sin cos tanh gauss"
        kind = {"task": "classification", "complexity": "sympy"} if is_jets else {"task": "regression", "complexity": "tree"}
        table = {limit: [[] for _ in CHAINS] for limit in limits}
        for seed in arguments.seeds:
            for at, chain in enumerate(CHAINS):
                folder = fit(arguments, work, seed, ["--maximum-complexity", "45"], operators, chain, **kind)
                cpu.append(json.loads((folder / "finished").read_text())["cpu"])
                members = list(csv.DictReader(open(folder / "front.csv")))
                for limit in limits:
                    outputs = len(members[0]["Equation"].split("; "))
                    within = [row for row in members if float(row["Complexity"]) / outputs <= limit]
                    if not within:
                        table[limit][at].append(float("nan"))
                    elif is_jets:
                        table[limit][at].append(choose(arguments, folder, work, limit, outputs)["test"])
                    else:
                        best = min(within, key=lambda row: float(row["Validation"]))
                        table[limit][at].append(r2(arguments, folder, best["Complexity"], work / "test.npz"))
                print(case, seed, chain, [f"{table[limit][at][-1]:.4f}" for limit in limits], flush=True)
        for limit in limits:
            lines.append(f"| {case} | {limit} | " + " | ".join(f"{np.median(values):.4f}" for values in table[limit]) + " |")
    return ["## Chaining", "", f"Test accuracy on jets, else test R2; medians over seeds {' '.join(map(str, arguments.seeds))}, {arguments.seconds:.0f} seconds each ({min(cpu):.0f} to {max(cpu):.0f} CPU seconds).", "", *lines, ""]


def figure(arguments, work):
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    write_parts("jets", work, arguments.data)
    options = ["--maximum-complexity", "1000", "--trials", "1", "--epochs", "200", "--layers", "2", "--unary", "20", "--binary", "20", "--batch", "1024", "--learning-rate", ".0015",
               "--schedule", "constant", "--targets-sparsity", ".9,.75,.6,.4", "--warm-up", "0", "--revival", "1", "--shrink-epochs", "0"]
    kinds, said, drawn = ("weight", "input", "unary", "binary"), [], None
    for seed in arguments.seeds:
        folder = fit(arguments, work / "fig7", seed, options, "+ * sin cos exp gauss sinh cosh tanh", data=work)
        rows = list(csv.DictReader(open(folder / "curves.csv")))
        drawn = drawn or rows
        last, best = rows[-1], max(rows, key=lambda r: float(r["accuracy"]))
        said.append(f"| {seed} | " + " | ".join(f"{float(last[kind]):.3f}" for kind in kinds) + f" | {float(last['accuracy']):.4f} | {float(best['accuracy']):.4f} (epoch {best['epoch']}) |")
        print(said[-1], flush=True)
    rows = drawn
    picture, axis = plt.subplots(figsize=(6, 4))
    for kind in kinds:
        line = axis.plot([float(r[kind]) for r in rows], label=f"{kind} sparsity")[0]
        axis.axhline(float(rows[0][f"{kind}_target"]), linestyle=":", color=line.get_color())
    axis.plot([float(r["accuracy"]) for r in rows], "k", label="validation accuracy")
    axis.set(xlabel="epoch", ylim=(0, 1))
    axis.legend(fontsize=8)
    picture.savefig(arguments.output.with_name("networks_fig7.svg"))
    targets = ", ".join(f"{kind} {float(rows[0][kind + '_target']):.2f}" for kind in kinds)
    return ["## The paper's Fig. 7 run", "", f"Sparsities after {len(rows)} epochs, targets: {targets}.", "", "| seed | weight | input | unary | binary | accuracy | at its best |", "|---|---|---|---|---|---|---|",
            *said, "", f"Options: {' '.join(options)}. Curves of the first seed: [networks_fig7.svg](networks_fig7.svg).", ""]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=[*CASES, "chaining", "fig7"], nargs="+")
    parser.add_argument("--balmer", default=str(ROOT / "build" / "balmer"))
    parser.add_argument("--data", type=pathlib.Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--seconds", type=float, help="of each fit; default: 3600, for chaining 90")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--option", action="append", default=[], help="passed on to balmer fit")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "balmer-networks")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "benchmarks" / "results" / "networks.md")
    arguments = parser.parse_args()
    given = arguments.seconds
    for case in arguments.case:
        work = arguments.work / ("jets" if case == "fig7" else case)
        work.mkdir(parents=True, exist_ok=True)
        arguments.seconds = given or (90 if case == "chaining" else 3600)
        lines = figure(arguments, work) if case == "fig7" else chaining(arguments) if case == "chaining" else run_case(arguments, case, work)
        part = arguments.work / f"{case}.md"
        part.write_text("\n".join(["```", sides.command_line(), "```", "", sides.machine(arguments.balmer), "", *lines]))
    parts = [arguments.work / f"{case}.md" for case in (*CASES, "chaining", "fig7")]
    arguments.output.write_text("# Symbolic networks\n\n" + "\n".join(part.read_text() for part in parts if part.exists()))


if __name__ == "__main__":
    main()
