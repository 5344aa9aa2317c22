"""What a check leaves to be kept: plain files under plain names, and no more of them than anybody wants to have."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from envgen.binary.content import printable
from envgen.files import NoPlainFileError, open_plain

MOST_FILES = 256
MOST_BYTES = 4 << 30  # of all files together; engines of large models have gigabytes
_DEEPEST = 4  # folders
_PIECE = 1 << 20
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
        if not wrong:
            size, wrong = _copy(left.path, target / left.name, room)
            room -= size
        if not wrong:
            files.append(left.name)
        elif len(left_out) < MOST_FILES:
            left_out.append(f"{printable(str(left.name))}: {wrong}")
    return Kept(tuple(files), tuple(left_out))


def _below(folder: Path, name: PurePosixPath, depth: int) -> Iterator[_Left]:
    if folder.is_symlink() or not folder.is_dir():  # the first one too is the check's to put a link in its place
        return
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except PermissionError:
        yield _Left(folder, name, "it cannot be read")
        return
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


def _copy(source: Path, target: Path, room: int) -> tuple[int, str]:
    """The bytes that were copied, and why there are none."""
    try:
        content = open_plain(source)
    except NoPlainFileError:
        return 0, "it is no plain file"
    except OSError as error:
        return 0, f"it cannot be read ({error.strerror})"
    with content:
        size = os.fstat(content.fileno()).st_size
        if size > room:
            return 0, f"more than {MOST_BYTES >> 30} GiB were left"
        target.parent.mkdir(parents=True, exist_ok=True)
        left = size  # of a file that something still writes to, no more than it had
        with target.open("wb") as out:
            while left and (piece := content.read(min(left, _PIECE))):
                left -= out.write(piece)
    return size - left, ""
