"""How a running fit is shown on Python's standard error: lines, a live line, or JSON."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

from ._core import Error

KINDS = ("auto", "bar", "plain", "json", "none")


class _Lines:
    """One line for every formula that fits clearly better than all before."""

    def __init__(self, live: bool):
        self._live = live
        self._lowest = float("inf")
        self._headed = False

    def __call__(self, improvements: list[tuple], standing: tuple) -> None:
        for seconds, complexity, loss, equation in improvements:
            if loss > 0.99 * self._lowest:
                continue
            self._lowest = loss
            self._clear()
            if not self._headed:
                print(f"{'time':>9}  {'size':>4}  {'loss':<11}  equation", file=sys.stderr)
            self._headed = True
            print(f"{seconds:7.1f} s  {complexity:>4}  {loss:<11.5g}  {equation}", file=sys.stderr)
        if self._live:
            seconds, evaluations, fraction, stage = standing
            self._clear()
            print(f"{stage} {100 * fraction:.0f} % {seconds:.1f} s {evaluations:.3g} evaluations", end="", file=sys.stderr)
        sys.stderr.flush()

    def _clear(self) -> None:
        if self._live:
            print("\r" + " " * 79 + "\r", end="", file=sys.stderr)

    def finish(self) -> None:
        self._clear()
        sys.stderr.flush()


class _Json:
    """One JSON object a line for every formula that enters the front."""

    def __call__(self, improvements: list[tuple], standing: tuple) -> None:
        for seconds, complexity, loss, equation in improvements:
            event = {"seconds": seconds, "complexity": complexity, "loss": loss, "equation": equation}
            print(json.dumps(event), file=sys.stderr, flush=True)

    def finish(self) -> None:
        pass


@contextlib.contextmanager
def shown(kind: Any) -> Iterator[Callable[[list, tuple], None] | None]:
    """What shows a fit's progress, or None where nothing is shown. Raises Error for an unknown `kind`."""
    if kind not in KINDS:
        raise Error(f"progress: unknown way to show progress {kind!r}. Allowed: {', '.join(KINDS)}")
    if kind == "none":
        yield None
        return
    live = kind == "bar" or (kind == "auto" and sys.stderr.isatty())
    show = _Json() if kind == "json" else _Lines(live)
    try:
        yield show
    finally:
        show.finish()
