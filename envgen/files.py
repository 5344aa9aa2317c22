"""Writing files so that a reader sees the old text or the new one, never half of it, and opening what others left."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from typing import BinaryIO

from envgen.errors import EnvgenError

_READ = sum(getattr(os, flag, 0) for flag in ("O_RDONLY", "O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))


class WriteError(EnvgenError):
    """A file cannot be written: a full disk, a folder of somebody else's, a file where a folder is to be."""


class NoPlainFileError(OSError):
    """What lies there is a folder, a pipe or a device."""


def open_plain(path: Path) -> BinaryIO:
    """Opens a file that others left, to read it: no link is followed, and no pipe waited for.

    Raises:
        NoPlainFileError: it is none.
        OSError: it cannot be opened, or is a link.
    """
    handle = os.open(path, _READ)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise NoPlainFileError
    return os.fdopen(handle, "rb")


def write_atomically(path: Path, text: str) -> None:
    """Writes UTF-8 text with LF line ends; makes the folder; a kill in the middle leaves the old file.

    Raises:
        WriteError: the system refuses; says which file and why.
    """
    write_bytes_atomically(path, text.encode())


def write_bytes_atomically(path: Path, content: bytes) -> None:
    """The same with bytes.

    Raises:
        WriteError: the system refuses; says which file and why.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, content)
    except OSError as error:
        raise WriteError(
            f"Cannot write {path}: {_why(path, error)}.", "Check its folder's permissions and free space."
        ) from None


def _write(path: Path, content: bytes) -> None:
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        Path(scratch).chmod(0o644)
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def _why(path: Path, error: OSError) -> str:
    in_the_way = [parent for parent in path.parents if os.path.lexists(parent) and not parent.is_dir()]
    return f"{in_the_way[0]} is no folder" if in_the_way else str(error.strerror or error)
