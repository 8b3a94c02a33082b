"""The scripts of the repository do what they say when things go wrong."""

import os
import pathlib
import subprocess
import time

from tree import ROOT


def sum_results(folder: pathlib.Path) -> subprocess.CompletedProcess:
    return subprocess.run([ROOT / "scripts" / "sum-results", folder], capture_output=True, text=True, check=False)


def last_line(done: subprocess.CompletedProcess) -> str:
    return done.stdout.strip().splitlines()[-1]


def test_results_of_both_runners_add_up(tmp_path):
    (tmp_path / "fast.xml").write_text(
        '<testsuite tests="3"><testcase name="a" status="run"/><testcase name="b" status="run"/>'
        '<testcase name="c" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/></testcase></testsuite>')
    (tmp_path / "python.xml").write_text('<testsuites><testsuite><testcase name="d"/></testsuite></testsuites>')
    done = sum_results(tmp_path)
    assert (last_line(done), done.returncode) == ("3 passed, 0 failed, 1 skipped", 0)


def test_a_failed_test_fails_the_whole(tmp_path):
    (tmp_path / "fast.xml").write_text(
        '<testsuite><testcase name="a" status="run"/>'
        '<testcase name="b" status="fail"><failure message=""/></testcase></testsuite>')
    (tmp_path / "python.xml").write_text(
        '<testsuite><testcase name="c"><error message="x"/></testcase></testsuite>')
    (tmp_path / "fast.failed").touch()
    done = sum_results(tmp_path)
    assert (last_line(done), done.returncode) == ("1 passed, 2 failed, 0 skipped", 1)


def test_a_runner_that_died_counts_as_a_failure(tmp_path):
    (tmp_path / "fast.xml").write_text('<testsuite><testcase name="a" status="run"/></testsuite>')
    (tmp_path / "python.failed").touch()
    (tmp_path / "slow.xml").write_text("<testsuite><testca")
    (tmp_path / "slow.failed").touch()
    done = sum_results(tmp_path)
    assert (last_line(done), done.returncode) == ("1 passed, 2 failed, 0 skipped", 1)


def test_no_tests_at_all_is_a_failure(tmp_path):
    assert sum_results(tmp_path).returncode == 1


def test_a_command_counts_as_one_test(tmp_path):
    script = ROOT / "scripts" / "sum-results"
    assert subprocess.run([script, "--check", "good", tmp_path, "true"], check=False).returncode == 0
    assert subprocess.run([script, "--check", "bad", tmp_path, "false"], check=False).returncode == 1
    assert last_line(sum_results(tmp_path)) == "1 passed, 1 failed, 0 skipped"


def test_test_refuses_what_it_does_not_know():
    done = subprocess.run([ROOT / "test", "--everything"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "usage: ./test [--all]" in done.stderr


def test_a_build_that_fails_is_counted(tmp_path):
    for name in ("test", "scripts/sum-results"):
        copy = tmp_path / name
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes((ROOT / name).read_bytes())
        copy.chmod(0o755)
    for name, code in (("set-up", 0), ("build", 1)):
        script = tmp_path / "scripts" / name
        script.write_text(f"#!/bin/sh\nexit {code}\n")
        script.chmod(0o755)
    done = subprocess.run([tmp_path / "test"], capture_output=True, text=True, check=False)
    assert (last_line(done), done.returncode) == ("0 passed, 1 failed, 0 skipped", 1)


def small_checkout(folder: pathlib.Path, packages: str) -> pathlib.Path:
    """A folder with scripts/set-up, these packages, and Python packages that are already there."""
    (folder / "scripts").mkdir()
    script = folder / "scripts" / "set-up"
    script.write_bytes((ROOT / "scripts" / "set-up").read_bytes())
    script.chmod(0o755)
    (folder / "apt-packages.txt").write_text(packages)
    (folder / "tests").mkdir()
    (folder / "tests" / "requirements.txt").write_text("numpy\n")
    (folder / ".venv").mkdir()
    (folder / ".venv" / "requirements.installed").write_text("numpy\n")
    folder.chmod(0o755)
    return script


def test_set_up_installs_nothing_twice(tmp_path):
    script = small_checkout(tmp_path, (ROOT / "apt-packages.txt").read_text())
    start = time.monotonic()
    done = subprocess.run([script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert time.monotonic() - start < 1


def test_set_up_without_rights_prints_the_line_to_type(tmp_path):
    script = small_checkout(tmp_path, "bash  # there\nballmer-no-such-package  # not there\n")
    for parent in (tmp_path, *tmp_path.parents):
        if parent.owner() == tmp_path.owner() and parent != parent.parent and os.geteuid() == 0:
            parent.chmod(parent.stat().st_mode | 0o055)
        if parent.name.startswith("pytest-of"):
            break
    path = tmp_path / "bin"  # no sudo on the path
    path.mkdir()
    for tool in ("bash", "dirname", "sed", "grep", "cmp", "dpkg-query", "cat"):
        real = subprocess.run(["bash", "-c", f"command -v {tool}"], capture_output=True, text=True, check=True)
        (path / tool).symlink_to(real.stdout.strip())
    nobody = {"user": 65534, "group": 65534} if os.geteuid() == 0 else {}
    done = subprocess.run([path / "bash", script], capture_output=True, text=True, check=False, cwd="/",
                          env={"PATH": str(path)}, stdin=subprocess.DEVNULL, **nobody)
    assert done.returncode == 2, done.stderr
    assert "apt-get install --yes --no-install-recommends ballmer-no-such-package" in done.stderr
    assert "bash" not in done.stderr
