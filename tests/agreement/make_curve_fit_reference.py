#!/usr/bin/env python3
"""Fits 20 formulas with scipy.optimize.curve_fit and writes data, values and standard errors as text.

    python tests/agreement/make_curve_fit_reference.py > tests/agreement/curve_fit_reference.txt

Needs numpy, scipy and sympy. Jacobians are exact (sympy), so that the minimum is reached to rounding. Each case is fitted without sigma
(errors scaled by the residuals) and with it (absolute_sigma=True). The tests compare within 1e-8 (values) and 1e-6 (errors), relative.
"""

import re
import sys

import numpy as np
import sympy
from scipy.optimize import curve_fit

# name, formula in features x (and z) and parameters, true values, start, range of x, range of z or None, noise
CASES = [
    ("line", "a + b*x", [1.5, -0.7], [0, 0], (0, 10), None, 0.2),
    ("parabola", "a + b*x + c*x^2", [2, -1, 0.3], [1, 1, 1], (-3, 5), None, 0.3),
    ("decay", "a*exp(-b*x) + c", [2.5, 1.3, 0.5], [1, 1, 1], (0, 4), None, 0.05),
    ("two_decays", "a*exp(-b*x) + c*exp(-d*x)", [3, 0.4, 2, 3.5], [2, 0.5, 1, 3], (0, 6), None, 0.01),
    ("gaussian", "a*exp(-((x - b)/c)^2/2)", [4, 1.2, 0.8], [3, 1, 1], (-2, 4), None, 0.1),
    ("gaussian_on_line", "a*exp(-((x - b)/c)^2/2) + d + g*x", [5, 2, 0.5, 1, 0.3], [4, 1.8, 0.7, 0.5, 0.1], (-1, 5), None, 0.1),
    ("breit_wigner", "a*c/((x - b)^2 + c^2/4)", [10, 91.2, 2.5], [8, 91, 3], (80, 100), None, 0.2),
    ("power_law", "a*x^b", [1.7, 2.3], [1, 2], (0.5, 5), None, 0.3),
    ("logarithm", "a*log(b*x + 1)", [2.2, 3.1], [1, 1], (0, 8), None, 0.05),
    ("logistic_growth", "a/(1 + exp(b - c*x))", [7, 3, 1.1], [6, 2, 1], (0, 8), None, 0.1),
    ("michaelis_menten", "a*x/(b + x)", [9, 2.7], [5, 1], (0.1, 12), None, 0.15),
    ("sine", "a*sin(b*x + c) + d", [1.4, 2.1, 0.6, 0.2], [1, 2, 0.5, 0], (0, 6), None, 0.1),
    ("damped_sine", "a*exp(-b*x)*cos(c*x)", [3, 0.3, 4], [2, 0.2, 3.9], (0, 6), None, 0.05),
    ("rational", "(a + b*x)/(1 + c*x + d*x^2)", [1, 2, 0.5, 0.3], [1, 1, 1, 1], (0, 6), None, 0.02),
    ("arrhenius", "a*exp(-b/(x + c))", [50, 8, 1.5], [30, 6, 1], (1, 9), None, 0.2),
    ("tanh_step", "a + b*tanh((x - c)/d)", [2, 1.5, 3, 0.7], [1, 1, 2.5, 1], (0, 6), None, 0.05),
    ("resolution", "sqrt(a^2/x + b^2 + c^2*x)", [0.9, 0.2, 0.05], [1, 0.1, 0.1], (1, 100), None, 0.005),
    ("plane", "a + b*x + c*z", [0.4, 1.6, -2.2], [0, 0, 0], (-1, 3), (0, 5), 0.25),
    ("product_of_powers", "a*x^b*z^c", [2, 1.5, -0.6], [1, 1, -1], (0.5, 4), (1, 6), 0.1),
    ("wave_of_two", "a*cos(b*x - c*z) + d*z", [1.8, 1.1, 0.7, 0.3], [1.5, 1, 0.75, 0.2], (0, 5), (0, 5), 0.1),
]


def functions(formula, features, parameters):
    """The formula and its gradient by the parameters as numpy functions of (columns, values)."""
    symbols = {name: sympy.Symbol(name, real=True) for name in features + parameters}
    expression = sympy.sympify(formula.replace("^", "**"), locals=symbols)
    arguments = [symbols[name] for name in features + parameters]
    value = sympy.lambdify(arguments, expression, "numpy")
    gradient = [sympy.lambdify(arguments, expression.diff(symbols[name]), "numpy") for name in parameters]

    def f(columns, *values):
        return value(*columns, *values) + np.zeros(columns.shape[1])

    def jacobian(columns, *values):
        return np.stack([g(*columns, *values) + np.zeros(columns.shape[1]) for g in gradient], axis=1)

    return f, jacobian


def reference(index, case):
    """All lines of one case."""
    name, formula, true, start, x_range, z_range, noise = case
    random = np.random.default_rng(1000 + index)
    rows = 30
    columns = [np.linspace(*x_range, rows)]
    if z_range:
        columns = [random.uniform(*x_range, rows), random.uniform(*z_range, rows)]
    columns = np.round(np.array(columns), 6)
    features = ["x", "z"][: len(columns)]
    parameters = [letter for letter in "abcdg" if re.search(rf"\b{letter}\b", formula)]
    f, jacobian = functions(formula, features, parameters)
    sigma = np.round(noise * random.uniform(0.5, 2, rows), 6)
    y = np.round(f(columns, *true) + sigma * random.normal(size=rows), 6)
    options = dict(p0=start, jac=jacobian, method="lm", ftol=1e-15, xtol=1e-15, gtol=1e-15, maxfev=20000)
    plain, plain_covariance = curve_fit(f, columns, y, **options)
    known, known_covariance = curve_fit(f, columns, y, sigma=sigma, absolute_sigma=True, **options)

    def numbers(values):
        return " ".join(repr(float(v)) for v in values)

    yield f"case {name}"
    yield f"formula {formula}"
    yield f"parameters {' '.join(parameters)}"
    yield f"start {numbers(start)}"
    yield f"values {numbers(plain)}"
    yield f"errors {numbers(np.sqrt(np.diag(plain_covariance)))}"
    yield f"sigma_values {numbers(known)}"
    yield f"sigma_errors {numbers(np.sqrt(np.diag(known_covariance)))}"
    yield f"columns {' '.join(features)} y sigma"
    for row in zip(*columns, y, sigma):
        yield f"row {numbers(row)}"


def main():
    print("# Written by make_curve_fit_reference.py: scipy.optimize.curve_fit on 20 formulas.")
    for index, case in enumerate(CASES):
        for line in reference(index, case):
            print(line)


if __name__ == "__main__":
    sys.exit(main())
