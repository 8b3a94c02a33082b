#!/usr/bin/env python3
"""Factors for the LUT constants of src/hardware/hardware_cost.cpp, fitted to Yosys' counts of random circuits.

    python benchmarks/hardware/cost_constants.py FITTED/estimates.csv HELD_OUT/estimates.csv

Each kind of operation has one factor; relative errors, least absolute deviations by reweighting, drawn to 1 where the circuits say little. Needs numpy.
"""
import csv
import sys

import numpy as np

KINDS = ("add", "multiply", "square", "table", "saturate", "select", "round", "compare", "equal")


def read(path):
    """Estimated LUTs by circuit and kind, and Yosys' count by circuit."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return np.array([[float(row[kind]) for kind in KINDS] for row in rows]), np.array([float(row["yosys_lut"]) for row in rows])


def fit(parts, counted):
    """One factor per kind, at least 0."""
    scaled = parts / np.maximum(counted, 1)[:, None]
    factors = np.ones(len(KINDS))
    pull = 0.3  # of one circuit's weight
    for _ in range(100):
        weight = 1 / np.maximum(np.abs(scaled @ factors - 1), 0.02)
        left = scaled.T @ (weight[:, None] * scaled) + pull * np.eye(len(KINDS))
        right = scaled.T @ weight + pull
        factors = np.maximum(np.linalg.solve(left, right), 0)
    return factors


def ranks(values):
    """Ranks, equal values sharing theirs."""
    return np.array([(values < v).sum() + 0.5 * (values == v).sum() for v in values])


def quality(name, estimated, counted):
    """One line: rank correlation and median relative error."""
    correlation = np.corrcoef(ranks(estimated), ranks(counted))[0, 1]
    error = np.median(np.abs(estimated - counted) / np.maximum(counted, 1))
    print(f"{name}: {len(counted)} circuits, {counted.min():.0f} to {counted.max():.0f} LUT, rank correlation {correlation:.3f}, median error {100 * error:.1f} %")


def main():
    """Fits and prints."""
    fitted, held_out = read(sys.argv[1]), read(sys.argv[2])
    factors = fit(*fitted)
    for kind, factor in zip(KINDS, factors):
        print(f"{kind}: {factor:.3f}")
    for name, (parts, counted) in (("fitted", fitted), ("held out", held_out)):
        quality(name + " before", parts.sum(1), counted)
        quality(name + " after", parts @ factors, counted)


if __name__ == "__main__":
    main()
