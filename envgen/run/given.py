"""Which engine files a run is given: by the globs of matrix.yaml, and by `--engines`."""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from envgen.errors import UsageError

# As TensorRT's and torch-tensorrt's own examples name them; in a folder, nothing else is taken for an engine.
SUFFIXES = frozenset({".engine", ".plan", ".trt", ".ts", ".ep", ".pt2", ".pt"})


def given_engines(patterns: Sequence[str], beside: Path, named: Iterable[Path]) -> tuple[Path, ...]:
    """Every file once, absolute; a glob may match nothing, as the file may come later.

    Args:
        patterns: globs relative to the folder `beside`; a folder that one matches stands for the engines in it.
        named: files, or folders with engines.

    Raises:
        UsageError: a named one is not there, is a folder without engines, or has a name that no list of paths can hold.
    """
    files = [file for pattern in patterns for path in _matched(pattern, beside) for file in _engines_at(path)]
    for path in named:
        found = [*_engines_at(path)]
        if not found:
            what = "is a folder without engines" if path.is_dir() else "is no file and no folder"
            raise UsageError(f"--engines {path} {what}.", f"Name files, or a folder with {' '.join(sorted(SUFFIXES))}.")
        files += found
    absolute = dict[Path, Path]()
    for file in files:
        absolute.setdefault(file.resolve(), file.absolute())  # of several names of a file the first
    for file in absolute.values():
        if os.pathsep in str(file):
            raise UsageError(
                f"The path of the engine {file} holds {os.pathsep!r}, which parts the paths in ENVGEN_ENGINES.",
                "Rename it, or its folder.",
            )
    return tuple(absolute.values())


def copied(engines: Sequence[Path], folder: Path) -> tuple[Path, ...]:
    """Copies in an empty folder, no two of one name: a container sees no other files, and these in one folder."""
    copies: list[Path] = []
    for number, engine in enumerate(engines, 1):
        copy = folder / engine.name
        while copy.exists():
            copy = folder / f"{number}-{copy.name}"
        for file in _with_notes(engine):
            shutil.copyfile(file, folder / (copy.name + file.name.removeprefix(engine.name)))
        copies.append(copy)
    return tuple(copies)


def engines_digest(files: Iterable[Path]) -> str:
    """A hash over names and contents; what cannot be read is said by the rung that reads it."""
    digest = hashlib.sha256()
    for file in chain.from_iterable(map(_with_notes, files)):
        digest.update(os.fsencode(file.name) + b"\0")
        try:
            with file.open("rb") as content:
                digest.update(hashlib.file_digest(content, "sha256").digest())
        except OSError as error:
            digest.update(str(error).encode())
    return digest.hexdigest()


def _with_notes(engine: Path) -> Iterator[Path]:
    """An engine, and what the check that built it may have written beside it for the one that runs it."""
    yield engine
    notes = engine.with_name(f"{engine.name}.json")
    if notes.is_file():
        yield notes


def _matched(pattern: str, beside: Path) -> Iterator[Path]:
    # Path.glob raises on patterns such as `.` and `**x`.
    yield from (beside / name for name in sorted(glob.glob(pattern, root_dir=beside, recursive=True)))  # noqa: PTH207


def _engines_at(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (file for file in sorted(path.iterdir()) if file.suffix.lower() in SUFFIXES and file.is_file())
    elif path.is_file():
        yield path
