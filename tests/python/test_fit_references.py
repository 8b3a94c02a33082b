"""The reference files of tests/agreement are what scipy and scikit-learn give today: derived anew where these are installed."""

import io
import pathlib
import runpy
import sys
from contextlib import redirect_stdout

import pytest

AGREEMENT = pathlib.Path(__file__).resolve().parents[1] / "agreement"


def numbers_and_words(text):
    """Lines split into words; numbers as floats."""
    for line in text.splitlines():
        words = []
        for word in line.split():
            try:
                words.append(float(word))
            except ValueError:
                words.append(word)
        yield words


@pytest.mark.parametrize(
    "script, kept, tolerance",
    [("make_curve_fit_reference.py", "curve_fit_reference.txt", 1e-8), ("make_loss_reference.py", "loss_reference.txt", 1e-5)],
)
def test_reference_is_reproduced(script, kept, tolerance, monkeypatch):
    for module in ("numpy", "scipy", "sklearn", "sympy"):
        pytest.importorskip(module)
    monkeypatch.setattr(sys, "argv", [script])
    output = io.StringIO()
    with redirect_stdout(output), pytest.raises(SystemExit):
        runpy.run_path(str(AGREEMENT / script), run_name="__main__")
    derived = list(numbers_and_words(output.getvalue()))
    expected = list(numbers_and_words((AGREEMENT / kept).read_text()))
    assert len(derived) == len(expected) > 100
    for new, old in zip(derived, expected):
        assert len(new) == len(old)
        for a, b in zip(new, old):
            assert a == (pytest.approx(b, rel=tolerance) if isinstance(b, float) else b)
