#!/usr/bin/env python3
"""Exact recovery of known formulas: which lists, how much noise, with or without units, how often and how fast.

    .venv/bin/python benchmarks/recovery/recovery.py --lists feynman116 --noise 0 --trials 1 --jobs 2
    .venv/bin/python benchmarks/recovery/recovery.py --lists fresh constants --list-seed 0x1a2b3c4d --count 200
    .venv/bin/python benchmarks/recovery/recovery.py --lists feynman120 --units with --output benchmarks/results/units.md

Lists: feynman116, feynman120, ai-feynman (the seven of that paper's table), strogatz, nguyen, keijzer, livermore, korns, jin, first-principles, curves,
fresh and constants (drawn from --list-seed, docs/fresh_formulas.md). Noise is relative to the target's root mean square. A trial has rows
and a search of its own seed. Every problem is one process with --threads threads, --jobs of them at a time. Finished cases are kept in the work folder
and skipped when the command is run again. Writes one table (--output) and one picture beside it: solved over time.
"""
import argparse
import concurrent.futures
import pathlib
import tempfile
import time

import judging
import problems
import recovery_report
import sides
import tables

ROOT = problems.ROOT
UNITS = {"without": False, "with": True}


def run_case(program, problem, case, options, work):
    """One search and its verdict; runs in a process of its own."""
    folder = work / "-".join(str(case[key]) for key in ("list", "name", "noise", "units", "trial"))
    folder.mkdir(parents=True, exist_ok=True)
    seen, clean, test = tables.rows_of(problem, case["noise"], case["trial"])
    table = folder / "table.csv"
    sides.write_columns(table, seen)
    names = [name for name in seen if name != "y"]
    arguments = ["--operators", problem.operators, *options]
    if case["units"] == "with":
        arguments += ["--units", ",".join(f"{name}={unit}" for name, unit in zip([*names, "y"], problem.units))]
    if problem.relative and case["noise"] > 0:
        arguments += ["--sigma", f"{case['noise']:g}*y"]
    fit = sides.fit_balmer(program, table, case["seconds"], case["threads"], case["trial"], folder / "run", arguments)
    chosen = fit["front"][fit["chosen"]]
    verdict = judging.judge(chosen["formula"], clean, test, problem.truth, case["noise"], names)
    return case | verdict | {"formula": chosen["formula"], "size": chosen["size"], "truth": problem.truth, "stop": fit["stop"], "wall": fit["wall"],
                             "cpu": fit["cpu"], "load": fit["load"], "published": problem.seconds_published}


def cases_of(arguments, commit):
    """(problem, what identifies its run) in the order they are run."""
    for name in arguments.lists:
        for trial in range(1, arguments.trials + 1):
            for noise in arguments.noise:
                for units in arguments.units:
                    for problem in problems.problems(name, arguments.list_seed, arguments.count)[:: arguments.every]:
                        if arguments.only and problem.name not in arguments.only or units == "with" and not problem.units:
                            continue
                        yield problem, {"list": name, "name": problem.name, "noise": 0.01 if problem.table else noise, "units": units, "trial": trial,
                                        "seconds": arguments.seconds, "threads": arguments.threads, "list_seed": arguments.list_seed,
                                        "options": arguments.option, "commit": commit}


def say(row, done, count):
    verdict = "strict" if row["strict"] else "SRBench" if row["srbench"] else "no"
    print(f"{done}/{count} {row['list']} {row['name']:10} noise {row['noise']:g} {verdict:7} R2 {row['r2']:.7f} wall {row['wall']:6.2f} cpu {row['cpu']:6.2f} s "
          f"{row['stop']:10} size {row['size']:3}  {row['formula'][:90]}   [{row['truth'][:70]}]", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--balmer", default=str(ROOT / "build" / "balmer"), help="the program")
    parser.add_argument("--lists", nargs="+", default=["feynman116"])
    parser.add_argument("--noise", nargs="+", type=float, default=[0.0])
    parser.add_argument("--units", nargs="+", choices=UNITS, default=["without"], help="with: only problems whose units are known")
    parser.add_argument("--trials", type=int, default=1, help="seeds 1..N of rows and search")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--jobs", type=int, default=2, help="problems at a time")
    parser.add_argument("--threads", type=int, default=1, help="of each problem; 60 s on two cores: --threads 2 --jobs 1")
    parser.add_argument("--list-seed", type=lambda text: int(text, 0), default=1, help="of fresh and constants")
    parser.add_argument("--count", type=int, default=200, help="of fresh and constants")
    parser.add_argument("--every", type=int, default=1, help="every n-th problem of each list")
    parser.add_argument("--only", nargs="*", help="these problems alone")
    parser.add_argument("--option", action="append", default=[], help="passed on to balmer fit, as --option=--method --option=genetic")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir()) / "balmer-recovery", help="tables, runs, records.jsonl")
    parser.add_argument("--output", type=pathlib.Path, help="table (.md); a picture of the same name (.svg) beside it")
    arguments = parser.parse_args()
    records = sides.Records(arguments.work / "records.jsonl")
    all_cases = list(cases_of(arguments, sides.commit(arguments.balmer)))
    waiting = [(problem, case) for problem, case in all_cases if not records.find(**case)]
    done = len(all_cases) - len(waiting)
    started = time.perf_counter()
    with concurrent.futures.ProcessPoolExecutor(arguments.jobs) as pool:
        running = {pool.submit(run_case, arguments.balmer, problem, case, arguments.option, arguments.work): case for problem, case in waiting}
        for finished in concurrent.futures.as_completed(running):
            done += 1
            try:
                records.add(finished.result())
            except Exception as error:  # one broken case must not end the others; it is reported and run again next time
                print(f"{running[finished]['name']} failed: {error}", flush=True)
                continue
            say(records.rows[-1], done, len(all_cases))
    rows = [row for _, case in all_cases if (row := records.find(**case))]
    print(recovery_report.summary(rows))
    print(f"{time.perf_counter() - started:.0f} s")
    if arguments.output:
        recovery_report.write(arguments, rows, sides)


if __name__ == "__main__":
    main()
