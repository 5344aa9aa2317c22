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
    """Removes a folder if it is there, also one that a build made read-only.

    Raises:
        OSError: it belongs to somebody else.
    """
    if not folder.exists():
        return
    try:
        shutil.rmtree(folder)
    except PermissionError:
        folder.chmod(0o700)
        for root, folders, files in os.walk(folder):
            for path in (Path(root, name) for name in (*folders, *files)):
                if not path.is_symlink():
                    path.chmod(0o700)
        shutil.rmtree(folder)


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
