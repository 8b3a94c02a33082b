"""Partly known forms and constants with a value for each category, from Python."""

import numpy as np
import pandas as pd
import pytest

from balmer import Error, SymbolicRegressor, load

SCALE = {"east": 0.8, "north": 1.3, "west": 2.1}


@pytest.fixture(scope="module")
def frame():
    random = np.random.default_rng(3)
    where = np.array(["north", "east", "west"])[np.arange(90) % 3]
    frame = pd.DataFrame({"x": random.uniform(0.5, 3, 90), "detector": where, "z": random.uniform(0.5, 3, 90)})
    frame["run"] = 7 + np.arange(90) % 2
    return frame


def target(frame):
    return frame["detector"].map(SCALE) * frame["x"] * np.exp(-0.5 * frame["z"])


def test_a_text_column_is_a_category_axis(frame):
    model = SymbolicRegressor(form="p[detector]*x*exp(-k*z)", evaluations=1000, threads=1).fit(frame, target(frame))
    assert model.front_["equation"].tolist() == ["p[detector]*x*exp(-k*z)"]
    table = model.best_.parameters.set_index("category")["value"]
    for where, scale in SCALE.items():
        assert table[where] == pytest.approx(scale, abs=1e-8)
    assert model.best_.categories == {"detector": ["east", "north", "west"]}
    np.testing.assert_allclose(model.predict(frame), target(frame), rtol=1e-8)
    # A model alone takes a frame in any order, and rows of one detector.
    some = frame[frame["detector"] == "west"][["z", "detector", "x"]]
    np.testing.assert_allclose(model.best_.predict(some), target(some), rtol=1e-8)
    np.testing.assert_allclose(model.best_.predict({"x": [1.0, 2.0], "z": [1.0, 1.0], "detector": ["east", "west"]}),
                               [0.8 * np.exp(-0.5), 4.2 * np.exp(-0.5)], rtol=1e-8)


def test_an_unknown_category_is_refused(frame):
    model = SymbolicRegressor(form="p[detector]*x", evaluations=100, threads=1).fit(frame, target(frame))
    other = frame.assign(detector="south")
    for predict in (model.predict, model.best_.predict):
        with pytest.raises(Error, match="'south'.*east, north, west"):
            predict(other)


def test_numbers_as_categories(frame):
    X = frame[["x", "z", "run"]]
    y = X["x"] * np.where(X["run"] == 7, 2.0, 5.0)
    for given in (X, X.to_numpy()):
        column = "run" if given is X else "x2"
        first = "x" if given is X else "x0"
        model = SymbolicRegressor(form=f"p[{column}]*{first}", evaluations=100, threads=1).fit(given, y)
        np.testing.assert_allclose(model.predict(given), y, rtol=1e-8)
        assert model.best_.categories == {column: ["7", "8"]}


def test_unknown_functions_are_found(frame, tmp_path):
    X = frame[["x", "z"]]
    y = np.exp(-0.5 * X["z"]) * (X["x"] ** 2 + 0.7)
    model = SymbolicRegressor(form="exp(-0.5*z)*f(x)", evaluations=5000, threads=1, run_folder=str(tmp_path / "run")).fit(X, y)
    assert model.best_.provenance["where"] == "f(x) = x^2 + 0.7"
    np.testing.assert_allclose(model.predict(X), y, rtol=1e-8)
    assert str(load(tmp_path / "run")) == model.best_.equation
    assert any("f(x)" in note for note in model.notes_)
    np.testing.assert_allclose(model.best_.numpy()(X["x"].to_numpy(), X["z"].to_numpy()), y, rtol=1e-8)


def test_mistakes_in_forms(frame):
    for form, says in (("f(x) + f(x, z)", "same number everywhere"), ("p[detctor]*x", "Did you mean 'detector'"), ("2*x", "nothing to find")):
        with pytest.raises(Error, match=says):
            SymbolicRegressor(form=form, evaluations=10).fit(frame[["x", "z", "detector"]] if "[" in form else frame[["x", "z"]], target(frame))
