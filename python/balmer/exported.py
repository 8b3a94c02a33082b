"""Runs the source text that models export to Python."""

from __future__ import annotations

from typing import Any


def namespace(source: str, name: str) -> dict[str, Any]:
    """The names that exported source defines."""
    names: dict[str, Any] = {"__name__": name}
    exec(compile(source, f"<balmer {name}>", "exec"), names)  # written by this library: names are quoted or made into identifiers
    return names


def sympy_outputs(source: str) -> dict[str, Any]:
    """SymPy expressions by output, from the export `sympy`."""
    try:
        import sympy  # noqa: F401
    except ImportError as error:
        raise ImportError("sympy() needs SymPy: pip install sympy") from error
    return namespace(source, "sympy")["outputs"]
