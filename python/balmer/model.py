"""A fitted formula that lasts."""

from __future__ import annotations

import html
import json
import os
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from . import _core
from ._core import Error
from .columns import named_block, text_columns
from .exported import namespace, sympy_outputs
from .firmware import Firmware, make_firmware

SHOWN_DIGITS = 6


class Model:
    """A formula (or one per output or class) with its constants, their uncertainties, the data's box and where it came from.

    Made by a fit (`estimator.best_`, `estimator.models_`) or by `load`. Saved as JSON that later versions read.
    """

    def __init__(self, core: Any):
        self._core = core

    @property
    def features(self) -> list[str]:
        """Names of the columns it may read."""
        return self._core.features

    @property
    def categories(self) -> dict[str, list[str]]:
        """The columns whose entries choose among the values of a constant p[column], with the entries that the model knows."""
        return self._core.categories

    @property
    def outputs(self) -> list[str]:
        """Names of the outputs: targets, or the class (or classes) that is scored."""
        return [name for name, _ in self._core.formulas(0)]

    @property
    def classes(self) -> list[str]:
        """Class labels as text, empty for a regression."""
        return self._core.classes

    @property
    def equation(self) -> str:
        """The formula with every digit; several outputs are joined by "; "."""
        return "; ".join(formula for _, formula in self._core.formulas(0))

    @property
    def equations(self) -> dict[str, str]:
        """The formulas by output."""
        return dict(self._core.formulas(0))

    @property
    def metrics(self) -> dict[str, float]:
        """complexity, loss, validation, r2 or accuracy on the training rows."""
        return self._core.metrics

    @property
    def provenance(self) -> dict[str, str]:
        """Version, seed, fingerprint of the data, loss, origin."""
        return self._core.provenance

    @property
    def box(self) -> pd.DataFrame:
        """Range of each feature in the training data: index feature, columns lower and upper."""
        return pd.DataFrame(self._core.box, index=self.features[: len(self._core.box)], columns=["lower", "upper"])

    @property
    def parameters(self) -> pd.DataFrame:
        """The constants in order: name, axis and category (of the values of p[axis], else empty), value, uncertainty (standard error, NaN when
        unknown), status (free, fixed, snapped), snapped_to, unit."""
        columns = ["name", "axis", "category", "value", "uncertainty", "status", "snapped_to", "unit"]
        return pd.DataFrame(self._core.parameter_rows(), columns=columns)

    @property
    def covariance(self) -> np.ndarray:
        """Covariance of the free constants, shape (p, p) in order; (0, 0) when unknown."""
        values = np.asarray(self._core.covariance, dtype=float)
        size = round(len(values) ** 0.5)
        return values.reshape(size, size)

    def scores(self, X: Any) -> np.ndarray:
        """Values of the outputs, shape (n_rows, n_outputs); for classes the scores before softmax or logistic.

        `X` is a DataFrame, a mapping, or an array (see `features`; categories follow). Raises Error for missing columns, and for a category
        that the model was not fitted to.
        """
        texts = text_columns(X, list(self.categories))
        numbers = self.features + [name for name in self.categories if name not in [text[0] for text in texts]]
        return self._core.scores(*named_block(X, numbers), texts).T

    def predict(self, X: Any) -> np.ndarray:
        """Values of the target, shape (n_rows,) or (n_rows, n_outputs); of a classifier the labels as text. NaN outside an operator's domain."""
        scores = self.scores(X)
        if self._core.is_classifier:
            return np.asarray(self.classes)[self._codes(scores)]
        return scores[:, 0] if scores.shape[1] == 1 else scores

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probability of each class, shape (n_rows, n_classes). Raises Error for a regression."""
        if not self._core.is_classifier:
            raise Error("predict_proba is for classifiers; this model is a regression")
        return self._core.probabilities(np.ascontiguousarray(self.scores(X).T)).T

    def _codes(self, scores: np.ndarray) -> np.ndarray:
        return np.asarray(self._core.classify(np.ascontiguousarray(scores.T)), dtype=np.intp)

    def sympy(self) -> Any:
        """The formula as a SymPy expression of real symbols; a dict by output when there are several."""
        outputs = sympy_outputs(self._core.export("sympy"))
        return next(iter(outputs.values())) if len(outputs) == 1 else outputs

    def latex(self, digits: int = SHOWN_DIGITS) -> str:
        """The formula as LaTeX; several outputs are joined by line breaks. `export("latex")` writes uncertainties too."""
        return r" \\ ".join(self._core.latex_formulas(digits))

    def numpy(self) -> Callable[..., Any]:
        """A NumPy function of the columns that the formula reads, in the order of its attribute `features`; they broadcast."""
        names = namespace(self._core.export("numpy"), "numpy")
        function = names["predict"]
        function.features = names["features"]
        return function

    @property
    def python(self) -> str:
        """Source of a Python module that needs nothing but the standard library."""
        return self._core.export("python")

    @property
    def c(self) -> str:
        """Source of a C function."""
        return self._core.export("c")

    def export(self, format: str) -> str:
        """Source text: json, python, numpy, sympy, torch, latex, mathml, c or c++. Raises Error for others."""
        return self._core.export(format)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the model as JSON, atomically. Raises Error naming the path."""
        self._core.save(os.fspath(path))

    def firmware(self, X: Any, input_format: str | Mapping[str, str] | None = None, raw_words: Mapping[str, tuple[float, float]] | None = None, **options: Any) -> Firmware:
        """The cheapest fixed-point circuit that keeps the formula's decisions (or values) on the rows of X.

        Parameters
        ----------
        X : DataFrame, mapping or array
            Rows on which precision is chosen.
        input_format : str or dict, optional
            "fixed<8,4>" for all inputs, or formats by feature. What is not given is chosen from the columns' ranges and the tolerance.
        raw_words : dict, optional
            (mean, scale) by feature whose port carries the raw word: feature = (word - mean) / scale.
        options
            clock ("5ns"), latency, agreement, tolerance, outputs ("scores", "decision"), threshold, output_format, rounding, overflow,
            multipliers ("auto", "dsp", "lut"), poles ("refuse", "nearest"), mode ("native", "hls4ml"), name: as for `balmer firmware`.

        Raises
        ------
        Error
            For formats that cannot hold the data, a latency that cannot be met, operators without a circuit.
        """
        return make_firmware(self, X, input_format, raw_words, options)

    def __reduce__(self):
        return _from_json, (self._core.to_json(),)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Model) and self._core.to_json() == other._core.to_json()

    def __hash__(self) -> int:
        return hash(self.equation)

    def __str__(self) -> str:
        return self.equation

    def __repr__(self) -> str:
        return "\n".join(f"{name} = {formula}" for name, formula in self._core.formulas(SHOWN_DIGITS))

    def _repr_html_(self) -> str:
        return "<br>".join(f"<code>{html.escape(name)} = {html.escape(formula)}</code>" for name, formula in self._core.formulas(SHOWN_DIGITS))


def _from_json(text: str) -> Model:
    return Model(_core.Model.from_json(text, "pickle"))


def load(path: str | os.PathLike[str], complexity: int | None = None) -> Model:
    """Reads a model.

    Parameters
    ----------
    path : path
        A model file, or a run folder of `balmer fit` (finished, killed or still running).
    complexity : int, optional
        Of a run folder: the formula of this complexity instead of the chosen one.

    Raises
    ------
    Error
        When there is no such file, model or complexity.
    """
    path = pathlib.Path(path)
    if not path.is_dir():
        if complexity is not None:
            raise Error(f"complexity chooses from a run folder; {path} is none")
        return Model(_core.Model.load(str(path)))
    front = path / "front.csv"
    if not front.is_file():
        raise Error(f"{path}: this folder holds no run, or one that has found no formula yet (no front.csv)")
    table = pd.read_csv(front)
    known = [int(c) for c in table["Complexity"]]
    if complexity is None:
        try:
            chosen = int(json.loads((path / "run.json").read_text()).get("chosen", 0))
        except (OSError, ValueError, AttributeError) as error:
            raise Error(f"{path}/run.json cannot be read: {error}") from error
        complexity = chosen if chosen in known else known[int(table["Loss"].argmin())]
    if complexity not in known:
        raise Error(f"{path} has no formula of complexity {complexity}; there are {', '.join(map(str, known))}")
    return Model(_core.Model.load(str(path / "models" / f"complexity_{complexity:03d}.json")))
