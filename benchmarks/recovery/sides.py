"""The two sides of the comparisons: one search by balmer, one by pyoperon, answered in the same form.

A fit gives {"front": [{"formula", "size", ...}], "chosen": index, "curve": [[seconds, loss]], "seconds", "cpu", ...}.
Columns are named x1, x2, ... and y on both sides. pyoperon runs in a child process: python sides.py JOB.
"""
import csv
import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np

import formulas

OPERATORS = "+ - * / square sqrt exp log sin cos"  # balmer's default


def symbols(operators):
    """The same operators by pyoperon's names."""
    names = {"+": "add", "-": "sub", "*": "mul", "/": "div"}
    return ",".join([names.get(one, one) for one in operators.split()] + ["constant", "variable"])


def read_columns(path):
    """CSV -> {name: array}."""
    with open(path, newline="") as file:
        names = next(csv.reader(file))
    values = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)
    return {name: values[:, i] for i, name in enumerate(names)}


def write_columns(path, columns):
    np.savetxt(path, np.column_stack(list(columns.values())), delimiter=",", header=",".join(columns), comments="", fmt="%.17g")


def cpu_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


FINISHING = 1.1  # balmer polishes its front after the search, in up to a tenth of --seconds more: it is asked for less, so that both get the same


def fit_balmer(program, table, seconds, threads, seed, folder, options=(), target="y"):
    """Runs `balmer fit` and reads its run folder."""
    shutil.rmtree(folder, ignore_errors=True)
    before, load = cpu_of_children(), os.getloadavg()[0]
    command = [program, "fit", table, "--target", target, "--seconds", f"{seconds / FINISHING:.6g}", "--threads", str(threads), "--seed", str(seed),
               "--run-folder", folder, "--quiet", *options]
    started = time.perf_counter()
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    wall = time.perf_counter() - started
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{done.returncode}: {done.stderr[-2000:]}")
    folder = pathlib.Path(folder)
    run = json.loads((folder / "run.json").read_text())
    front = []
    with open(folder / "front.csv", newline="") as file:
        for row in csv.DictReader(file):
            front.append({"size": int(float(row["Complexity"])), "loss": float(row["Loss"]), "formula": row["Equation"]})
    chosen = next(i for i, member in enumerate(front) if member["size"] == run["chosen"])
    curve, best = [], float("inf")
    for line in (folder / "events.jsonl").read_text().splitlines():
        event = json.loads(line)
        if event["loss"] < best:
            best = event["loss"]
            curve.append([event["seconds"], best])
    return {"front": front, "chosen": chosen, "curve": curve, "seconds": run["seconds"], "wall": wall, "stop": run["stop"],
            "cpu": cpu_of_children() - before, "load": load}


def check_balmer(program, folder, fit, table, target="y"):
    """Raises when `predict` and the printed formula disagree; notes formulas whose size we count otherwise than the front."""
    columns = read_columns(table)
    predicted = subprocess.run([program, "predict", str(folder), str(table)], capture_output=True, text=True, check=True).stdout
    predicted = np.array([float(line.split(",")[0]) for line in predicted.splitlines()[1:]])
    chosen = fit["front"][fit["chosen"]]
    own = formulas.value(formulas.parse(chosen["formula"]), columns) * np.ones(len(predicted))
    difference = float(np.nanmax(np.abs(own - predicted)) / np.std(columns[target]))
    if not difference < 1e-9:
        raise AssertionError(f"predict and the printed formula differ by {difference}: {chosen['formula']}")
    fit["miscounted"] = [member["formula"] for member in fit["front"] if formulas.size(formulas.parse(member["formula"])) != member["size"]]
    return difference


def fit_pyoperon(table, seconds, threads, seed, iterations, operators=OPERATORS, target="y"):
    """One fit in a child process; its clock starts at its own `Run`, so neither import nor start-up is counted."""
    job = {"table": str(table), "seconds": seconds, "threads": threads, "seed": seed, "iterations": iterations, "target": target, "symbols": symbols(operators)}
    before, load = cpu_of_children(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        answer = pathlib.Path(folder) / "answer.json"
        (pathlib.Path(folder) / "job.json").write_text(json.dumps(job | {"answer": str(answer)}))
        done = subprocess.run([sys.executable, __file__, str(pathlib.Path(folder) / "job.json")], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"pyoperon: {done.returncode}: {done.stderr[-2000:]}")
        return json.loads(answer.read_text()) | {"cpu": cpu_of_children() - before, "load": load}


def pyoperon_child(job):
    """NSGA-II over R2 and length, linear scaling, Levenberg-Marquardt on all constants."""
    import warnings

    import pyoperon
    from pyoperon.sklearn import SymbolicRegressor

    warnings.simplefilter("ignore")
    columns = read_columns(job["table"])
    target = columns.pop(job["target"])
    inputs = np.column_stack(list(columns.values()))
    curve, clock = [], {}

    class Watched(pyoperon.NSGA2Algorithm):
        """Notes the best R2 after each generation."""

        def Run(self, random, _, threads, warm):
            clock["start"] = time.perf_counter()

            def generation():
                curve.append([time.perf_counter() - clock["start"], -min(one.GetFitness(0) for one in self.BestFront)])

            result = super().Run(random, generation, threads, warm)
            clock["end"] = time.perf_counter()
            return result

    pyoperon.NSGA2Algorithm = Watched
    regressor = SymbolicRegressor(
        allowed_symbols=job["symbols"], objectives=["r2", "length"], optimizer_iterations=job["iterations"], max_time=int(job["seconds"]),
        generations=10**8, max_evaluations=10**12, n_threads=job["threads"], random_state=job["seed"])
    regressor.fit(inputs, target)
    front, names = [], {name: old for name, old in zip(columns, regressor.variables_.values())}
    for member in regressor.pareto_front_:
        printed = regressor.get_model_string(member["tree"], 20, list(names))
        tree = formulas.fold(formulas.parse(printed))
        own = np.asarray(regressor.evaluate_model(member["tree"], inputs), dtype=float)
        difference = np.max(np.abs(formulas.value(tree, columns) - own)) / np.std(target)
        front.append({"formula": formulas.text(tree), "size": formulas.size(tree), "length": member["length"],
                      "mse": float(member["mean_squared_error"]), "difference": float(difference),
                      "mdl": float(member["minimum_description_length"]), "bic": float(member["bayesian_information_criterion"])})
    pathlib.Path(job["answer"]).write_text(json.dumps(
        {"front": front, "curve": curve, "seconds": clock["end"] - clock["start"], "generations": regressor.stats_["generations"]}))


def reached(curve, loss):
    """Seconds until the loss is first at or below; None when never."""
    return next((seconds for seconds, value in curve if value <= loss), None)


def command_line():
    """The command that was typed, as it is typed from the repository's root: without the places of program, work and output."""
    words, kept = iter(sys.argv[1:]), []
    for word in words:
        if word in ("--balmer", "--work", "--output", "--data", "--jets", "--published"):
            next(words, None)
        elif word.split("=")[0] not in ("--balmer", "--work", "--output", "--data", "--jets", "--published"):
            kept.append(word)
    return " ".join(["python benchmarks/recovery/" + pathlib.Path(sys.argv[0]).name, *kept])


def info(program):
    """What `balmer info` says, name -> text."""
    words = (line.split(None, 1) for line in subprocess.run([program, "info"], capture_output=True, text=True).stdout.splitlines())
    return dict(pair for pair in words if len(pair) == 2)


def commit(program):
    return info(program).get("commit", "unknown")


def machine(program):
    """Lines for the head of a results file: processor, compiler, commits, versions."""
    about = info(program)
    processor = platform.processor()
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            processor = line.split(":", 1)[1].strip()
            break
    versions = []
    for package in ("pyoperon", "gplearn", "sympy", "numpy"):
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            pass
    return (f"{processor}, {os.cpu_count()} virtual cores; balmer {about.get('version')} commit {about.get('commit')}, "
            f"{about.get('compiler')}; {', '.join(versions)}; {datetime.date.today()}")


class Records:
    """Finished cases, one JSON object a line; a case found here is not run again."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.rows = [json.loads(line) for line in self.path.read_text().splitlines()] if self.path.exists() else []

    def find(self, **key):
        return next((row for row in self.rows if all(row.get(k) == v for k, v in key.items())), None)

    def add(self, row):
        self.rows.append(row)
        with open(self.path, "a") as file:
            file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__)
    else:
        pyoperon_child(json.loads(pathlib.Path(sys.argv[1]).read_text()))
