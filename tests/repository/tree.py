"""The tracked files of this repository, or all files where it is not a git checkout."""

import functools
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


@functools.cache
def tracked() -> tuple[pathlib.Path, ...]:
    """Paths of tracked files and of new ones that git does not ignore, relative to ROOT."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        capture_output=True, check=False,
    )
    if listed.returncode != 0:
        skip = {".venv", "build", ".git"}
        found = (p.relative_to(ROOT) for p in ROOT.rglob("*"))
        return tuple(sorted(p for p in found if not skip & set(p.parts) and (ROOT / p).is_file()))
    names = listed.stdout.decode().split("\0")
    return tuple(sorted(pathlib.Path(n) for n in names if n and (ROOT / n).is_file()))


def under(*folders: str, suffixes: tuple[str, ...] = (".cpp", ".hpp")) -> list[pathlib.Path]:
    """Tracked files of these folders with these endings."""
    return [p for p in tracked() if p.parts[0] in folders and p.suffix in suffixes]


def text(path: pathlib.Path) -> str:
    """The text of a tracked file; bytes that are no UTF-8 are replaced."""
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")
