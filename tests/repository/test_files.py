"""Rules about files: length, licences, machine paths, packages."""

import pathlib
import re
import shutil
import subprocess

import pytest
from tree import ROOT, text, tracked, under

LIMIT = 500
LONG_FILES = ROOT / "tests" / "repository" / "long_files.txt"
CODE = (".cpp", ".hpp", ".def", ".py", ".cmake", ".v", ".sv", ".vhd")
# Written in pieces, so that this file does not name them itself.
MACHINE_PATHS = re.compile("|".join((r"(?:(?<![\w.])|(?<=-I))/wor" + r"k\b", "/tmp/bu" + "ild", r"(?<![\w.])/ro" + r"ot\b")))


def allowed_long() -> dict[str, str]:
    """Path to reason, from lines "path: reason"."""
    lines = [line for line in LONG_FILES.read_text().splitlines() if line.strip() and not line.startswith("#")]
    return {path.strip(): reason.strip() for path, _, reason in (line.partition(":") for line in lines)}


def test_files_stay_short():
    allowed = allowed_long()
    long = {str(p): text(p).count("\n") for p in tracked() if p.suffix in CODE}
    assert {p: n for p, n in long.items() if n > LIMIT and p not in allowed} == {}


def test_every_long_file_has_a_reason_and_needs_it():
    for path, reason in allowed_long().items():
        assert (ROOT / path).is_file(), f"{path} is gone: take it out of {LONG_FILES.name}"
        assert len(reason.split()) >= 4, f"{path}: say why it may be long"
        assert text(pathlib.Path(path)).count("\n") > LIMIT, f"{path} is short now: take it out of {LONG_FILES.name}"


def test_headers_are_included_once():
    assert [str(p) for p in under("src", "include", "physics", "tests", "benchmarks", suffixes=(".hpp",))
            if "#pragma once" not in text(p)] == []


def licence_text(entry: str) -> str:
    """What is written of data/<entry>: its own README, or the section of data/README.md that its name heads."""
    own = ROOT / "data" / entry / "README.md"
    if own.is_file():
        return own.read_text()
    sections = re.split(r"^## ", (ROOT / "data" / "README.md").read_text(), flags=re.MULTILINE)
    return "\n".join(section for section in sections[1:] if entry in section.splitlines()[0])


def test_data_name_their_licence():
    entries = {p.parts[1] for p in tracked() if p.parts[0] == "data" and (len(p.parts) > 2 or p.suffix != ".md")}
    says = re.compile(r"\blicen[cs]e\b|\bCC BY\b|\bCC0\b|public domain", re.IGNORECASE)
    assert [entry for entry in sorted(entries) if not says.search(licence_text(entry))] == []


def test_links_between_documents_lead_somewhere():
    link = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")
    broken = [f"{p}: {target}" for p in tracked() if p.suffix == ".md"
              for target in link.findall(text(p)) if not (ROOT / p.parent / target).exists()]
    assert broken == []


def test_licence_of_the_project():
    assert "Apache License" in text(pathlib.Path("LICENSE"))
    assert "Version 2.0, January 2004" in text(pathlib.Path("LICENSE"))


def test_no_machine_paths():
    binary = {".gz", ".npz", ".npy", ".png", ".h5", ".parquet"}
    found = [f"{p}:{n}" for p in tracked() if p.suffix not in binary
             for n, line in enumerate(text(p).splitlines(), 1) if MACHINE_PATHS.search(line)]
    assert found == []


def test_the_check_sees_machine_paths():
    assert MACHINE_PATHS.search("-I/wor" + "k/main") and MACHINE_PATHS.search("cd /ro" + "ot")
    assert not MACHINE_PATHS.search("base/root.hpp https://example.org/work")


def packages() -> list[str]:
    lines = (line.split("#")[0].strip() for line in text(pathlib.Path("apt-packages.txt")).splitlines())
    return [line for line in lines if line]


def test_every_package_is_commented_once():
    lines = [line for line in text(pathlib.Path("apt-packages.txt")).splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9.+-]+\s+# \S.*", line) for line in lines)
    assert len(set(packages())) == len(packages())


@pytest.mark.skipif(not shutil.which("dpkg-query"), reason="not a Debian system")
@pytest.mark.parametrize("package", packages())
def test_every_package_exists(package):
    shown = subprocess.run(["dpkg-query", "-W", "-f=${db:Status-Status}", package], capture_output=True, text=True)
    assert shown.stdout == "installed"


def test_no_unfinished_marks():
    marks = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    found = [f"{p}:{n}" for p in tracked() if p.suffix in CODE
             for n, line in enumerate(text(p).splitlines(), 1) if marks.search(line)]
    assert found == []
