"""The estimators as a user meets them."""

import copy
import inspect
import json
import os
import pathlib
import pickle
import signal
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, SMALL
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import balmer
from balmer import SymbolicClassifier, SymbolicRegressor, parameters


@pytest.mark.parametrize("kind", [SymbolicRegressor, SymbolicClassifier])
def test_keywords_are_the_rows_of_the_table_of_parameters(kind):
    text = (ROOT / "include/balmer/parameters.def").read_text()
    written = [line.split(",")[2].strip() for line in text.splitlines() if line.startswith("BALMER_PARAMETER(")]
    keywords = list(inspect.signature(kind).parameters)
    assert keywords == written == [row.name for row in parameters.rows()]
    assert sorted(kind().get_params()) == sorted(written)
    for name in written:
        assert f"{name} : " in kind.__init__.__doc__
    assert inspect.signature(kind).parameters["maximum_complexity"].default == 30


def test_an_unknown_keyword_is_refused():
    with pytest.raises(TypeError, match="unknown keyword 'operator'"):
        SymbolicRegressor(operator="+")


def test_it_finds_the_formula(fitted, table):
    X, y = table
    assert fitted.score(X, y) > 1 - 1e-12
    np.testing.assert_allclose(fitted.predict(X), y, rtol=1e-9, atol=1e-9)
    assert list(fitted.front_.columns) == ["complexity", "loss", "validation", "score", "equation"]
    assert fitted.front_["complexity"].is_monotonic_increasing and fitted.front_["loss"].is_monotonic_decreasing
    assert fitted.n_features_in_ == 3 and not hasattr(fitted, "feature_names_in_")
    assert fitted.run_folder_ is None


def test_every_formula_of_the_front_predicts(fitted, table):
    X, y = table
    for i, row in fitted.front_.iterrows():
        values = fitted.predict(X, complexity=row["complexity"])
        assert np.mean((values - y) ** 2) == pytest.approx(row["loss"], rel=1e-9, abs=1e-20)
        assert str(fitted.models_[i]) == row["equation"]
    with pytest.raises(balmer.Error, match="there is no formula of complexity 999; there are 1"):
        fitted.predict(X, complexity=999)


def test_data_frames_keep_their_names(table):
    X, y = table
    frame = pd.DataFrame(X, columns=["mass", "speed", "height"])
    model = SymbolicRegressor(**SMALL).fit(frame, pd.Series(y, name="energy"))
    assert list(model.feature_names_in_) == ["mass", "speed", "height"]
    assert model.best_.outputs == ["energy"]
    assert "mass" in model.best_.equation and "speed" in model.best_.equation
    by_name = model.best_.predict(frame[["height", "speed", "mass"]])
    assert by_name.tobytes() == model.predict(frame).tobytes() == model.best_.predict(X).tobytes()


def test_same_seed_same_bits_for_any_number_of_threads(table):
    X, y = table
    # Noise alone: no law that every seed finds.
    noise = np.random.default_rng(1).normal(size=len(y))
    first, second, other = (SymbolicRegressor(**{**SMALL, "threads": threads, "seed": seed}).fit(X, noise)
                            for threads, seed in ((1, 1), (2, 1), (1, 2)))
    pd.testing.assert_frame_equal(first.front_, second.front_, check_exact=True)
    assert not first.front_.equals(other.front_)


def test_the_command_line_finds_and_predicts_the_same_bits(table, tmp_path):
    program = pathlib.Path(os.environ.get("BALMER_PROGRAM", ROOT / "build" / "balmer"))
    if not program.exists():
        pytest.skip(f"{program} is not built")
    X, y = table
    y = y + np.random.default_rng(1).normal(0, 0.1, len(y))
    frame = pd.DataFrame(X, columns=["x0", "x1", "x2"]).assign(y=y)
    frame.to_csv(tmp_path / "t.csv", index=False, float_format="%.17g")
    flags = ["--evaluations", "2000", "--maximum-complexity", "12", "--method", "genetic", "--threads", "1", "--quiet"]
    subprocess.run([program, "fit", "t.csv", "--target", "y", "--run-folder", "run", *flags], cwd=tmp_path, check=True, capture_output=True)
    model = SymbolicRegressor(**SMALL).fit(X, y)
    front = pd.read_csv(tmp_path / "run" / "front.csv")
    assert front["Equation"].tolist() == model.front_["equation"].tolist()
    assert front["Loss"].tolist() == model.front_["loss"].tolist()
    subprocess.run([program, "predict", "run", "t.csv", "-o", "p.csv"], cwd=tmp_path, check=True)
    predicted = pd.read_csv(tmp_path / "p.csv")["y"].to_numpy()
    assert predicted.tobytes() == model.predict(X).tobytes()
    loaded = balmer.load(tmp_path / "run")
    assert loaded.equation == model.best_.equation


def test_weights_decide(table):
    X, y = table
    two = np.where(np.arange(len(y)) % 2 == 0, y, -y)
    weights = (np.arange(len(y)) % 2 == 0).astype(float)
    model = SymbolicRegressor(**SMALL).fit(X, two, sample_weight=weights)
    assert model.score(X, y) > 1 - 1e-9
    column = pd.DataFrame(X, columns=["a", "b", "c"]).assign(w=weights)
    by_name = SymbolicRegressor(weights="w", **SMALL).fit(column, two)
    assert "w" not in by_name.best_.features and by_name.score(column, y) > 1 - 1e-9
    with pytest.raises(balmer.Error, match="weights is given twice"):
        SymbolicRegressor(weights="w", **SMALL).fit(column, two, sample_weight=weights)


def test_sigma_sets_the_size_of_uncertainties():
    X = np.linspace(1, 2, 50).reshape(-1, 1)
    y = 3 * X[:, 0] + np.random.default_rng(3).normal(0, 0.1, 50)
    errors = []
    for sigma in (0.1, 0.2):
        model = SymbolicRegressor(form="a*x0", **SMALL).fit(X, y, sigma=np.full(50, sigma))
        constants = model.best_.parameters
        assert constants["name"].tolist() == ["a"] and constants["status"].tolist() == ["free"]
        errors.append(constants["uncertainty"][0])
        assert errors[-1] == pytest.approx(sigma / np.sqrt(np.sum(X**2)), rel=1e-6)
    assert SymbolicRegressor(form="a*x0", sigma="0.1*y", **SMALL).fit(X, y).best_.parameters["value"][0] == pytest.approx(3, rel=0.02)


def test_several_targets(table):
    X, _ = table
    y = pd.DataFrame({"sum": X[:, 0] + X[:, 1], "product": X[:, 1] * X[:, 2]})
    model = SymbolicRegressor(**{**SMALL, "method": ["enumerate", "genetic"]}).fit(X, y)
    assert model.best_.outputs == ["sum", "product"]
    np.testing.assert_allclose(model.predict(X), y, atol=1e-9)
    assert set(model.best_.sympy()) == {"sum", "product"}


@pytest.mark.parametrize("labels", [["b", "a"], [10, 2], [True, False], [2.0, 1.0], ["x", "z", "y"]])
def test_classes(labels):
    X = np.random.default_rng(5).normal(size=(90, 2))
    score = X[:, 0] + 0.5 * X[:, 1]
    edges = [0] if len(labels) == 2 else [-0.5, 0.5]
    y = np.array(labels)[np.searchsorted(edges, score)]
    model = SymbolicClassifier(**SMALL).fit(X, y)
    assert model.classes_.tolist() == sorted(labels)
    assert model.predict(X).dtype == y.dtype
    assert model.score(X, y) > 0.95
    shares = model.predict_proba(X)
    assert shares.shape == (90, len(labels))
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-12)
    assert (model.classes_[shares.argmax(axis=1)] == model.predict(X)).all()
    decision = model.decision_function(X)
    assert decision.shape == ((90,) if len(labels) == 2 else (90, len(labels)))
    if len(labels) == 2:
        assert ((decision > 0) == (model.predict(X) == model.classes_[1])).all()
    again = pickle.loads(pickle.dumps(model))
    assert (again.predict(X) == model.predict(X)).all()


def test_scikit_learn_takes_it_for_its_own(table):
    X, y = table
    model = SymbolicRegressor(operators=["+", "*"], **SMALL)
    assert clone(model).get_params() == model.get_params()
    assert make_pipeline(StandardScaler(), model).fit(X, y).score(X, y) > 0.9
    search = GridSearchCV(SymbolicRegressor(**SMALL), {"maximum_complexity": [3, 12]}, cv=3).fit(X, y)
    assert search.best_params_ == {"maximum_complexity": 12}
    assert cross_val_score(SymbolicRegressor(**SMALL), X, y, cv=3).min() > 0.99


def test_pickles_and_copies(fitted, table):
    X, _ = table
    for other in (pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)):
        assert other.predict(X).tobytes() == fitted.predict(X).tobytes()
        pd.testing.assert_frame_equal(other.front_, fitted.front_, check_exact=True)


def test_it_is_quiet_unless_told_otherwise(table, capfd):
    SymbolicRegressor(**SMALL).fit(*table)
    assert capfd.readouterr() == ("", "")
    SymbolicRegressor(progress="plain", **SMALL).fit(*table)
    assert "equation" in capfd.readouterr().err
    SymbolicRegressor(progress="json", **SMALL).fit(*table)
    events = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert events and all(set(event) == {"seconds", "complexity", "loss", "equation"} for event in events)
    SymbolicRegressor(progress="bar", **SMALL).fit(*table)
    assert "evaluations" in capfd.readouterr().err


def test_run_folder_and_resume(table, tmp_path):
    X, y = table
    y = y + np.random.default_rng(1).normal(0, 0.1, len(y))
    folder = tmp_path / "run"
    model = SymbolicRegressor(run_folder=str(folder), **SMALL).fit(X, y)
    assert model.run_folder_ == str(folder)
    assert balmer.load(folder).equation == model.best_.equation
    smallest = int(model.front_["complexity"][0])
    assert balmer.load(folder, complexity=smallest).equation == model.front_["equation"][0]
    with pytest.raises(balmer.Error, match="no formula of complexity 999"):
        balmer.load(folder, complexity=999)
    with pytest.raises(balmer.Error, match="holds a run already.* resume "):
        SymbolicRegressor(run_folder=str(folder), **SMALL).fit(X, y)
    longer = SymbolicRegressor(resume=str(folder), **{**SMALL, "evaluations": 4000}).fit(X, y)
    assert longer.front_["loss"].min() <= model.front_["loss"].min()
    with pytest.raises(balmer.Error, match="other data"):
        SymbolicRegressor(resume=str(folder), **SMALL).fit(X, y + 1)


@pytest.mark.parametrize(
    "keywords, says",
    [
        ({"operators": "+ sim"}, r"operators: unknown operator 'sim'\. Did you mean 'sin'\?"),
        ({"maximum_complexity": 5000}, "maximum_complexity: 5000 is out of range; allowed: 1 to 1000"),
        ({"maximum_complexity": "many"}, "maximum_complexity: 'many' cannot be read; allowed: 1 to 1000"),
        ({"method": "genetics"}, "unknown method 'genetics'"),
        ({"seconds": [1]}, "seconds: .* is no number"),
        ({"features": "x9"}, "there is no column 'x9'"),
        ({"target": ["a", "b"]}, "target names 2 columns"),
        ({"task": "classification"}, "SymbolicRegressor does regression only"),
        ({"progress": "loud"}, "loud"),
    ],
)
def test_mistakes_are_explained_in_words_of_python(table, keywords, says):
    with pytest.raises(balmer.Error, match=says) as caught:
        SymbolicRegressor(**{**SMALL, **keywords}).fit(*table)
    assert isinstance(caught.value, ValueError) and type(caught.value).__name__ == "Error"
    assert "--" not in str(caught.value)


def test_missing_values(table):
    X, y = table
    X = X.copy()
    X[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        SymbolicRegressor(**SMALL).fit(X, y)
    model = SymbolicRegressor(drop_missing=True, **SMALL).fit(X, y)
    assert model.notes_[0] == "1 of 60 rows dropped: they hold missing or infinite values"
    assert model.notes_[1].startswith("look at 59 rows")
    assert np.isnan(model.predict(X)[3]) and np.isfinite(np.delete(model.predict(X), 3)).all()


def test_validation_rows_judge(table):
    model = SymbolicRegressor(validation=0.25, **SMALL).fit(*table)
    assert np.isfinite(model.front_["validation"]).all()
    assert "validation" in model.best_.metrics


def test_the_gil_is_released(table):
    X, y = table
    y = y + np.random.default_rng(1).normal(0, 0.1, len(y))
    ticks = []
    done = threading.Event()

    def tick():
        while not done.wait(0.02):
            ticks.append(time.perf_counter())

    ticker = threading.Thread(target=tick)
    ticker.start()
    begin = time.perf_counter()
    try:
        SymbolicRegressor(seconds=1, method="genetic", threads=1).fit(X, y)
    finally:
        done.set()
        ticker.join()
    assert len(ticks) > (time.perf_counter() - begin) / 0.02 / 5


def interrupted_fit(X, y, times):
    def press():
        for _ in range(times):
            time.sleep(1.0 / times)
            os.kill(os.getpid(), signal.SIGINT)

    noisy = y + np.random.default_rng(1).normal(0, 0.1, len(y))
    # A shell starts background jobs with Ctrl-C ignored, and Python leaves it so.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    presser = threading.Thread(target=press)
    presser.start()
    try:
        return SymbolicRegressor(seconds=60, method="genetic", threads=1).fit(X, noisy)
    finally:
        presser.join()
        signal.signal(signal.SIGINT, before)


def test_interrupt_keeps_the_front_and_warns(table):
    begin = time.perf_counter()
    with pytest.warns(RuntimeWarning, match="interrupted: the fit keeps"):
        model = interrupted_fit(*table, times=1)
    assert time.perf_counter() - begin < 20
    assert model.stop_ == "interrupted" and len(model.front_) > 1
    assert np.isfinite(model.predict(table[0])).all()


def test_exceptions_of_other_signals_come_through(table):
    class Alarm(Exception):
        pass

    def ring(*_):
        raise Alarm

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(Alarm):
            X, y = table
            SymbolicRegressor(seconds=60, method="genetic", threads=1).fit(X, y + np.random.default_rng(1).normal(0, 0.1, len(y)))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_the_front_is_shown(fitted):
    text = fitted._repr_html_()
    assert text.count("<tr") == len(fitted.front_) + 1 and "complexity" in text
    assert "<table" not in SymbolicRegressor()._repr_html_()
    assert fitted._repr_mimebundle_()["text/html"] == text


def test_the_front_is_drawn(fitted):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    axes = fitted.plot_front()
    assert axes.get_xlabel() == "complexity" and len(axes.lines) == 2
    drawn = axes.lines[0].get_xydata()
    np.testing.assert_array_equal(drawn[:, 0], fitted.front_["complexity"])


def test_matplotlib_and_sympy_are_imported_only_when_needed():
    code = "import sys, balmer; sys.exit(any(name in sys.modules for name in ('matplotlib', 'sympy', 'torch')))"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_warnings_in_a_plain_fit(table):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SymbolicRegressor(**SMALL).fit(*table).predict(table[0])
