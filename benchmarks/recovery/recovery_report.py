"""The recovery benchmark's table (Markdown) and picture (solved over time)."""
import statistics

import judging

# Share of exact recoveries that others state, and on what.
PUBLISHED = {
    ("feynman116", 0.0): "64.7 % (Keplearn, authors, 60 s); 55.8 % (AI Feynman, SRBench, hours)",
    ("feynman116", 0.001): "56.0 % (Keplearn, authors)",
    ("feynman116", 0.01): "44.0 % (Keplearn, authors)",
    ("feynman116", 0.1): "16.6 % (DSR, SRBench, 130 problems)",
    ("strogatz", 0.0): "29.5 % (best of SRBench)",
}


def groups(rows):
    found = {}
    for row in rows:
        found.setdefault((row["list"], row["noise"], row["units"]), []).append(row)
    return found


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def share(rows, good):
    count = sum(map(bool, map(good, rows)))
    return f"{count} of {len(rows)} ({100 * count / len(rows):.1f} %)"


def summary(rows):
    """One line for each list, noise and kind of units."""
    lines = ["| list | noise | units | strict | SRBench's rule | R2 > .999 | strict within 2 s: wall, CPU | median s: wall, CPU | 90 % s: wall, CPU | published |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    for (name, noise, units), of in groups(rows).items():
        walls, cpus = [row["wall"] for row in of], [row["cpu"] for row in of]
        lines.append(f"| {name} | {noise:g} | {units} | {share(of, lambda r: r['strict'])} | {share(of, lambda r: r['srbench'])} | {share(of, lambda r: r['r2'] > 0.999)} "
                     f"| {sum(r['strict'] and r['wall'] <= 2 for r in of)}, {sum(r['strict'] and r['cpu'] <= 2 for r in of)} "
                     f"| {statistics.median(walls):.2f}, {statistics.median(cpus):.2f} | {quantile(walls, 0.9):.2f}, {quantile(cpus, 0.9):.2f} "
                     f"| {PUBLISHED.get((name, noise), '')} |")
    return "\n".join(lines)


def cells(row):
    verdict = "strict" if row["strict"] else "SRBench" if row["srbench"] else "no"
    times = f"{row['wall']:.2f} | {row['cpu']:.2f}" + (f" (published {row['published']:g} s)" if row["published"] else "")
    return (f"| {row['list']} | {row['name']} | {row['noise']:g} | {row['units']} | {row['trial']} | {verdict} | {row['r2']:.6f} | {times} "
            f"| `{row['truth']}` | {'' if row['strict'] else '`' + row['formula'] + '`'} |")


def write(arguments, rows, sides):
    """Table and picture."""
    loads = [row["load"] for row in rows]
    lines = ["# Exact recovery", "", "```", sides.command_line(), "```", "", sides.machine(arguments.balmer), "",
             f"{arguments.seconds:g} s a problem, {arguments.threads} thread(s) each, {arguments.jobs} at a time, {arguments.trials} trial(s): seeds 1 to {arguments.trials} of rows and "
             f"search. Noise is relative to the target's root mean square (first-principles: to each value; its measurements as they are). "
             f"Seconds are of the whole process `balmer fit`, start-up and files included. Load average when a search started: median "
             f"{statistics.median(loads):.1f}, most {max(loads):.1f}.", "", *judging.__doc__.strip().splitlines(), "", summary(rows), "",
             f"![solved over time]({arguments.output.with_suffix('.svg').name})", "", "What took longer than 2 s of wall time or failed, and the AI Feynman paper's seven:", "",
             "| list | problem | noise | units | trial | verdict | R2 | wall s | CPU s | truth | found instead |", "|" + "---|" * 11]
    lines += [cells(row) for row in rows if not row["strict"] or row["wall"] > 2 or row["published"]]
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text("\n".join(lines) + "\n")
    picture(rows, arguments)


def picture(rows, arguments):
    """Share of strict recoveries over the seconds a search took: lines wall time, dots CPU time."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "balmer"
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9.5, 4.5))
    for (name, noise, units), of in groups(rows).items():
        label = f"{name}, noise {noise:g}" + (", units" if units == "with" else "")
        colour = None
        for key, style in (("wall", "-"), ("cpu", ":")):
            times = sorted(row[key] for row in of if row["strict"])
            shares = [100 * (i + 1) / len(of) for i in range(len(times))]
            line, = axes.step([0.01, *times, arguments.seconds * 1.2], [0, *shares, shares[-1] if shares else 0], style, where="post", color=colour,
                              label=f"{label}: {len(times)} of {len(of)}" if key == "wall" else None)
            colour = line.get_color()
    axes.set(xscale="log", xlim=(0.02, arguments.seconds * 1.2), ylim=(0, 101), xlabel="seconds (line: wall, dots: CPU)", ylabel="recovered exactly, strict count [%]")
    axes.axvline(2, color="0.8", linewidth=0.8, zorder=0)
    axes.grid(axis="y", color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))  # beside the curves
    figure.tight_layout()
    figure.savefig(arguments.output.with_suffix(".svg"), metadata={"Date": None})
