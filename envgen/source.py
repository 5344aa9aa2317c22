"""Which files of a folder are an extension's source, and which ones builds and tools left beside it."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

# Left out at every depth: nobody writes them by hand. Compiled files are not among them: some sources hold libraries.
CACHES = (
    ".git", ".hg", ".svn", ".envgen", ".nox", ".tox", ".mypy_cache", ".pytest_cache", ".ruff_cache",
    "__pycache__", "*.pyc", "*.egg-info",
)  # fmt: skip
# Left out beside the build file only: deeper down, `build` may well be the name of a package. So may `env`, which is
# left out, under any name, where it is a virtual environment.
OUTPUTS = ("build", "dist", "environments", "node_modules", "venv", ".venv")


def source_entries(folder: Path) -> Iterator[Path]:
    """Every folder and file of the source, sorted, folders before what is in them; links are not followed.

    Raises:
        OSError: a folder cannot be read.
    """
    for entry in _sorted(folder):
        if entry.name not in OUTPUTS and not (entry / "pyvenv.cfg").is_file():
            yield from _with_content(entry)


def _with_content(path: Path) -> Iterator[Path]:
    if any(fnmatchcase(path.name, pattern) for pattern in CACHES):
        return
    yield path
    if path.is_dir() and not path.is_symlink():
        for entry in _sorted(path):
            yield from _with_content(entry)


def _sorted(folder: Path) -> list[Path]:
    return sorted(folder.iterdir(), key=lambda path: path.name)
