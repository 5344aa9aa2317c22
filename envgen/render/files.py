"""Generated files on disk: written atomically and only when they change, or compared with what is there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path

from envgen.errors import EnvgenError, StaleError
from envgen.files import write_atomically

_DIFF_LINES = 12


@dataclass(frozen=True)
class Generated:
    """A file to be: its path relative to the root, and its text."""

    path: Path
    text: str


class DriftKind(StrEnum):
    STALE = "stale"
    MISSING = "missing"
    EXTRA = "extra"


@dataclass(frozen=True)
class Drift:
    """One file that is not what would be generated now; `diff` is the head of a unified diff."""

    path: Path
    kind: DriftKind
    diff: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join([f"{self.kind}: {self.path.as_posix()}", *(f"    {line}" for line in self.diff)])


def write(files: Iterable[Generated], root: Path) -> tuple[Path, ...]:
    """Writes what differs, each file in one step, so that no reader meets half a file.

    Returns:
        The paths that changed, relative to the root.

    Raises:
        EnvgenError: a path leaves the root, or the file cannot be written.
    """
    changed = []
    for file in files:
        target = _target(file.path, root)
        if _current(target) != file.text.encode():
            write_atomically(target, file.text)
            changed.append(file.path)
    return tuple(changed)


def check(files: Iterable[Generated], root: Path, folder: Path | None = None) -> tuple[Drift, ...]:
    """Where the files on disk differ from what would be generated now; line endings do not count.

    Args:
        folder: a folder, relative to the root, that holds nothing but these files; others in it are `extra`.
    """
    wanted = {file.path: file for file in files}
    drifts = [drift for file in wanted.values() for drift in _compare(file, root)]
    if folder is not None:
        found = {path.relative_to(root) for path in (root / folder).rglob("*") if path.is_file()}
        drifts += [Drift(path, DriftKind.EXTRA) for path in found - wanted.keys()]
    return tuple(sorted(drifts, key=lambda drift: drift.path))


def require_fresh(files: Iterable[Generated], root: Path, folder: Path | None = None) -> None:
    """As `check`, for a gate.

    Raises:
        StaleError: names every file that is stale, missing or extra.
    """
    drifts = check(files, root, folder)
    if drifts:
        count = f"{len(drifts)} generated file{'s are' if len(drifts) > 1 else ' is'} not up to date"
        raise StaleError(
            "\n".join([f"{count}:", *map(str, drifts)]),
            "Run `envgen render`, delete the extra files, and commit the result.",
        )


def _compare(file: Generated, root: Path) -> Iterator[Drift]:
    current = _current(_target(file.path, root))
    if current is None:
        yield Drift(file.path, DriftKind.MISSING)
        return
    # A checkout on Windows may have turned the line ends.
    text = current.decode(errors="replace").replace("\r\n", "\n")
    if text != file.text:
        name = file.path.as_posix()
        lines = difflib.unified_diff(
            text.splitlines(), file.text.splitlines(), f"{name} (on disk)", f"{name} (generated now)", n=1, lineterm=""
        )
        yield Drift(file.path, DriftKind.STALE, tuple(islice(lines, _DIFF_LINES)))


def _target(path: Path, root: Path) -> Path:
    if path.is_absolute() or path.drive or ".." in path.parts or not path.parts:
        raise EnvgenError(f"The generated path {str(path)!r} leaves its folder.", "Correct the name it is made from.")
    return root / path


def _current(target: Path) -> bytes | None:
    try:
        return target.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise EnvgenError(f"Cannot read {target}: {error.strerror}.", "Check its permissions.") from error
