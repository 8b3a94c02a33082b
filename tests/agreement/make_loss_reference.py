#!/usr/bin/env python3
"""Fits with other losses than least squares by scipy and scikit-learn; writes data and values as text.

    python tests/agreement/make_loss_reference.py > tests/agreement/loss_reference.txt

huber: scipy.optimize.least_squares(loss="huber"); quantile and mae: the linear program of quantile regression (scipy.optimize.linprog);
logistic and softmax: LogisticRegression without penalty; poisson: PoissonRegressor(alpha=0). Needs numpy, scipy and scikit-learn.
`mean_loss` is the weighted mean of the loss as balmer defines it (include/balmer/fitting.hpp), computed here by its definition.
"""

import sys
import warnings

import numpy as np
from scipy.optimize import least_squares, linprog
from scipy.special import logsumexp
from sklearn.linear_model import LogisticRegression, PoissonRegressor

ROWS = 60


def numbers(values):
    return " ".join(repr(float(v)) for v in values)


def case(name, loss, formulas, parameters, start, values, mean_loss, columns, options=()):
    lines = [f"case {name}", f"loss {loss}", *[f"option {o}" for o in options], *[f"formula {f}" for f in formulas],
             f"parameters {' '.join(parameters)}", f"start {numbers(start)}", f"values {numbers(values)}",
             f"mean_loss {mean_loss!r}", f"columns {' '.join(columns)}"]
    lines += [f"row {numbers(row)}" for row in zip(*columns.values())]
    return lines


def outliers(random, y, sigma):
    y = y + sigma * random.normal(size=len(y))
    hit = random.choice(len(y), len(y) // 6, replace=False)
    y[hit] += random.normal(size=len(hit)) * 20 * sigma
    return np.round(y, 6)


def huber_case(name, formula, function, parameters, true, start, delta, with_sigma):
    random = np.random.default_rng(len(name))
    x = np.round(np.linspace(0.1, 5, ROWS), 6)
    sigma = np.round(0.05 * random.uniform(0.5, 2, ROWS), 6)
    y = outliers(random, function(x, *true), 0.1)
    scale = sigma if with_sigma else np.ones(ROWS)

    def residual(p):
        return (function(x, *p) - y) / scale

    fitted = least_squares(residual, start, loss="huber", f_scale=delta, jac="3-point", ftol=1e-15, xtol=1e-15, gtol=1e-15,
                           max_nfev=10000, x_scale="jac")
    r = np.abs(residual(fitted.x))
    mean = float(np.mean(np.where(r <= delta, 0.5 * r * r, delta * (r - 0.5 * delta))))
    columns = {"x": x, "y": y, **({"sigma": sigma} if with_sigma else {})}
    return case(name, "huber", [formula], parameters, start, fitted.x, mean, columns, [f"delta {delta}"])


def quantile_case(name, loss, q, weighted):
    random = np.random.default_rng(77 + len(name))
    x, z = np.round(random.uniform(0, 3, (2, ROWS)), 6)
    y = outliers(random, 1 + 2 * x - 0.5 * z, 0.3)
    weight = np.round(random.uniform(0.5, 2, ROWS), 3) if weighted else np.ones(ROWS)
    design = np.stack([np.ones(ROWS), x, z], axis=1)
    scale = 2 if loss == "mae" else 1
    # y = design b + up - down, minimise w (q up + (1 - q) down).
    cost = np.concatenate([np.zeros(3), scale * weight * q, scale * weight * (1 - q)])
    program = linprog(cost, A_eq=np.hstack([design, np.eye(ROWS), -np.eye(ROWS)]), b_eq=y,
                      bounds=[(None, None)] * 3 + [(0, None)] * (2 * ROWS), method="highs-ds")
    columns = {"x": x, "z": z, "y": y, **({"weight": weight} if weighted else {})}
    return case(name, loss, ["a + b*x + c*z"], list("abc"), [0, 1, 1], program.x[:3], float(program.fun / weight.sum()), columns,
                [f"quantile {q}"] if loss == "quantile" else [])


def class_case(name, classes, weighted):
    random = np.random.default_rng(5 + classes + weighted)
    x, z = np.round(random.normal(size=(2, ROWS)), 6)
    score = np.stack([(k + 1) * 0.6 * x + (1 - k) * 0.9 * z + 0.3 * k for k in range(classes)], axis=1)
    label = np.argmax(score + random.gumbel(size=score.shape), axis=1)
    weight = np.round(random.uniform(0.5, 2, ROWS), 3) if weighted else np.ones(ROWS)
    features = np.stack([x, z], axis=1)
    model = LogisticRegression(C=np.inf, solver="newton-cg", tol=1e-13, max_iter=100000).fit(features, label, sample_weight=weight)
    f = model.decision_function(features)
    columns = {"x": x, "z": z, "y": label.astype(float), **({"weight": weight} if weighted else {})}
    if classes == 2:
        mean = float(np.average(np.logaddexp(0, f) - label * f, weights=weight))
        values = [model.intercept_[0], *model.coef_[0]]
        return case(name, "logistic", ["a + b*x + c*z"], list("abc"), [0.1, 0.1, 0.1], values, mean, columns)
    mean = float(np.average(logsumexp(f, axis=1) - f[np.arange(ROWS), label], weights=weight))
    # Only differences between classes are determined: the last class is the origin.
    letters = "abcdghklm"[: 3 * (classes - 1)]
    formulas = [f"{letters[3 * k]} + {letters[3 * k + 1]}*x + {letters[3 * k + 2]}*z" for k in range(classes - 1)] + ["0*x"]
    table = np.hstack([model.intercept_[:, None], model.coef_])
    values = (table[:-1] - table[-1]).ravel()
    return case(name, "softmax", formulas, list(letters), [0.1] * len(letters), values, mean, columns)


def poisson_case(name, weighted):
    random = np.random.default_rng(9 + weighted)
    x, z = np.round(random.uniform(-1, 1, (2, ROWS)), 6)
    y = random.poisson(np.exp(1 + 0.8 * x - 0.5 * z)).astype(float)
    weight = np.round(random.uniform(0.5, 2, ROWS), 3) if weighted else np.ones(ROWS)
    features = np.stack([x, z], axis=1)
    model = PoissonRegressor(alpha=0, solver="newton-cholesky", tol=1e-14, max_iter=1000).fit(features, y, sample_weight=weight)
    mu = model.predict(features)
    constant = np.where(y > 0, y * np.log(np.where(y > 0, y, 1)) - y, 0)
    mean = float(np.average(mu - y * np.log(mu) + constant, weights=weight))
    columns = {"x": x, "z": z, "y": y, **({"weight": weight} if weighted else {})}
    return case(name, "poisson", ["a + b*x + c*z"], list("abc"), [0, 0, 0], [model.intercept_, *model.coef_], mean, columns)


def main():
    warnings.filterwarnings("ignore")
    decay = "a*exp(-b*x) + c", lambda x, a, b, c: a * np.exp(-b * x) + c, list("abc"), [2.5, 1.3, 0.5], [1, 1, 1]
    line = "a + b*x", lambda x, a, b: a + b * x, list("ab"), [1, 2], [0, 0]
    print("# Written by make_loss_reference.py: scipy and scikit-learn on losses other than least squares.")
    for lines in [
        huber_case("huber_line", *line, 0.1, False), huber_case("huber_decay", *decay, 0.1, False),
        huber_case("huber_decay_sigma", *decay, 1.345, True),
        quantile_case("mae_plane", "mae", 0.5, False), quantile_case("mae_plane_weighted", "mae", 0.5, True),
        quantile_case("quantile_90", "quantile", 0.9, False), quantile_case("quantile_20_weighted", "quantile", 0.2, True),
        class_case("logistic", 2, False), class_case("logistic_weighted", 2, True),
        class_case("softmax_3", 3, False), class_case("softmax_4_weighted", 4, True),
        poisson_case("poisson", False), poisson_case("poisson_weighted", True),
    ]:
        print("\n".join(lines))


if __name__ == "__main__":
    sys.exit(main())
