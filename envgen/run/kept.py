"""What a check leaves to be kept: plain files under plain names, and no more of them than anybody wants to have."""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from envgen.binary.content import printable

MOST_FILES = 256
MOST_BYTES = 4 << 30  # of all files together; engines of large models have gigabytes
_DEEPEST = 4  # folders
_OPEN = sum(getattr(os, flag, 0) for flag in ("O_RDONLY", "O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,99}", re.ASCII)


@dataclass(frozen=True)
class Kept:
    """What lies in the run's folder now.

    Attributes:
        files: names below the folder.
        left_out: what does not, each with its reason.
    """

    files: tuple[PurePosixPath, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Left:
    """Something in the folder that a check was given."""

    path: Path
    name: PurePosixPath
    wrong: str = ""


def keep(source: Path, target: Path) -> Kept:
    """Copies what a check left in `source` to `target`, which is made only where there is something.

    Links are not followed, names that mean something to a shell or a file system are left out, and so is what comes
    after the limits.
    """
    files: list[PurePosixPath] = []
    left_out: list[str] = []
    room = MOST_BYTES
    for left in _below(source, PurePosixPath(), 1):
        wrong = left.wrong or ("" if len(files) < MOST_FILES else f"more than {MOST_FILES} files were left")
        size = 0 if wrong else _copy(left.path, target / left.name, room)
        if size is None:
            wrong = f"more than {MOST_BYTES >> 30} GiB were left, or it is no plain file"
        if wrong and len(left_out) < MOST_FILES:
            left_out.append(f"{printable(str(left.name))}: {wrong}")
        if not wrong:
            room -= size or 0
            files.append(left.name)
    return Kept(tuple(files), tuple(left_out))


def _below(folder: Path, name: PurePosixPath, depth: int) -> Iterator[_Left]:
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        path, inner = Path(entry.path), name / entry.name
        if not _NAME.fullmatch(entry.name):
            yield _Left(path, inner, "its name is not of letters, digits, dots and dashes alone")
        elif entry.is_dir(follow_symlinks=False):
            if depth < _DEEPEST:
                yield from _below(path, inner, depth + 1)
            else:
                yield _Left(path, inner, f"it lies more than {_DEEPEST} folders deep")
        elif entry.is_file(follow_symlinks=False):
            yield _Left(path, inner)
        else:
            yield _Left(path, inner, "it is a link, a pipe or a device")


def _copy(source: Path, target: Path, room: int) -> int | None:
    """The bytes that were copied; None where it is too large, or no plain file any more."""
    handle = os.open(source, _OPEN)
    with os.fdopen(handle, "rb") as content:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_size > room:
            return None
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as out:
            shutil.copyfileobj(content, out, 1 << 20)
    return found.st_size
