"""One formula: read, evaluated, derived, simplified, written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import _core
from .columns import named_block
from .exported import sympy_outputs


class Expression:
    """A formula and the names of its variables. Made by `parse`; never changes."""

    def __init__(self, core: Any, define: Sequence[str] = ()):
        self._core = core
        self._define = tuple(define)

    @property
    def features(self) -> list[str]:
        """Names of the variables, in the order of the columns of an array given to `evaluate`."""
        return self._core.features

    @property
    def constants(self) -> list[float]:
        """The numbers in it, in order of appearance."""
        return self._core.constants

    def evaluate(self, X: Any = None, **columns: Any) -> np.ndarray:
        """Values of the formula, one per row; NaN outside an operator's domain.

        Parameters
        ----------
        X : DataFrame, mapping or array of shape (n_rows, n_features), optional
            Columns by name, or in the order of `features`.
        **columns : arrays or numbers
            Instead of `X`: columns by name, as in ``evaluate(x=[1, 2], y=3)``.

        Returns
        -------
        values : ndarray of shape (n_rows,)

        Raises
        ------
        Error
            When a column is missing.
        """
        names, block = named_block(columns if X is None else X, self.features)
        return self._core.evaluate(names, block)[0]

    def derivative(self, by: str) -> Expression:
        """The exact derivative by one variable. Raises Error when there is none of this name."""
        return Expression(self._core.derivative(by), self._define)

    def simplify(self, measure: str = "tree") -> Expression:
        """The shortest equal formula by this complexity measure, never longer than this one."""
        return Expression(self._core.simplify(measure), self._define)

    def complexity(self, measure: str = "tree") -> int:
        """How much the formula weighs by `tree`, `sympy`, `cycles`, or a file of operator,weight lines."""
        return self._core.complexity(measure)

    def latex(self, digits: int = 0) -> str:
        """The formula as LaTeX; numbers with `digits` significant digits, 0: all that are needed."""
        return self._core.latex(digits)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex(6)}$"

    def sympy(self) -> Any:
        """The formula as a SymPy expression of real symbols."""
        return next(iter(sympy_outputs(self._core.export("sympy")).values()))

    def export(self, format: str) -> str:
        """The formula as source text: json, python, numpy, sympy, torch, latex, mathml, c or c++."""
        return self._core.export(format)

    def __str__(self) -> str:
        return self._core.text(0)

    def __repr__(self) -> str:
        return f"parse({str(self)!r}, features={self.features!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and self._core == other._core

    def __hash__(self) -> int:
        return hash((str(self), tuple(self.features)))

    def __reduce__(self):
        return parse, (str(self), self.features, self._define)


def parse(text: str, features: Sequence[str] | None = None, define: Sequence[str] = ()) -> Expression:
    """Reads a formula as people type it.

    Parameters
    ----------
    text : str
        ``+ - * / ^`` (or ``**``), functions, comparisons, ``if(c, a, b)``, numbers, ``pi``, ``e`` and names.
    features : sequence of str, optional
        The names that are variables, in the order of the columns. Without them every unknown name is one, in order of appearance.
    define : sequence of str, optional
        Operators of your own, as in ``["bump(x, s) = exp(-(x/s)^2)"]``.

    Raises
    ------
    Error
        Shows the formula with a caret under the place.

    Examples
    --------
    >>> parse("sin(x)*y").derivative("x").evaluate(x=[0.0, 1.0], y=2.0)
    array([2.        , 1.08060461])
    """
    define = [define] if isinstance(define, str) else list(define)
    return Expression(_core.parse(text, None if features is None else list(features), define), define)
