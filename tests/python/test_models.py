"""Models and formulas outside a fit."""

import pickle

import numpy as np
import pandas as pd
import pytest

import balmer
from balmer import SymbolicRegressor, load, parse
from conftest import SMALL


def test_a_model_is_written_in_every_way(fitted, table):
    X, y = table
    model = fitted.best_
    function = model.numpy()
    values = function(*(X[:, int(name[1:])] for name in function.features))
    np.testing.assert_array_max_ulp(values, model.predict(X), maxulp=4)
    sympy = pytest.importorskip("sympy")
    formula = model.sympy()
    assert sympy.simplify(formula - sympy.sympify("2*x0*x1 + x2", locals={n: sympy.Symbol(n, real=True) for n in ("x0", "x1", "x2")})) == 0
    assert "x_{0}" in model.latex()
    names = {}
    exec(model.python, names)
    assert names["predict"](*X[0][[int(name[1:]) for name in names["features"]]]) == pytest.approx(y[0], rel=1e-12)
    assert "double" in model.c and "x0" in model.c
    with pytest.raises(balmer.Error, match="unknown export format 'pyton'. Did you mean 'python'"):
        model.export("pyton")


def test_models_last(fitted, table, tmp_path):
    X, _ = table
    model = fitted.best_
    model.save(tmp_path / "model.json")
    for again in (load(tmp_path / "model.json"), pickle.loads(pickle.dumps(model))):
        assert again == model
        assert again.predict(X).tobytes() == model.predict(X).tobytes()
    with pytest.raises(balmer.Error, match="nothing.json"):
        load(tmp_path / "nothing.json")
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(balmer.Error, match="bad.json"):
        load(tmp_path / "bad.json")
    with pytest.raises(balmer.Error, match="no front.csv"):
        load(tmp_path)
    with pytest.raises(balmer.Error, match="no such|cannot"):
        model.save(tmp_path / "no" / "such" / "folder" / "m.json")


def test_parameters_carry_uncertainties():
    X = np.linspace(0.5, 3, 80).reshape(-1, 1)
    y = 1.7 * np.exp(-0.6 * X[:, 0]) + np.random.default_rng(2).normal(0, 0.01, 80)
    model = SymbolicRegressor(form="a*exp(-k*x0)", **SMALL).fit(X, y).best_
    table = model.parameters.set_index("name")
    assert list(model.parameters.columns) == ["name", "axis", "category", "value", "uncertainty", "status", "snapped_to", "unit"]
    for name, truth in (("a", 1.7), ("k", 0.6)):
        value, error = table.loc[name, "value"], table.loc[name, "uncertainty"]
        assert 0 < error < 0.05 and abs(value - truth) < 5 * error
    assert model.covariance.shape == (2, 2)
    np.testing.assert_allclose(np.sqrt(np.diag(model.covariance)), model.parameters["uncertainty"], rtol=1e-12)
    from scipy.optimize import curve_fit

    best, covariance = curve_fit(lambda x, a, k: a * np.exp(-k * x), X[:, 0], y, p0=[1, 1])
    np.testing.assert_allclose(model.parameters["value"], best, rtol=1e-6)
    np.testing.assert_allclose(model.parameters["uncertainty"], np.sqrt(np.diag(covariance)), rtol=1e-4)
    assert model.box.loc["x0"].tolist() == [0.5, 3.0]


def test_a_formula_is_read_evaluated_and_derived():
    f = parse("sqrt(2*p*q*(cosh(a) - cos(b)))", features=["p", "q", "a", "b"])
    X = np.random.default_rng(4).uniform(0.1, 2, size=(20, 4))
    p, q, a, b = X.T
    np.testing.assert_array_max_ulp(f.evaluate(X), np.sqrt(2 * p * q * (np.cosh(a) - np.cos(b))), maxulp=8)
    frame = pd.DataFrame(X[:, ::-1], columns=["b", "a", "q", "p"])
    assert f.evaluate(frame).tobytes() == f.evaluate(X).tobytes() == f.evaluate(p=p, q=q, a=a, b=b).tobytes()
    assert f.evaluate(p=1, q=1, a=0, b=[np.pi, 0]).tolist() == [2.0, 0.0]
    step = 1e-6
    moved = X.copy()
    moved[:, 2] += step
    np.testing.assert_allclose(f.derivative("a").evaluate(X), (f.evaluate(moved) - f.evaluate(X)) / step, rtol=1e-4)


def test_a_formula_is_written():
    f = parse("x*x/x + 0*y + 1")
    assert f.features == ["x", "y"] and f.constants == [0.0, 1.0]
    assert str(f) == "x*x/x + 0*y + 1"
    assert f.complexity() == 11 and f.complexity("sympy") > 0 and f.complexity("cycles") > 0
    short = f.simplify()
    assert str(short) in ("x + 1", "1 + x") and short.complexity() < f.complexity()
    assert eval(repr(f), {"parse": parse}) == f != short
    assert pickle.loads(pickle.dumps(f)) == f
    assert "x" in f.latex() and f._repr_latex_().startswith("$")
    sympy = pytest.importorskip("sympy")
    assert parse("sin(x)^2 + x/2").sympy() == sympy.sin(sympy.Symbol("x", real=True)) ** 2 + sympy.Symbol("x", real=True) / 2


def test_own_operators():
    f = parse("bump(x - 1, 2)", define="bump(x, s) = exp(-(x/s)^2)")
    assert f.evaluate(x=[1.0, 3.0]) == pytest.approx([1, np.exp(-1)])
    assert pickle.loads(pickle.dumps(f)).evaluate(x=[3.0]) == f.evaluate(x=[3.0])


@pytest.mark.parametrize(
    "action, says",
    [
        (lambda: parse("sin(x"), r"\^"),
        (lambda: parse("sen(x)", features=["x"]), "sen.*Did you mean 'sin'|sin"),
        (lambda: parse("x + z", features=["x", "y"]), "z"),
        (lambda: parse("x").derivative("y"), "the formula has no variable 'y'. It has: x|Did you mean"),
        (lambda: parse("x + y").evaluate(np.ones((2, 3))), "3 columns; the formula reads 2: x, y"),
        (lambda: parse("x + y").evaluate(x=[1.0]), "column 'y' is missing"),
        (lambda: parse("x").complexity("weight"), "weight"),
    ],
)
def test_mistakes_are_explained(action, says):
    with pytest.raises(balmer.Error, match="(?s)" + says):
        action()


def test_outside_the_domain_is_nan():
    assert np.isnan(parse("log(x)").evaluate(x=[-1.0])[0]) and parse("1/x").evaluate(x=[0.0])[0] == np.inf
