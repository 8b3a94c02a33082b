"""The recovery benchmark's problems: lists of formulas with known truth, each with the ranges and rows of its source.

A truth is written in x1, x2, ... (a row's inputs, in the source's order); names tell a search nothing. `problems(name)` gives one list.
"""
import csv
import dataclasses
import pathlib
import re

import fresh

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEFAULT_OPERATORS = "+ - * / square sqrt exp log sin cos"


@dataclasses.dataclass(frozen=True)
class Problem:
    """One formula to recover."""

    name: str
    truth: str  # in x1, x2, ... and, for measurements, in named constants that are fitted
    inputs: tuple = ()  # of each variable ("uniform" | "log" | "integer", low, high) or ("grid", first, last, step)
    rows: int = 1000
    operators: str = DEFAULT_OPERATORS  # of the whole list: none is told what its own formula needs
    units: tuple = ()  # of x1, x2, ..., y; empty: unknown
    system: tuple = ()  # dx/dt of all variables: rows lie on trajectories
    table: str = ""  # measured rows: a file of the first_principles folder, or CSV text
    relative: bool = False  # errors are a share of each value, not of the target's root mean square
    positive: float = 0.0  # rows with a target at or below this are drawn again
    seconds_published: float = 0.0  # AI Feynman's time


# SRBench leaves these out of the 120: arcsin and arccos, which its methods lack, and II.11.17 (La Cava et al. 2021, arXiv 2107.14351).
EXCLUDED_BY_SRBENCH = ("I.26.2", "I.30.5", "II.11.17", "test_10")
FEYNMAN_OPERATORS = DEFAULT_OPERATORS + " tanh asin acos"


def feynman():
    """The 100 equations of the Feynman database and its 20 bonus equations (Udrescu and Tegmark 2019)."""
    units = {}
    with open(ROOT / "data" / "feynman" / "units.csv", newline="") as lines:
        for row in csv.DictReader(lines):
            units[row["equation"]] = (row["target"], dict(part.strip().split("=", 1) for part in row["variables"].split(";")))
    found = []
    for file in ("FeynmanEquations.csv", "BonusEquations.csv"):
        with open(ROOT / "data" / "feynman" / file, encoding="utf-8-sig", newline="") as lines:
            found += [feynman_problem(row, units.get(row["Filename"])) for row in csv.DictReader(lines) if row["Filename"]]
    return found


def feynman_problem(row, unit):
    count = [i for i in range(1, 11) if row.get(f"v{i}_name")]
    names = [row[f"v{i}_name"] for i in count]
    renamed = {name: f"x{i + 1}" for i, name in enumerate(names)} | {"arcsin": "asin", "arccos": "acos", "arctan": "atan", "ln": "log"}
    truth = re.sub(r"[A-Za-z_]\w*", lambda m: renamed.get(m.group(), m.group()), row["Formula"]).replace("~", "-")
    return Problem(name=row["Filename"], truth=truth, inputs=tuple(("uniform", float(row[f"v{i}_low"]), float(row[f"v{i}_high"])) for i in count),
                   operators=FEYNMAN_OPERATORS, units=(*(unit[1][name] for name in names), unit[0]) if unit else ())


# The seven rows that the AI Feynman paper shows with times (I.6.20 and I.34.10 there are I.6.2 and I.34.1 in the database).
AI_FEYNMAN_TABLE = {"I.6.2": 2992, "I.9.18": 5975, "I.10.7": 14, "I.11.19": 184, "I.34.1": 13, "I.34.27": 8, "I.40.1": 20}


def uniform(low, high, variables):
    return (("uniform", low, high),) * variables


def of_list(name, operators, formulas):
    """Problems NAME-1, NAME-2, ... from (formula in x, y, ..., inputs, rows); a number given first stands for the counter."""
    problems, number = [], 0
    for formula, inputs, rows, *given in formulas:
        number = given[0] if given else number + 1
        renamed = {"x": "x1", "y": "x2", "z": "x3", "v": "x4", "w": "x5"}
        truth = re.sub(r"[A-Za-z_]\w*", lambda m: renamed.get(m.group(), m.group()), formula)
        problems.append(Problem(f"{name}-{number}", truth, inputs, rows, operators))
    return problems


def nguyen():
    """Uy et al. 2011, with numbers 11 and 12 of Petersen et al. 2021."""
    one, two = uniform(-1, 1, 1), uniform(0, 1, 2)
    return of_list("Nguyen", DEFAULT_OPERATORS + " ^", [
        ("x^3+x^2+x", one, 20), ("x^4+x^3+x^2+x", one, 20), ("x^5+x^4+x^3+x^2+x", one, 20), ("x^6+x^5+x^4+x^3+x^2+x", one, 20),
        ("sin(x^2)*cos(x)-1", one, 20), ("sin(x)+sin(x+x^2)", one, 20), ("log(x+1)+log(x^2+1)", uniform(0, 2, 1), 20),
        ("sqrt(x)", uniform(0, 4, 1), 20), ("sin(x)+sin(y^2)", two, 20), ("2*sin(x)*cos(y)", two, 20), ("x^y", two, 20),
        ("x^4-x^3+y^2/2-y", two, 20)])


def keijzer():
    """Keijzer 2003 as numbered by McDermott et al. 2012; number 6 (a harmonic sum) has no closed form and is left out."""
    return of_list("Keijzer", DEFAULT_OPERATORS + " ^", [
        *(("0.3*x*sin(2*pi*x)", (("grid", -n, n, 0.1),), 0) for n in (1, 2, 3)),
        ("x^3*exp(-x)*cos(x)*sin(x)*(sin(x)^2*cos(x)-1)", (("grid", 0, 10, 0.05),), 0),
        ("30*x*z/((x-10)*y^2)", (("uniform", -1, 1), ("uniform", 1, 2), ("uniform", -1, 1)), 1000),
        ("log(x)", (("grid", 1, 100, 1),), 0, 7), ("sqrt(x)", (("grid", 0, 100, 1),), 0, 8), ("log(x+sqrt(x^2+1))", (("grid", 0, 100, 1),), 0, 9),
        ("x^y", uniform(0, 1, 2), 100, 10), ("x*y+sin((x-1)*(y-1))", uniform(-3, 3, 2), 20, 11), ("x^4-x^3+y^2/2-y", uniform(-3, 3, 2), 20, 12),
        ("6*sin(x)*cos(y)", uniform(-3, 3, 2), 20, 13), ("8/(2+x^2+y^2)", uniform(-3, 3, 2), 20, 14),
        ("x^3/5+y^3/2-y-x", uniform(-3, 3, 2), 20, 15)])


def livermore():
    """Mundhenk et al. 2021."""
    one, two, roots = uniform(-1, 1, 1), uniform(0, 1, 2), uniform(0, 4, 1)
    power_sum = lambda degree: "+".join(f"x^{k}" if k > 1 else "x" for k in range(degree, 0, -1))
    return of_list("Livermore", DEFAULT_OPERATORS + " ^", [
        ("1/3+x+sin(x^2)", uniform(-10, 10, 1), 1000), ("sin(x^2)*cos(x)-2", one, 20), ("sin(x^3)*cos(x^2)-1", one, 20),
        ("log(x+1)+log(x^2+1)+log(x)", uniform(0, 2, 1), 20), ("x^4-x^3+x^2-y", two, 20), ("4*x^4+3*x^3+2*x^2+x", one, 20),
        ("(exp(x)-exp(-x))/2", one, 20), ("(exp(x)+exp(-x))/2", one, 20), (power_sum(9), one, 20), ("6*sin(x)*cos(y)", two, 20),
        ("x^2*y^2/(x+y)", uniform(-1, 1, 2), 50), ("x^5/y^3", uniform(-1, 1, 2), 50), ("x^(1/3)", roots, 20),
        ("x^3+x^2+x+sin(x)+sin(x^2)", one, 20), ("x^(1/5)", roots, 20), ("x^(2/5)", roots, 20), ("4*sin(x)*cos(y)", two, 20),
        ("sin(x^2)*cos(x)-5", one, 20), ("x^5+x^4+x^2+x", one, 20), ("exp(-x^2)", one, 20), (power_sum(8), one, 20), ("exp(-0.5*x^2)", one, 20)])


def korns():
    """Korns 2011: five variables, of which few act; rows outside a formula's domain are drawn again."""
    box = uniform(-50, 50, 5)
    return of_list("Korns", DEFAULT_OPERATORS + " tan tanh", [(formula, box, 1000) for formula in (
        "1.57+24.3*v", "0.23+14.2*(v+y)/(3*w)", "-5.41+4.9*(v-x+y/w)/(3*w)", "-2.3+0.13*sin(z)", "3+2.13*log(w)", "1.3+0.13*sqrt(x)",
        "213.80940889*(1-exp(-0.54723748542*x))", "6.87+11*sqrt(7.23*x*v*w)", "sqrt(x)/log(y)*exp(z)/v^2", "0.81+24.3*(2*y+3*z^2)/(4*v^3+5*w^4)",
        "6.87+11*cos(7.23*x^3)", "2-2.1*cos(9.8*x)*sin(1.3*w)", "32-3*tan(x)/tan(y)*tan(z)/tan(v)", "22-4.2*(cos(x)-tan(y))*(tanh(z)/sin(v))",
        "12-6*tan(x)/exp(y)*(log(z)-tan(v))")])


def jin():
    """Jin et al. 2019."""
    return of_list("Jin", DEFAULT_OPERATORS, [(formula, uniform(-3, 3, 2), 100) for formula in (
        "2.5*x^4-1.3*x^3+0.5*y^2-1.7*y", "8.0*x^2+8.0*y^3-15.0", "0.2*x^3+0.5*y^3-1.2*y-0.5*x", "1.5*exp(x)+5.0*cos(y)", "6.0*sin(x)*cos(y)",
        "1.35*x*y+5.5*sin((x-1.0)*(y-1.0))")])


def curves():
    """Shapes that measurements of one variable show, with arbitrary constants: a resonance, decays, a threshold ..."""
    laws = {"resonance": ("1000/((x1-91.2)^2+1.5625)+5", 60, 120), "peak": ("3.1*exp(-(x1-4.3)^2/1.62)+0.8", 0, 10),
            "two-decays": ("5.1*exp(-1.31*x1)+2.2*exp(-0.23*x1)", 0, 10), "hill": ("3.3*x1^2.6/(x1^2.6+4.61)", 0.1, 8),
            "thermal": ("7.3*x1^3/(exp(1.43*x1)-1)", 0.1, 8), "arrhenius": ("3.1e5*exp(-1234/x1)", 250, 500), "threshold": ("2.3*(x1-1.7)^1.37", 2, 10),
            "turn-on": ("4.2/(1+exp(-(x1-3.7)/0.63))", 0, 10), "step-on-slope": ("0.3*x1+1.2*tanh((x1-4.4)/1.7)", 0, 9),
            "rise-and-decay": ("1.7*x1^0.83*exp(-0.41*x1)+0.6", 0.5, 9), "damped-wave": ("2.3*exp(-0.17*x1)*cos(1.9*x1+0.4)", 0, 12)}
    return [Problem(name, truth, (("uniform", low, high),), 300, DEFAULT_OPERATORS + " ^ tanh") for name, (truth, low, high) in laws.items()]


def strogatz():
    """Seven systems of two variables (Strogatz 2014, as in La Cava et al. 2016): four trajectories of 100 states, their exact derivatives as targets."""
    systems = {
        "bacteria": ("20-x1-x1*x2/(1+0.5*x1^2)", "10-x1*x2/(1+0.5*x1^2)", ((1, 12), (1, 12))),
        "bar-magnets": ("0.5*sin(x1-x2)-sin(x1)", "0.5*sin(x2-x1)-sin(x2)", ((0, 6), (0, 6))),
        "glider": ("-0.05*x1^2-sin(x2)", "x1-cos(x2)/x1", ((2, 8), (-2, 2))),
        "lotka-volterra": ("3*x1-2*x1*x2-x1^2", "2*x2-x1*x2-x2^2", ((1, 8), (1, 5))),
        "predator-prey": ("x1*(4-x1-x2/(1+x1))", "x2*(x1/(1+x1)-0.075*x2)", ((1, 5), (1, 12))),
        "shear-flow": ("cos(x2)/sin(x2)*cos(x1)", "(cos(x2)^2+0.1*sin(x2)^2)*sin(x1)", ((-1.5, 1.5), (0.3, 1.3))),
        "van-der-pol": ("10*(x2-(1/3)*(x1^3-x1))", "-1/10*x1", ((-2, 2), (-1, 1)))}
    return [Problem(f"{name}-{i + 1}", system[i], tuple(("uniform", *start) for start in system[2]), 400, system=system[:2])
            for name, system in systems.items() for i in (0, 1)]


def first_principles():
    """Measurements, and the generators of the PySR paper with errors of 1 %: laws with constants that the search must find itself."""
    kepler = "x1,y\n0.389,87.77\n0.724,224.70\n1,365.25\n1.524,686.95\n5.20,4332.62\n9.510,10759.2\n"
    operators = DEFAULT_OPERATORS + " ^"
    return [Problem("hubble", "h*x1", operators=operators, table="hubble.csv"),
            Problem("leavitt", "a*log(x1)+d", operators=operators, table="leavitt.csv"),
            Problem("tully-fisher", "k*x1^2.5", operators=operators, table="tully.csv", relative=True),
            Problem("kepler", "k*sqrt(x1^3)", operators=operators, table=kepler, relative=True),
            Problem("newton", "6.67408e-11*x2*x3/x1^2", (("log", 3.7e8, 7.37593e12), ("log", 1.3e22, 2e30), ("log", 1.3e22, 2e30)), 30, operators, relative=True),
            Problem("planck", "2*6.62607004e-34*x1^3/299792458^2/(exp(6.62607004e-34/1.38064852e-23*x1/x2)-1)", (("log", 1e9, 1e16), ("log", 100, 6000)), 100,
                    operators, relative=True, positive=1e-20),
            Problem("schechter", "0.002/2.5e8*(x1/2.5e8)^(-1.2)*exp(-x1/2.5e8)", (("log", 1e6, 3e9),), 27, operators, relative=True),
            Problem("ideal-gas", "8.314*x1*x2/x3", (("uniform", 1, 100), ("uniform", 300, 400), ("uniform", 1, 100)), 30, operators, relative=True),
            Problem("rydberg", "1/(1.097e7*(1/x1^2-1/x2^2))", (("integer", 1, 6), ("integer", 2, 7)), 50, operators, relative=True, positive=1e-30)]


def fresh_problems(seed, count, kind):
    """Random formulas with the grammar and sizes of the Feynman set (docs/fresh_formulas.md)."""
    known = feynman()
    return [Problem(f"{kind}-{i + 1}", truth, inputs, operators=FEYNMAN_OPERATORS)
            for i, (truth, inputs) in enumerate(fresh.drawn([(p.truth, p.inputs) for p in known], seed, count, fresh.KINDS[kind]))]


LISTS = {
    "feynman116": lambda: [p for p in feynman() if p.name not in EXCLUDED_BY_SRBENCH],
    "feynman120": feynman,
    "ai-feynman": lambda: [dataclasses.replace(p, seconds_published=AI_FEYNMAN_TABLE[p.name]) for p in feynman() if p.name in AI_FEYNMAN_TABLE],
    "strogatz": strogatz, "nguyen": nguyen, "keijzer": keijzer, "livermore": livermore, "korns": korns, "jin": jin,
    "first-principles": first_principles, "curves": curves,
}


def problems(name, seed=0, count=200):
    """The list of that name; `fresh` and `constants` are drawn from the seed."""
    return fresh_problems(seed, count, name) if name in fresh.KINDS else LISTS[name]()
