"""`make install` into an empty folder, and the installed program at work."""

import gzip
import os
import shutil
import subprocess

import pytest

from tree import ROOT

PROGRAM = ROOT / "build" / "balmer"


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    if not PROGRAM.is_file() or not (ROOT / "build" / "cmake_install.cmake").is_file():
        pytest.skip("no build/balmer yet: make build")
    prefix = tmp_path_factory.mktemp("prefix")
    done = subprocess.run(["cmake", "--install", ROOT / "build", "--prefix", prefix], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return prefix


def run(prefix, *arguments, cwd=None, **environment):
    return subprocess.run([prefix / "bin" / "balmer", *arguments], capture_output=True, text=True, check=False, cwd=cwd,
                          env={"PATH": os.environ["PATH"], **environment})


def test_everything_has_its_place(prefix):
    for file in ("bin/balmer", "include/balmer/model.hpp", "share/man/man1/balmer.1", "share/bash-completion/completions/balmer",
                 "share/zsh/site-functions/_balmer", "share/fish/vendor_completions.d/balmer.fish", "share/balmer/dimuons_2011.csv.gz"):
        assert (prefix / file).is_file(), file
    assert not [path for path in prefix.rglob("*") if path.is_file() and path.stat().st_size == 0]


def test_the_program_works_where_it_lies(prefix, tmp_path):
    (tmp_path / "data.csv").write_text("x,y\n" + "".join(f"{x},{3 * x * x + 1}\n" for x in range(1, 40)))
    done = run(prefix, "fit", "data.csv", "--target", "y", "--evaluations", "500", "--progress", "none", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "3*x^2 + 1" in done.stdout
    assert "3*x^2 + 1" in run(prefix, "show", "run-data-1", cwd=tmp_path).stdout


def test_it_finds_its_data_beside_itself(prefix, tmp_path):
    # Its own data go before those of the sources that it was built from: seen by shortening the copy.
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(prefix, elsewhere)
    events = elsewhere / "share" / "balmer" / "dimuons_2011.csv.gz"
    lines = gzip.decompress(events.read_bytes()).splitlines(keepends=True)
    events.write_bytes(gzip.compress(b"".join(lines[:101])))
    done = run(elsewhere, "generate", "cms", "-o", tmp_path / "cms.csv")
    assert done.returncode == 0, done.stderr
    assert 50 < len((tmp_path / "cms.csv").read_text().splitlines()) <= 101


def test_the_man_page_is_readable(prefix):
    if shutil.which("man") is None:
        pytest.skip("no man here")
    page = prefix / "share" / "man" / "man1" / "balmer.1"
    done = subprocess.run(["man", "--warnings", "-l", page], capture_output=True, text=True, check=False, env={**os.environ, "MANWIDTH": "80"})
    assert done.returncode == 0 and "balmer" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("shell, check", [("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]), ("fish", ["fish", "--no-execute"])])
def test_completions_are_scripts_of_their_shell(shell, check):
    if shutil.which(check[0]) is None:
        pytest.skip(f"no {shell} here")
    file = ROOT / "docs" / "completions" / {"bash": "balmer.bash", "zsh": "_balmer", "fish": "balmer.fish"}[shell]
    done = subprocess.run([*check, file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_fish_and_zsh_offer_commands_and_flags():
    zsh = (ROOT / "docs" / "completions" / "_balmer").read_text()
    fish = (ROOT / "docs" / "completions" / "balmer.fish").read_text()
    for command in ("fit", "show", "predict", "export", "info"):
        assert f"'{command}:" in zsh
        assert f"-a {command} " in fish
    assert "--maximum-complexity[" in zsh
    assert "__fish_seen_subcommand_from fit' -l maximum-complexity -r" in fish


def test_build_presets_name_a_workflow():
    done = subprocess.run(["cmake", "--workflow", "--list-presets"], capture_output=True, text=True, check=False, cwd=ROOT)
    assert '"dev"' in done.stdout, done.stderr
