"""Data and settings that the tests of the package share."""

import pathlib

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Enough for an easy formula, a fraction of a second.
SMALL = {"evaluations": 2000, "maximum_complexity": 12, "method": "genetic", "threads": 1}


@pytest.fixture(scope="session")
def table():
    """X of shape (60, 3) and y = 2*x0*x1 + x2, exact in a few operations."""
    X = np.random.default_rng(7).uniform(-2, 3, size=(60, 3))
    return X, 2 * X[:, 0] * X[:, 1] + X[:, 2]


@pytest.fixture(scope="session")
def fitted(table):
    """A regressor fitted to `table`."""
    from balmer import SymbolicRegressor

    return SymbolicRegressor(**SMALL).fit(*table)
