#!/usr/bin/env python3
"""Every fourth of the 120 Feynman equations: exact recovery, R2 and time, balmer against pyoperon, alternating problem by problem.

1,000 rows to fit and 1,000 fresh rows to test, no noise; both sides get the same operators, threads and seconds. Finished
cases are kept in the work folder and skipped when the command is run again. Needs numpy, scipy, sympy and pyoperon:

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install pyoperon==0.6.2 scipy sympy
    /tmp/peers/bin/python benchmarks/recovery/feynman30.py --balmer build/balmer --seeds 3

How it is counted, the same for both sides. `chosen`: the formula the program would hand to its user (balmer: run.json;
pyoperon: the front's smallest mean squared error, the natural choice without noise). `front`: any formula of the front.
Strict and SRBench's rule are those of judging.py, which fits constants once more in double precision (pyoperon works in single).
Seconds to R2 are on the fitted rows, from each side's own clock: balmer's events.jsonl, pyoperon's callback after each generation.
"""
import argparse
import pathlib
import statistics
import tempfile

import numpy as np

import formulas
import judging
import problems
import sides
import tables

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run_case(arguments, problem, seed, side, work):
    seen, clean, test = tables.rows_of(problem, 0, seed)
    train_path, test_path = work / f"{problem.name}_{seed}.csv", work / f"{problem.name}_{seed}_test.csv"
    sides.write_columns(train_path, seen)
    sides.write_columns(test_path, test)
    if side == "balmer":
        folder = work / f"run_{problem.name}_{seed}"
        fit = sides.fit_balmer(arguments.balmer, train_path, arguments.seconds, arguments.threads, seed, folder, ["--operators", arguments.operators, *arguments.option])
        sides.check_balmer(arguments.balmer, folder, fit, test_path)
        variance = np.var(seen["y"])
        fit["curve"] = [[seconds, 1 - loss / variance] for seconds, loss in fit["curve"]]
    else:
        fit = sides.fit_pyoperon(train_path, arguments.seconds, arguments.threads, seed, arguments.iterations, arguments.operators)
        fit["chosen"] = min(range(len(fit["front"])), key=lambda i: fit["front"][i]["mse"])
    for member in fit["front"]:
        member |= judging.judge(member["formula"], clean, test, problem.truth, 0, [name for name in seen if name != "y"])
    return fit


def summarise(row):
    """The figures of one fit."""
    front, chosen = row["front"], row["front"][row["chosen"]]
    best = max([value for _, value in row["curve"]], default=-np.inf)
    fitting = front[min(range(len(front)), key=lambda i: front[i].get("loss", front[i].get("mse")))]
    size = chosen["size"] if row["side"] == "balmer" else formulas.size(formulas.fold(formulas.parse(chosen["formula"])))
    return {"r2": chosen["r2"], "r2_fitting": fitting["r2"], "size": size, "strict": chosen["strict"], "srbench": chosen["srbench"],
            "strict_front": any(m["strict"] for m in front), "srbench_front": any(m["srbench"] for m in front),
            "t999": seconds_to(row, 0.999), "best": best}


def seconds_to(row, wanted):
    return next((seconds for seconds, value in row["curve"] if value >= wanted), None)


def write(arguments, records, names):
    rows = [r for r in records.rows if r["seconds_asked"] == arguments.seconds and (r["side"] == "balmer" or r["iterations"] == arguments.iterations)]
    seeds = sorted({r["seed"] for r in rows})
    lines = [f"# {len(names)} Feynman equations, no noise: balmer and pyoperon", "", "```", sides.command_line(), "```", "",
             sides.machine(arguments.balmer), "",
             f"{arguments.seconds:g} s and {arguments.threads} threads a fit, operators {arguments.operators}; pyoperon optimizer_iterations "
             f"{arguments.iterations}, objectives r2 and length; seeds run: "
             + "; ".join(f"{side} {', '.join(map(str, sorted({r['seed'] for r in rows if r['side'] == side})))}" for side in ("balmer", "pyoperon")) + ". "
             f"Load average when a fit started: median {statistics.median(r['load'] for r in rows):.1f}, most {max(r['load'] for r in rows):.1f}; "
             + "; ".join(f"{side}: median {statistics.median(r['seconds'] for r in of):.1f} s, at most {max(r['seconds'] for r in of):.1f} s, "
                         f"{statistics.median(r['cpu'] for r in of):.1f} CPU seconds a fit"
                         for side in ("balmer", "pyoperon") if (of := [r for r in rows if r["side"] == side])) + " (balmer stops when a formula is exact).", ""]
    lines += [line.strip() for line in __doc__.split("How it is counted")[1].splitlines()]
    lines[-len(__doc__.split("How it is counted")[1].splitlines())] = "How it is counted" + __doc__.split("How it is counted")[1].splitlines()[0]
    table, pairs = [], []
    totals = {side: [] for side in ("balmer", "pyoperon")}
    for name in names:
        for seed in seeds:
            both = {}
            for side in totals:
                row = next((r for r in rows if (r["name"], r["seed"], r["side"]) == (name, seed, side)), None)
                if row:
                    both[side] = (row, summarise(row))
                    totals[side].append(both[side][1])
            if not both:
                continue
            cells = [name, str(seed)]
            for side in totals:
                if side not in both:
                    cells += ["-"] * 4
                    continue
                s = both[side][1]
                verdict = "strict" if s["strict"] else "SRBench" if s["srbench"] else "front" if s["srbench_front"] else "no"
                cells += [verdict, f"{s['r2']:.6f}", str(s["size"]), "-" if s["t999"] is None else f"{s['t999']:.2f}"]
            if len(both) == 2:
                goal = min(both["balmer"][1]["best"], both["pyoperon"][1]["best"])
                if goal > 0.999:
                    goal = min(goal, 1 - 1e-7)  # single precision sees no more
                times = [seconds_to(both[side][0], goal) for side in totals]
                cells.append(f"{times[0]:.2f} / {times[1]:.2f}")
                pairs.append((times[0] / times[1], both["pyoperon"][1]["best"] > 0.999 and both["balmer"][1]["best"] > 0.999,
                              [both[side][1]["t999"] for side in totals]))
            else:
                cells.append("-")
            table.append("| " + " | ".join(cells) + " |")
    lines += ["", "| | balmer | pyoperon |", "|---|---|---|"]
    for label, key in (("exact, SRBench's rule, chosen", "srbench"), ("exact, SRBench's rule, on the front", "srbench_front"),
                       ("exact, strict, chosen", "strict"), ("exact, strict, on the front", "strict_front")):
        lines.append(f"| {label} | " + " | ".join(share(totals[side], lambda s: s[key], len(names)) for side in totals) + " |")
    lines.append("| R2 > .999 on test rows, chosen | " + " | ".join(share(totals[side], lambda s: s["r2"] > 0.999, len(names)) for side in totals) + " |")
    lines.append("| size (`tree`) of the chosen, median | " + " | ".join(
        f"{statistics.median(s['size'] for s in totals[side]):g}" if totals[side] else "-" for side in totals) + " |")
    for label, chosen in (("all problems", pairs), ("problems both bring above .999", [p for p in pairs if p[1]])):
        if chosen:
            lines.append(f"| time to equal R2 (the lesser of the two best), median ratio over {len(chosen)} {label} | {statistics.median(p[0] for p in chosen):.3f} | 1 |")
    times = [t for _, _, t in pairs if None not in t]
    if times:
        lines.append(f"| seconds to R2 > .999, median over the {len(times)} that both reach | {statistics.median(t[0] for t in times):.2f} | {statistics.median(t[1] for t in times):.2f} |")
    lines += ["", "Per problem: recovery of the chosen formula (front: only another one of the front is exact), R2 on test rows, size, seconds to R2 > .999; last: seconds to equal R2, balmer / pyoperon.", "",
              "| equation | seed | balmer | R2 | size | s | pyoperon | R2 | size | s | equal R2 |", "|" + "---|" * 11, *table, ""]
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text("\n".join(lines))


def share(summaries, good, problems):
    if not summaries:
        return "-"
    count = sum(map(bool, map(good, summaries)))
    return f"{count} of {len(summaries)}" + (f" ({count * problems / len(summaries):.1f} a seed)" if len(summaries) > problems else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--balmer", default=str(ROOT / "build" / "balmer"), help="the program")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=3, help="seeds 1..N")
    parser.add_argument("--every", type=int, default=4, help="every n-th equation")
    parser.add_argument("--only", nargs="*", help="these equations alone")
    parser.add_argument("--operators", default=sides.OPERATORS + " tanh", help="of both sides; the 30 equations need these and no other")
    parser.add_argument("--iterations", type=int, default=5, help="pyoperon's optimizer_iterations")
    parser.add_argument("--sides", nargs="*", default=["balmer", "pyoperon"])
    parser.add_argument("--option", action="append", default=[], help="passed on to balmer fit, as --option=--method --option=genetic")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "balmer-feynman30", help="tables, runs, records.jsonl")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "benchmarks" / "results" / "feynman30.md")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    records = sides.Records(arguments.work / "records.jsonl")
    chosen = [p for p in problems.feynman()[:: arguments.every] if not arguments.only or p.name in arguments.only]
    for seed in range(1, arguments.seeds + 1):
        for problem in chosen:
            for side in arguments.sides:
                key = {"name": problem.name, "seed": seed, "side": side, "seconds_asked": arguments.seconds,
                       "iterations": arguments.iterations if side == "pyoperon" else 0}
                if records.find(**key):
                    continue
                records.add(key | run_case(arguments, problem, seed, side, arguments.work))
                s = summarise(records.rows[-1])
                print(f"{problem.name:9} {seed} {side:8} R2 {s['r2']:.7f} size {s['size']:3} strict {s['strict']:d} srbench {s['srbench']:d} "
                      f"front {s['srbench_front']:d} .999 {s['t999'] or float('nan'):6.2f} s  {records.rows[-1]['front'][records.rows[-1]['chosen']]['formula'][:100]}", flush=True)
                write(arguments, records, [p.name for p in chosen])


if __name__ == "__main__":
    main()
