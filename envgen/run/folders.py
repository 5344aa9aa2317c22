"""Folders that cells are made and built in: emptied whatever a build left there, and used by one envgen at a time."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from envgen.run.process import Interrupt

ASK_AGAIN = 0.5


def remove_tree(folder: Path) -> None:
    """Removes a folder if it is there, also one that a build made read-only, or deeper than Python goes down.

    What lies in its place, as a file or a link, is removed too; where a link leads is left alone.

    Raises:
        OSError: it belongs to somebody else.
    """
    if folder.is_symlink() or not folder.is_dir():
        folder.unlink(missing_ok=True)
        return
    try:
        shutil.rmtree(folder)
    except (PermissionError, RecursionError):
        _dismantle(folder)


def _dismantle(folder: Path) -> None:
    """Every folder in it is first moved up, next to those it lay in: so no path is longer than the system takes."""
    folders, number = [folder], 0
    while folders:
        here = folders.pop()
        here.chmod(0o700)
        for path in sorted(here.iterdir()):
            if path.is_symlink() or not path.is_dir():
                _unlink(path)
                continue
            path.chmod(0o700)  # the move writes to it: what `..` in it is
            number += 1
            folders.append(path.rename(folder.with_name(f"{folder.name}-{number}.removed")))
        here.rmdir()


def _unlink(file: Path) -> None:
    if os.name == "nt" and not file.is_symlink():  # elsewhere its mode does not matter, and may be a hard link's
        file.chmod(0o600)
    file.unlink()


def emptied(folder: Path) -> Path:
    """Makes a folder, without anything that was in it."""
    remove_tree(folder)
    folder.mkdir(parents=True)
    return folder


@contextmanager
def held(file: Path, interrupt: Interrupt, waiting: Callable[[], None]) -> Iterator[None]:
    """Holds a lock file, which the system lets go of when this process dies.

    Args:
        waiting: told once, when somebody else holds it.

    Raises:
        Interrupted: the user asked to stop while waiting.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        waiting()
        _acquire(lock, interrupt)
    try:
        yield
    finally:
        lock.release()


def _acquire(lock: FileLock, interrupt: Interrupt) -> None:
    while not lock.is_locked:
        interrupt.check()
        try:
            lock.acquire(timeout=ASK_AGAIN)
        except Timeout:
            continue
