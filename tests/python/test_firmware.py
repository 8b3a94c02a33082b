"""Formulas as fixed-point logic."""

import shutil

import numpy as np
import pytest

import balmer


@pytest.fixture(scope="module")
def firmware(fitted, table):
    return fitted.best_.firmware(table[0], input_format="fixed<10,3>", clock="5ns", tolerance=0.02)


def test_it_answers_nearly_like_the_formula(firmware, fitted, table):
    X, y = table
    values = firmware.predict(X)
    assert np.sqrt(np.mean((values - fitted.best_.predict(X)) ** 2)) < 0.02 * np.std(y)
    steps = values * 2.0**20
    assert np.array_equal(steps, np.round(steps))
    assert firmware.cost["lut"] > 0 and "LUT" in repr(firmware)
    assert firmware.circuit["balmer_circuit"] == 1


def test_it_is_written_and_verified(firmware, table, tmp_path):
    firmware.write(tmp_path / "out")
    assert (tmp_path / "out" / "verilog" / "formula.v").read_text().startswith("// formula")
    assert "Quantisation error" in (tmp_path / "out" / "report.html").read_text()
    results = firmware.verify(vectors=500, back_ends=["python", "icarus"] if shutil.which("iverilog") else ["python"])
    assert set(results["result"]) == {"equal"}


def test_the_python_module_that_is_written_gives_the_same_integers(firmware, table, tmp_path):
    X, _ = table
    firmware.write(tmp_path)
    names = {"__name__": "formula"}
    exec((tmp_path / "python" / "formula.py").read_text(), names)
    circuit = firmware.circuit
    step = 2.0 ** -next(node["fraction"] for node in circuit["nodes"] if node["name"] == circuit["outputs"][0]["node"])
    places = [int(port["column"][1:]) for port in circuit["inputs"]]
    integers = np.clip(np.floor(X[:, places] * 2**7 + 0.5), -(2**9), 2**9 - 1).astype(int)
    assert [names["evaluate"](*map(int, row))[0] * step for row in integers] == firmware.predict(X).tolist()


def test_mistakes_say_what_to_do(fitted, table):
    with pytest.raises(balmer.Error, match="fixed<8,4>"):
        fitted.best_.firmware(table[0], input_format="float<8,4>")
    with pytest.raises(balmer.Error, match="no keyword 'clok'"):
        fitted.best_.firmware(table[0], clok="5ns")
    with pytest.raises(balmer.Error, match="nanoseconds"):
        fitted.best_.firmware(table[0], clock="soon")
