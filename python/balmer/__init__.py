"""balmer finds formulas in data.

>>> from balmer import SymbolicRegressor
>>> model = SymbolicRegressor(operators=["+", "*", "cos"], seconds=10).fit(X, y)
>>> model.front_
>>> model.best_.sympy()

Estimators follow scikit-learn. `parse` reads a formula, `load` a model file or a run folder. Mistakes raise `balmer.Error`, a ValueError.
"""

import pathlib as _pathlib

from . import _core
from ._core import Error
from .estimators import SymbolicClassifier, SymbolicRegressor
from .expression import Expression, parse
from .model import Model, load

_core.add_data_folder(str(_pathlib.Path(__file__).parent / "data"))

__version__ = _core.version()
__all__ = ["Error", "Expression", "Model", "SymbolicClassifier", "SymbolicRegressor", "load", "parse"]
