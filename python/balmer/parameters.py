"""Keywords of the estimators: one per row of the table of parameters that the command line has too."""

from __future__ import annotations

import inspect
import numbers
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from . import _core
from ._core import Error


class Row(NamedTuple):
    """One parameter that a user can set."""

    name: str
    group: str
    kind: str
    default: Any
    allowed: str
    help: str


_annotations = {
    "Text": "str",
    "TextList": "str | list[str] | None",
    "Texts": "str | list[str] | None",
    "Number": "float",
    "Integer": "int",
    "Flag": "bool",
}


def _default(name: str, kind: str, text: str) -> Any:
    if name == "progress":
        return "none"  # libraries are quiet
    if kind in ("TextList", "Texts"):
        return text or None
    if kind == "Number":
        return float(text) if not text.lstrip("-").isdecimal() else int(text)
    if kind == "Integer":
        return int(text)
    return text == "true" if kind == "Flag" else text


def rows() -> list[Row]:
    """All parameters in order."""
    return [Row(name, group, kind, _default(name, kind, text), allowed, help)
            for name, group, kind, text, allowed, help in _core.parameter_rows()]


def constructor(summary: str) -> Callable[..., None]:
    """An `__init__` with one keyword per row, for a class that scikit-learn may clone."""
    table = rows()
    keyword = inspect.Parameter.KEYWORD_ONLY
    signature = inspect.Signature(
        [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
        + [inspect.Parameter(row.name, keyword, default=row.default, annotation=_annotations[row.kind]) for row in table],
    )
    known = [row.name for row in table]

    def __init__(self, **given):
        unknown = [name for name in given if name not in known]
        if unknown:
            raise TypeError(f"unknown keyword '{unknown[0]}'. Known: {', '.join(known)}")
        for row in table:
            setattr(self, row.name, given.get(row.name, row.default))

    __init__.__signature__ = signature
    __init__.__doc__ = f"{summary}\n\n{documentation()}"
    __init__.__annotations__ = {row.name: _annotations[row.kind] for row in table}
    return __init__


def documentation() -> str:
    """The section `Parameters` of a docstring."""
    lines = ["Parameters", "----------"]
    for row in rows():
        lines.append(f"{row.name} : {_annotations[row.kind]}, default={row.default!r}")
        lines.append(f"    {row.help}." + (f" Allowed: {row.allowed}." if row.allowed else ""))
    return "\n".join(lines)


def _one(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, numbers.Integral):
        return str(int(value))
    if isinstance(value, numbers.Real):
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    return str(value)


def _listed(row: Row, value: Any) -> list[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")] if row.kind == "TextList" else [value]
    return [_one(item) for item in value]


def as_text(row: Row, value: Any) -> str | None:
    """A keyword's value as the text that the command line would be given; None: not given.

    A list stands for names separated by blanks where the row holds one text (operators), a mapping for `name=value` pairs (units).
    """
    if value is None:
        return None
    if row.kind in ("TextList", "Texts"):
        return "\n".join(_listed(row, value)) or None
    if isinstance(value, Mapping):
        return ",".join(f"{name}={_one(item)}" for name, item in value.items())
    if row.kind == "Text" and isinstance(value, (list, tuple)):
        return " ".join(_one(item) for item in value)
    if row.kind == "Flag" and not isinstance(value, str):
        return _one(bool(value))
    if row.kind in ("Number", "Integer") and not isinstance(value, (str, numbers.Real)):
        raise Error(f"{row.name}: {value!r} is no number; allowed: {row.allowed}")
    return _one(value)


def texts(estimator: Any) -> dict[str, str]:
    """All keywords of an estimator as texts by name."""
    result = {}
    for row in rows():
        text = as_text(row, getattr(estimator, row.name))
        if text is not None:
            result[row.name] = text
    return result
