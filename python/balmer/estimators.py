"""Estimators in the manner of scikit-learn: `SymbolicRegressor` and `SymbolicClassifier`."""

from __future__ import annotations

import html
import warnings
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_consistent_length, check_is_fitted, column_or_1d, validate_data

from . import _core, parameters, progress
from ._core import Error
from .columns import as_block, default_names, own_names, text_columns
from .model import SHOWN_DIGITS, Model

WEIGHTS, SIGMA = "(weights)", "(sigma)"  # names that no formula can read


def _free_name(wanted: str, taken: list[str]) -> str:
    while wanted in taken:
        wanted += "_"
    return wanted


class _SymbolicEstimator(BaseEstimator):
    """What both estimators share: the search, the front and the chosen formula."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = bool(self.drop_missing)
        tags.non_deterministic = False
        return tags

    def _validated(self, X: Any, labels: list, **options: Any) -> Any:
        """X as numbers after scikit-learn's checks; codes stand for the entries of the text columns `labels`."""
        finite = not self.drop_missing
        if labels:
            X = X.assign(**{name: codes.astype(np.float64) for name, _, codes in labels})
        return validate_data(self, X, dtype=np.float64, order="F", ensure_all_finite=finite, **options)

    def _categories(self) -> list[str]:
        """Columns that the form and the guesses take categories from, as p[column]."""
        guesses = [self.guess] if isinstance(self.guess, str) else self.guess or []
        return [name for formula in [self.form or "", *guesses] for name in _core.mentioned_categories(formula)]

    def _numbers(self, X: np.ndarray, labels: list) -> tuple[list[str], np.ndarray]:
        """The columns of X that hold numbers."""
        texts = [name for name, _, _ in labels]
        if not texts:
            return self._names, X
        kept = [i for i, name in enumerate(self._names) if name not in texts]
        return [self._names[i] for i in kept], np.asfortranarray(X[:, kept])

    def _blocks(self, X: np.ndarray, labels: list, sample_weight: Any, sigma: Any) -> list[tuple[list[str], np.ndarray]]:
        """The columns of X, and those of weights and sigma where they are given."""
        blocks = [self._numbers(X, labels)]
        for name, values, keyword in ((WEIGHTS, sample_weight, self.weights), (SIGMA, sigma, self.sigma)):
            if values is None:
                continue
            if keyword:
                raise Error(f"{name.strip('()')} is given twice: to fit and as the estimator's keyword {keyword!r}")
            column = as_block(column_or_1d(np.asarray(values, dtype=np.float64), warn=True))
            check_consistent_length(X, column)
            blocks.append(([name], column))
        return blocks

    def _texts(self, task: str, targets: list[str], sample_weight: Any, sigma: Any) -> dict[str, str]:
        texts = parameters.texts(self)
        texts["target"] = "\n".join(targets)
        if texts.get("task", "auto") not in ("auto", task):
            raise Error(f"task is '{texts['task']}'; {type(self).__name__} does {task} only")
        texts["task"] = task
        if sample_weight is not None:
            texts["weights"] = WEIGHTS
        if sigma is not None:
            texts["sigma"] = SIGMA
        if "features" not in texts:
            given = {self.weights, self.sigma, *self._categories()}
            texts["features"] = "\n".join(name for name in self._names if name not in given)
        return texts

    def _target_names(self, y: Any, count: int) -> list[str]:
        """By the keyword `target`, else the names of a Series or DataFrame, else y or y0, y1, ..."""
        names = self.target
        if isinstance(names, str):
            names = [part.strip() for part in names.split(",")]
        if not names:
            names = own_names(y) if getattr(y, "ndim", 1) == 2 else [y.name] if isinstance(getattr(y, "name", None), str) else None
        if not names:
            names = ["y"] if count == 1 else [f"y{i}" for i in range(count)]
        if len(names) != count:
            raise Error(f"target names {len(names)} columns ({', '.join(names)}); y has {count}")
        taken = list(self._names)
        return [taken.append(free) or free for free in (_free_name(name, taken) for name in names)]

    def _search(self, texts: dict[str, str], blocks: list, labels: list) -> None:
        with progress.shown(self.progress) as show:
            found = _core.fit(texts, blocks, labels, show)
        if found["interrupts"] > 1 or (found["interrupts"] and not found["models"]):
            raise KeyboardInterrupt
        if not found["models"]:
            raise Error(f"no formula was found before the search stopped ({found['stop']}); give it more seconds or evaluations")
        if found["interrupts"]:
            warnings.warn("interrupted: the fit keeps the formulas found so far", RuntimeWarning, stacklevel=3)
        columns = ("complexity", "loss", "validation", "score", "equation")
        self.front_ = pd.DataFrame({name: found[name] for name in columns})
        self.models_ = [Model(core) for core in found["models"]]
        self.chosen_ = found["chosen"]
        self.stop_ = found["stop"]
        self.seconds_ = found["seconds"]
        self.evaluations_ = found["evaluations"]
        self.report_ = found["report"]
        self.notes_ = found["notes"]
        self.verdict_ = found["verdict"]
        self.evidence_ = found["evidence"]
        self.run_folder_ = found["run_folder"] or None

    @property
    def _names(self) -> list[str]:
        names = getattr(self, "feature_names_in_", None)
        return default_names(self.n_features_in_) if names is None else list(names)

    @property
    def best_(self) -> Model:
        """The chosen formula (keyword `select`) as a `Model`."""
        check_is_fitted(self, "models_")
        return self.models_[self.chosen_]

    def model(self, complexity: int | None = None) -> Model:
        """The formula of this complexity, or the chosen one. Raises Error listing the complexities that exist."""
        check_is_fitted(self, "models_")
        if complexity is None:
            return self.best_
        known = self.front_["complexity"].tolist()
        if complexity not in known:
            raise Error(f"there is no formula of complexity {complexity}; there are {', '.join(map(str, known))}")
        return self.models_[known.index(complexity)]

    def _scores(self, X: Any, complexity: int | None) -> np.ndarray:
        check_is_fitted(self, "models_")
        labels = text_columns(X, self._categories())
        names, block = self._numbers(self._validated(X, labels, reset=False), labels)
        return self.model(complexity)._core.scores(names, block, labels).T

    def plot_front(self, ax: Any = None) -> Any:
        """Draws loss (and validation loss) against complexity, the chosen formula marked.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw; a new figure without it.

        Returns
        -------
        ax : matplotlib Axes
        """
        check_is_fitted(self, "models_")
        try:
            import matplotlib.pyplot as plt
        except ImportError as error:
            raise ImportError("plot_front() needs Matplotlib: pip install matplotlib") from error
        if ax is None:
            ax = plt.subplots()[1]
        front = self.front_
        ax.step(front["complexity"], front["loss"], where="post", marker="o", label="training")
        if front["validation"].notna().any():
            ax.step(front["complexity"], front["validation"], where="post", marker="s", label="validation")
        chosen = front.iloc[self.chosen_]
        ax.plot(chosen["complexity"], chosen["loss"], marker="*", markersize=15, linestyle="none", label="chosen")
        if (front["loss"] > 0).all():
            ax.set_yscale("log")
        ax.set_xlabel("complexity")
        ax.set_ylabel("loss")
        ax.legend()
        return ax

    def _front_html(self) -> str:
        rows = []
        for i, model in enumerate(self.models_):
            row = self.front_.iloc[i]
            formula = "; ".join(formula for _, formula in model._core.formulas(SHOWN_DIGITS))
            cells = [f"{row['complexity']}", f"{row['loss']:.5g}", f"{row['score']:.3f}", f"<code>{html.escape(formula)}</code>"]
            style = ' style="font-weight:bold"' if i == self.chosen_ else ""
            rows.append(f"<tr{style}>" + "".join(f'<td style="text-align:left">{cell}</td>' for cell in cells) + "</tr>")
        head = "".join(f'<th style="text-align:left">{name}</th>' for name in ("complexity", "loss", "score", "equation"))
        return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"

    def _repr_html_(self) -> str:
        """The front as a table; before the fit the estimator as text."""
        text = f"<pre>{html.escape(repr(self))}</pre>"
        return text + self._front_html() if hasattr(self, "models_") else text

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}


ATTRIBUTES = """Attributes
----------
front_ : DataFrame
    One row per formula, by rising complexity: complexity, loss, validation (NaN without validation rows), score, equation.
best_ : Model
    The chosen formula.
models_ : list of Model
    One per row of `front_`; `models_[chosen_]` is `best_`.
chosen_ : int
    Row of `front_` that the keyword `select` chose.
stop_ : str
    Why the search ended: solved, seconds, evaluations, memory, exhausted or interrupted.
seconds_, evaluations_ : float
    What the search spent.
notes_, report_ : list of str
    Sentences on the data (columns left out, rows dropped), and on what each stage of the search did.
verdict_ : str or None
    On the chosen formula: "exact", "exact within noise" or "approximate"; None for classes.
evidence_ : list of str
    Sentences that the verdict rests on.
run_folder_ : str or None
    Where the run is kept.
n_features_in_ : int
    Columns of X.
feature_names_in_ : ndarray of str
    Their names, when X was a DataFrame.
"""


class SymbolicRegressor(RegressorMixin, _SymbolicEstimator):
    __doc__ = f"Finds formulas for one or several numeric targets.\n\n{parameters.documentation()}\n\n{ATTRIBUTES}"

    __init__ = parameters.constructor("A regressor; every keyword is a flag of `balmer fit` of the same name.")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = True
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None, sigma: Any = None) -> SymbolicRegressor:
        """Searches formulas.

        Parameters
        ----------
        X : DataFrame or array of shape (n_rows, n_features)
            Column names of a DataFrame are the names in formulas, else x0, x1, ...
        y : array, Series or DataFrame of shape (n_rows,) or (n_rows, n_targets)
            What is explained.
        sample_weight : array of shape (n_rows,), optional
            Weight of each row in the loss; may be negative.
        sigma : array of shape (n_rows,), optional
            Standard deviation of the target, > 0. (The keyword `sigma` of the estimator takes a column of X or a formula instead.)

        Returns
        -------
        self : SymbolicRegressor

        Raises
        ------
        Error
            When something does not fit together; says what is allowed.
        KeyboardInterrupt
            When Ctrl-C is pressed twice, or before the first formula. Pressed once, the fit keeps what it has and warns.
        """
        given = y
        labels = text_columns(X, self._categories())
        X, y = self._validated(X, labels, y=y, multi_output=True, y_numeric=True, ensure_min_samples=2)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        y = as_block(y)
        targets = self._target_names(given, y.shape[1])
        blocks = self._blocks(X, labels, sample_weight, sigma) + [(targets, y)]
        self._search(self._texts("regression", targets, sample_weight, sigma), blocks, labels)
        return self

    def predict(self, X: Any, complexity: int | None = None) -> np.ndarray:
        """Values of the chosen formula, or of the one of a complexity.

        Parameters
        ----------
        X : DataFrame or array of shape (n_rows, n_features)
        complexity : int, optional
            A complexity of `front_`.

        Returns
        -------
        y : ndarray of shape (n_rows,) or (n_rows, n_targets)
            NaN outside an operator's domain.
        """
        scores = self._scores(X, complexity)
        return scores[:, 0] if scores.shape[1] == 1 else scores


class SymbolicClassifier(ClassifierMixin, _SymbolicEstimator):
    __doc__ = (
        f"Finds formulas that score classes: one for two classes, else one per class.\n\n{parameters.documentation()}\n\n{ATTRIBUTES}"
        "classes_ : ndarray of shape (n_classes,)\n    The labels, sorted.\n"
    )

    __init__ = parameters.constructor("A classifier; every keyword is a flag of `balmer fit` of the same name.")

    def fit(self, X: Any, y: Any, sample_weight: Any = None, sigma: Any = None) -> SymbolicClassifier:
        """Searches formulas.

        Parameters
        ----------
        X : DataFrame or array of shape (n_rows, n_features)
            Column names of a DataFrame are the names in formulas, else x0, x1, ...
        y : array or Series of shape (n_rows,)
            Labels: text, numbers or booleans.
        sample_weight : array of shape (n_rows,), optional
            Weight of each row in the loss; may be negative.
        sigma : None
            Not used: labels have no standard deviation.

        Returns
        -------
        self : SymbolicClassifier

        Raises
        ------
        Error
            When something does not fit together; says what is allowed.
        KeyboardInterrupt
            When Ctrl-C is pressed twice, or before the first formula. Pressed once, the fit keeps what it has and warns.
        """
        if sigma is not None:
            raise Error("sigma is for regressions: labels have no standard deviation")
        given = y
        labels = text_columns(X, self._categories())
        X, y = self._validated(X, labels, y=y, ensure_min_samples=2)
        check_classification_targets(y)
        y = column_or_1d(y, warn=True)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise Error(f"y has one class only ({self.classes_[0]!r}); two are needed to tell them apart")
        target = self._target_names(given, 1)[0]
        texts = self._texts("classification", [target], sample_weight, None)
        classes = (target, [_label_text(label) for label in self.classes_], codes.astype(np.uint32))
        self._search(texts, self._blocks(X, labels, sample_weight, None), [*labels, classes])
        return self

    def decision_function(self, X: Any, complexity: int | None = None) -> np.ndarray:
        """Scores: shape (n_rows,) for two classes, above 0 for the second; else (n_rows, n_classes)."""
        scores = self._scores(X, complexity)
        if scores.shape[1] == 1:
            return scores[:, 0]
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def predict_proba(self, X: Any, complexity: int | None = None) -> np.ndarray:
        """Probability of each class of `classes_`, shape (n_rows, n_classes)."""
        scores = self._scores(X, complexity)
        return self.model(complexity)._core.probabilities(np.ascontiguousarray(scores.T)).T

    def predict(self, X: Any, complexity: int | None = None) -> np.ndarray:
        """Labels of the rows, shape (n_rows,); where every score is NaN the first class."""
        scores = self._scores(X, complexity)
        return self.classes_[self.model(complexity)._codes(scores)]


def _label_text(label: Any) -> str:
    if isinstance(label, (bool, np.bool_)) or not isinstance(label, (int, float, np.number)):
        return str(label)
    number = float(label)
    return str(int(label)) if number.is_integer() else repr(number)
