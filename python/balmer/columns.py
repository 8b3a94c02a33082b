"""Arrays and data frames as named columns of doubles, the form that the C++ part reads without copying."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ._core import Error


def default_names(count: int) -> list[str]:
    """x0, x1, ...: the names of columns that have none, as when a file without a header is read."""
    return [f"x{i}" for i in range(count)]


def own_names(X: Any) -> list[str] | None:
    """The column names of a data frame when all of them are strings, else None."""
    columns = getattr(X, "columns", None)
    if columns is None:
        return None
    names = list(columns)
    return names if all(isinstance(name, str) for name in names) else None


def as_block(X: Any) -> np.ndarray:
    """`X` as a float64 array of shape (rows, columns) whose columns are contiguous; a copy only where one is needed."""
    array = np.asarray(X, dtype=np.float64)
    if array.ndim == 1:
        array = array.reshape(-1, 1)
    if array.ndim != 2:
        raise Error(f"an array of {array.ndim} dimensions was given; expected (rows, columns)")
    return np.asfortranarray(array)


def is_text(values: Any) -> bool:
    """Whether a column holds labels rather than numbers."""
    return np.asarray(values).dtype.kind not in "biuf"


def text_columns(X: Any, names: Sequence[str]) -> list[tuple[str, list[str], np.ndarray]]:
    """The columns of a data frame or mapping `X` among `names` that hold labels: name, distinct labels sorted, code of each row. A missing
    label is the empty text. When a name is no column, all columns of labels are given, so that the complaint can say which was meant."""
    known = X.keys() if isinstance(X, Mapping) else own_names(X) or []
    if any(name not in known for name in names):
        names = list(known)
    columns = []
    for name in names:
        if name not in known or not is_text(X[name]):
            continue
        values = np.asarray(X[name], dtype=object)
        texts = np.array(["" if value is None or value != value else str(value) for value in values], dtype=object)
        labels, codes = np.unique(texts.astype(str), return_inverse=True)
        columns.append((name, labels.tolist(), codes.astype(np.uint32)))
    return columns


def named_block(X: Any, features: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Names and columns of `X` for a formula that reads `features`.

    Parameters
    ----------
    X : DataFrame, mapping or array
        A data frame or a mapping gives columns by name, in any order, others are ignored. An array of shape (rows, columns) gives
        them by place: column k is `xk` when the features are called so (x0, x1, ...), else feature k, and there must be as many.
    features : sequence of str
        The names.

    Raises
    ------
    Error
        When an array has another number of columns.
    """
    if isinstance(X, Mapping):
        numbers = {name: values for name, values in X.items() if name in features or not is_text(values)}
        if not numbers:
            return [], np.zeros((max(map(np.size, X.values()), default=0), 0), order="F")
        columns = np.broadcast_arrays(*(np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in numbers.values()))
        return list(numbers), np.asfortranarray(np.column_stack(columns))
    names = own_names(X)
    if names is not None:
        used = [name for name in features if name in names]
        rows = len(X)
        block = as_block(X[used]) if used else np.zeros((rows, 0), order="F")
        return used, block
    block = as_block(X)
    numbered = all(name[:1] == "x" and name[1:].isdecimal() for name in features)
    if numbered and block.shape[1] > max((int(name[1:]) for name in features), default=-1):
        return default_names(block.shape[1]), block
    if block.shape[1] != len(features):
        raise Error(
            f"the array has {block.shape[1]} columns; the formula reads {len(features)}: {', '.join(features)}. "
            "Give these in this order, or a DataFrame with column names"
        )
    return list(features), block
