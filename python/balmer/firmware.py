"""A formula as fixed-point logic."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from . import _core
from ._core import Error
from .columns import named_block

_WORDS = ("mode", "outputs", "rounding", "overflow", "clock", "multipliers", "poles", "name", "output_format")
_NUMBERS = ("agreement", "tolerance", "threshold", "latency")


class Firmware:
    """A circuit made from a model: integers in, integers out, the same on every back end. Made by `Model.firmware`."""

    def __init__(self, core: Any, model: Any, data: tuple[list[str], np.ndarray]):
        self._core, self._model, self._data = core, model, data

    @property
    def outputs(self) -> list[str]:
        """Names of the outputs."""
        return self._core.outputs

    @property
    def cost(self) -> dict[str, float]:
        """Pre-route estimate: lut, flip_flops, dsp, carry, latency (clock cycles), nanoseconds of the slowest stage."""
        return self._core.cost()

    @property
    def circuit(self) -> dict[str, Any]:
        """The circuit as docs/specs/circuit.md writes it."""
        return json.loads(self._core.to_json())

    def scores(self, X: Any) -> np.ndarray:
        """Real values at the outputs, shape (n_rows, n_outputs): integers times their step."""
        return self._core.predict(*named_block(X, self._model.features)).T

    def predict(self, X: Any) -> np.ndarray:
        """What the logic answers: values, shape (n_rows,) or (n_rows, n_outputs); of a classifier the labels."""
        scores = self.scores(X)
        if not all(self._core.kinds):
            codes = scores[:, 0].astype(np.intp)
            classes = np.asarray(self._model.classes)
            return classes[codes] if len(classes) else codes
        if self._model.classes:
            return np.asarray(self._model.classes)[self._model._codes(scores)]
        return scores[:, 0] if scores.shape[1] == 1 else scores

    def write(self, folder: str | os.PathLike[str], valid: bool = False) -> None:
        """Writes Verilog, VHDL, HLS C++, a C++ header, a Python module, benches, vectors and report.html into a folder.

        Parameters
        ----------
        folder : path
            Made when it is missing; files of the same names are replaced.
        valid : bool
            Whether the pipeline carries a bit that says which results count.

        Raises
        ------
        Error
            When the folder cannot be written.
        """
        self._core.write(*self._data, os.fspath(folder), valid)

    def verify(self, vectors: int = 100_000, netlist_vectors: int = 10_000, back_ends: Sequence[str] = ()) -> pd.DataFrame:
        """Compares every back end that is installed with the interpreter, bit for bit.

        Parameters
        ----------
        vectors, netlist_vectors : int
            Random vectors besides corners and data; for the gate-level netlist.
        back_ends : sequence of str
            Of python, c++, hls, verilator, icarus, ghdl, netlist; empty: all.

        Returns
        -------
        DataFrame
            back_end, result (equal, missing), vectors, differences, seconds, detail.

        Raises
        ------
        Error
            When one differs or breaks off, or when none is installed.
        """
        with tempfile.TemporaryDirectory() as folder:
            self.write(folder)
            rows = self._core.verify(folder, vectors, netlist_vectors, list(back_ends))
        wrong = [row for row in rows if row["result"] in ("differs", "failed")]
        if wrong:
            raise Error("; ".join(f"{row['back_end']} {row['result']}: {row['detail']}" for row in wrong))
        if all(row["result"] == "missing" for row in rows):
            raise Error("no back end is installed: " + "; ".join(row["detail"] for row in rows))
        return pd.DataFrame(rows)

    def _repr_svg_(self) -> str:
        return self._core.drawing()

    def __repr__(self) -> str:
        cost = self.cost
        return (f"Firmware: {cost['lut']:.0f} LUT, {cost['flip_flops']} FF, {cost['dsp']} DSP, {cost['latency']} cycles, "
                f"{cost['nanoseconds']:.2f} ns (pre-route estimate)")


def make_firmware(model: Any, X: Any, input_format: str | Mapping[str, str] | None, raw_words: Mapping[str, tuple[float, float]] | None, options: dict[str, Any]) -> Firmware:
    """Lowers a model on the rows of X; see Model.firmware."""
    known = (*_WORDS, *_NUMBERS)
    for name in options:
        if name not in known:
            raise Error(f"firmware has no keyword '{name}'. Known: input_format, raw_words, {', '.join(known)}")
    formats = [input_format] if isinstance(input_format, str) else [f"{name}={text}" for name, text in (input_format or {}).items()]
    words = {name: str(options[name]) for name in _WORDS if options.get(name) is not None}
    numbers = {name: float(options[name]) for name in _NUMBERS if options.get(name) is not None}
    data = named_block(X, model.features)
    core = _core.Firmware.make(model._core, *data, words, numbers, formats, {name: tuple(pair) for name, pair in (raw_words or {}).items()})
    return Firmware(core, model, data)
