#!/usr/bin/env python3
"""Fits the constants of the complexity `lut` to what benchmarks/hardware/complexity measured, and says how well the present ones and the fitted ones order circuits.

    python benchmarks/hardware/complexity_constants.py FITTED.csv HELD.csv

Needs numpy and scipy.
"""
import csv
import sys

import numpy as np
from scipy.optimize import nnls

PARTS = ("inputs", "tables", "adders", "factors", "products", "comparisons", "selections")


def read(path):
    """Parts, present complexity and LUT of each model."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["model"] != "model"]
    return (np.array([[float(row[part]) for part in PARTS] for row in rows]), np.array([float(row["complexity"]) for row in rows]),
            np.array([float(row["lut"]) for row in rows]))


def describe(name, guess, lut):
    """Rank correlation, and the median error of the guess."""
    ranks = [np.argsort(np.argsort(values)) for values in (guess, lut)]
    print(f"{name:>10}: {len(lut)} models, rank correlation {np.corrcoef(*ranks)[0, 1]:.3f}, median error {np.median(abs(guess - lut) / np.maximum(lut, 8)):.2f}")


def main():
    """Fits by relative errors, prints both."""
    parts, complexity, lut = read(sys.argv[1])
    weight = 1 / np.maximum(lut, 8)
    constants, _ = nnls(parts * weight[:, None], lut * weight)
    print({part: round(float(value), 2) for part, value in zip(PARTS, constants)})
    for path in sys.argv[1:]:
        parts, complexity, lut = read(path)
        describe("present", complexity, lut)
        describe("fitted", parts @ constants, lut)


if __name__ == "__main__":
    main()
