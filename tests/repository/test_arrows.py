"""Includes follow the arrows of ARCHITECTURE.md: a room includes itself and rooms to its left, nothing else."""

import pathlib
import re

import pytest
from tree import text, tracked, under

SEARCHERS = ["search/genetic", "search/enumerate", "search/divide", "search/neural"]
CORE = ["base", "data", "expression", "model"]
ALLOWED = {
    "base": [],
    "data": CORE[:1],
    "expression": CORE[:2],
    "model": CORE[:3],
    "fitting": CORE,
    "search": [*CORE, "fitting"],
    **{name: [*CORE, "fitting", "search"] for name in SEARCHERS},
    "report": CORE,
    "hardware": [*CORE, "report"],
    "study": [*CORE, "fitting", "search", *SEARCHERS, "report", "hardware"],
    "physics": CORE[:3],
}
ALLOWED["cli"] = [room for room in ALLOWED]
ALLOWED["python"] = [room for room in ALLOWED if room != "cli"]

# The room of a public header, where neither its name nor a source file of the same name in src/ says it.
PUBLIC = {
    "clock": "base", "stop": "base", "loss": "fitting", "dataset": "data", "readers": "data",
    "operators": "expression", "complexity": "expression", "derivative": "expression", "evaluate": "expression",
    "graph": "expression", "interval": "expression", "simplify": "expression", "units": "expression",
    "export": "model", "circuit": "hardware", "firmware": "hardware",
}

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
HEAVY = re.compile(r"#\s*include\s*[<\"](Eigen|nlohmann|CLI|hdf5|H5|mpi|torch|Random123|xxhash|sleef)", re.IGNORECASE)


def room_of_folder(folder: pathlib.PurePosixPath) -> str | None:
    """The room of a folder below src/ (or "physics/..."), None outside every room."""
    for room in (*SEARCHERS, *ALLOWED):
        if folder == pathlib.PurePosixPath(room) or pathlib.PurePosixPath(room) in folder.parents:
            return room
    return None


def room_of_header(name: str) -> str | None:
    """The room of a header of include/balmer, None when it is not known."""
    stem = pathlib.PurePosixPath(name).stem
    for room in ALLOWED:
        if stem == pathlib.PurePosixPath(room).name:
            return room
    if stem in PUBLIC:
        return PUBLIC[stem]
    beside = [path for path in under("src") if path.stem == stem]
    return room_of_folder(pathlib.PurePosixPath(*beside[0].parts[1:-1])) if len(beside) == 1 else None


def room_of_file(path: pathlib.Path) -> str | None:
    """The room that a source file belongs to."""
    if path.parts[0] == "include":
        return room_of_header(path.name)
    parts = path.parts[1:] if path.parts[0] == "src" else path.parts
    return room_of_folder(pathlib.PurePosixPath(*parts).parent)


def room_of_include(path: pathlib.Path, name: str) -> str | None:
    """The room that `#include "name"` in `path` reaches; None for what is no room of ours."""
    if name.startswith("balmer/"):
        return room_of_header(name)
    if "/" not in name:
        return room_of_file(path)
    return room_of_folder(pathlib.PurePosixPath(name).parent)


def backward(path: pathlib.Path, source: str) -> list[str]:
    """What `source` includes against the arrows."""
    here = room_of_file(path)
    if here is None:
        return []
    found = []
    for name in INCLUDE.findall(source):
        there = room_of_include(path, name)
        if there is not None and there != here and there not in ALLOWED[here]:
            found.append(f"{path} ({here}) includes {name} ({there})")
    return found


def sources() -> list[pathlib.Path]:
    return under("src", "include", "physics", "python")


def test_no_include_against_the_arrows():
    assert [line for path in sources() for line in backward(path, text(path))] == []


def test_the_check_sees_a_backward_arrow():
    assert backward(pathlib.Path("src/base/error.cpp"), '#include "balmer/search.hpp"\n')
    assert backward(pathlib.Path("src/search/genetic/a.cpp"), '#include "search/divide/b.hpp"\n')
    assert backward(pathlib.Path("src/hardware/a.cpp"), '#include "search/front.hpp"\n')
    assert backward(pathlib.Path("src/report/a.cpp"), '#include "balmer/circuit.hpp"\n')
    assert backward(pathlib.Path("physics/cms.cpp"), '#include "balmer/model.hpp"\n')
    assert backward(pathlib.Path("include/balmer/dataset.hpp"), '#include "balmer/expression.hpp"\n')
    assert not backward(pathlib.Path("src/search/genetic/a.cpp"), '#include "search/front.hpp"\n')
    assert not backward(pathlib.Path("src/expression/evaluate/a.cpp"), '#include "expression/tape.hpp"\n')


@pytest.mark.parametrize("path", [p for p in tracked() if p.parts[:2] == ("include", "balmer") and p.suffix == ".hpp"], ids=str)
def test_every_public_header_has_a_room(path):
    assert room_of_header(path.name), f"give {path.stem} a source file, or add it to PUBLIC"


@pytest.mark.parametrize("path", [p for p in tracked() if p.parts[:2] == ("include", "balmer") and p.suffix == ".hpp"], ids=str)
def test_public_headers_are_light(path):
    assert not HEAVY.search(text(path)), f"{path} includes a heavy third-party header"


def test_every_folder_of_src_is_a_room():
    outside = {str(p.parent) for p in under("src") if room_of_file(p) is None}
    assert outside == set()
