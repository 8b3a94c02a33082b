"""Every public header compiles on its own."""

import shutil
import subprocess

import pytest
from tree import ROOT, tracked

HEADERS = [p for p in tracked() if p.parts[:2] == ("include", "balmer") and p.suffix == ".hpp"]
COMPILER = shutil.which("g++") or shutil.which("clang++")


@pytest.mark.skipif(COMPILER is None, reason="no C++ compiler")
def test_public_headers_compile_alone_and_twice(tmp_path):
    running = []
    for header in HEADERS:
        name = "/".join(header.parts[1:])
        source = tmp_path / f"{header.stem}.cpp"
        source.write_text(f'#include "{name}"\n#include "{name}"\n')
        command = [COMPILER, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                   f"-I{ROOT / 'include'}", str(source)]
        running.append((name, subprocess.Popen(command, stderr=subprocess.PIPE, text=True)))
        if len(running) % 4 == 0:
            running[-1][1].wait()
    said = {name: process.communicate()[1] for name, process in running}
    assert {name: text for name, text in said.items() if text} == {}
