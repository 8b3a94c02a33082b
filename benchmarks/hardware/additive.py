#!/usr/bin/env python3
"""Scores that are sums of functions of one feature, fitted on replica jets: what a circuit takes as one table per term.

Each class has, for each of four features x, a*tanh(b*x + c) + d*gauss(e*x + f); softmax loss, Adam, 20,000 of the first 100,000 rows,
accuracy on every fifth of them. Writes the five formulas, separated by ';', for `jets --formulas`. Needs numpy:

    python benchmarks/hardware/additive.py --jets FOLDER --output additive.txt
    build/benchmarks/hardware/jets SHARED --formulas additive.txt --agreement .94 --latency 2 --synthesize additive
"""
import argparse
import pathlib
import sys

import numpy as np

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "recovery"))
from jets import read_jets

FEATURES = {"multiplicity": "multiplicity", "c1_b1": "c1_b1_mmdt", "c1_b2": "c1_b2_mmdt", "mass_mmdt": "mass_mmdt"}
CLASSES = 5


def scores(parameters, x):
    """Scores by row and class, and what their gradients need: x is rows x 1 x features."""
    bent = np.tanh(parameters["b"] * x + parameters["c"])
    place = parameters["e"] * x + parameters["f"]
    bump = np.exp(-place * place)
    return (parameters["a"] * bent + parameters["d"] * bump).sum(2) + parameters["offset"], bent, place, bump


def gradients(parameters, x, labels):
    """Of the mean softmax loss."""
    value, bent, place, bump = scores(parameters, x)
    value = np.exp(value - value.max(1, keepdims=True))
    error = value / value.sum(1, keepdims=True)
    error[np.arange(len(labels)), labels] -= 1
    error = error[:, :, None] / len(labels)
    inside = error * parameters["a"] * (1 - bent * bent)
    slope = error * parameters["d"] * bump * (-2 * place)
    return {"a": (error * bent).sum(0), "b": (inside * x).sum(0), "c": inside.sum(0), "d": (error * bump).sum(0), "e": (slope * x).sum(0),
            "f": slope.sum(0), "offset": error.sum((0, 2))}


def fit(x, labels, steps, seed):
    """Parameters after `steps` of Adam on batches of 4,000 rows."""
    random = np.random.default_rng(seed)
    shape = (CLASSES, x.shape[2])
    parameters = {"a": random.normal(0, .3, shape), "b": random.uniform(.7, 1.5, shape), "c": random.normal(0, .5, shape),
                  "d": random.normal(0, .3, shape), "e": random.uniform(.8, 2.5, shape), "f": random.normal(0, .5, shape),
                  "offset": np.zeros(CLASSES)}
    first = {name: np.zeros_like(value) for name, value in parameters.items()}
    second = {name: np.zeros_like(value) for name, value in parameters.items()}
    for step in range(1, steps + 1):
        rows = random.integers(0, len(labels), 4000)
        rate = .03 if step < .65 * steps else .01
        for name, gradient in gradients(parameters, x[rows], labels[rows]).items():
            first[name] = .9 * first[name] + .1 * gradient
            second[name] = .999 * second[name] + .001 * gradient**2
            parameters[name] -= rate * first[name] / (1 - .9**step) / (np.sqrt(second[name] / (1 - .999**step)) + 1e-8)
    return parameters


def formulas(parameters):
    """One text per class."""
    def number(name, *at):
        return f"{parameters[name][at]:.4f}"

    for k in range(CLASSES):
        terms = [f"{number('a', k, j)}*tanh({number('b', k, j)}*{x} + {number('c', k, j)}) + {number('d', k, j)}*gauss({number('e', k, j)}*{x} + {number('f', k, j)})"
                 for j, x in enumerate(FEATURES)]
        yield " + ".join(terms) + f" + {number('offset', k)}"


def main():
    """Fits and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jets", type=pathlib.Path, required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("--steps", type=int, default=700)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    columns, labels = read_jets(options.jets, 100_000)
    x = np.stack([columns[name] for name in FEATURES.values()], 1)[:, None, :]
    held_out = np.arange(len(labels)) % 5 == 0
    training = np.flatnonzero(~held_out)[:20_000]
    parameters = fit(x[training], labels[training], options.steps, options.seed)
    print(f"accuracy on held-out rows: {(scores(parameters, x[held_out])[0].argmax(1) == labels[held_out]).mean():.4f}")
    options.output.write_text(";".join(formulas(parameters)))


if __name__ == "__main__":
    main()
