"""One device for one rung at a time, over all runs of a user on a machine.

A lock is the system's own lock on a file, so it ends with the process that holds it and none is ever stale. The files
lie in the user's cache, or in the folder that ENVGEN_DEVICE_LOCKS names: there the users of a machine wait for each
other.
"""

from __future__ import annotations

import errno
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from filelock import FileLock, Timeout

from envgen.binary import DeviceCode, covers
from envgen.cell import Cell, SmArch
from envgen.compat.gpus import gpu_of
from envgen.machine import PROHIBITED, Gpu
from envgen.run.folders import ASK_AGAIN
from envgen.run.process import Interrupt
from envgen.spec.labels import GPU

LOCKS = "ENVGEN_DEVICE_LOCKS"
FOR_EVERYBODY = 0o666  # a file that one user made is to be locked by others


@dataclass(frozen=True)
class Lease:
    """A device that is held.

    Attributes:
        waited: seconds until it was free.
    """

    gpu: Gpu
    waited: float


def fitting(gpus: Sequence[Gpu], cell: Cell) -> tuple[Gpu, ...]:
    """The devices that a cell may run on: any, or one of the capability that its axis `gpu` names."""
    named = cell.value(GPU)
    wanted = gpu_of(str(named)) if named else None
    usable = (gpu for gpu in gpus if gpu.compute_mode != PROHIBITED)
    return tuple(gpu for gpu in usable if wanted is None or gpu_of(gpu.compute_capability) == wanted)


def covered(gpus: Sequence[Gpu], held: Sequence[DeviceCode]) -> tuple[Gpu, ...]:
    """Those that some device code runs on; all of them where none is, so that what runs there says why it does not."""
    return tuple(gpu for gpu in gpus if covers(held, SmArch.parse(gpu.compute_capability))) or tuple(gpus)


def none_fitting(gpus: Sequence[Gpu], cell: Cell) -> str:
    """Why no device fits."""
    usable = [gpu for gpu in gpus if gpu.compute_mode != PROHIBITED]
    if not usable:
        return f"{' and '.join(map(str, gpus))} cannot be used: its compute mode is {PROHIBITED}"
    here = ", ".join(f"{gpu.name} ({gpu.compute_capability})" for gpu in usable)
    return f"the cell names a GPU of {cell.value(GPU)}, and here is {here}"


@contextmanager
def leased(gpus: Sequence[Gpu], interrupt: Interrupt, waiting: Callable[[str], None]) -> Iterator[Lease]:
    """Holds the first of some devices that is free, and waits while none is.

    Args:
        waiting: told once, in words, when all of them are held elsewhere.

    Raises:
        Interrupted: the user asked to stop while waiting.
    """
    folder = lock_folder()
    locks = [(gpu, FileLock(folder / f"{gpu.file_name}.lock", mode=FOR_EVERYBODY)) for gpu in gpus]
    asked = time.monotonic()
    held = _first_free(locks)
    if held is None:
        waiting(f"another rung is on {' and one on '.join(map(str, gpus))}")
    while held is None:
        interrupt.check()
        time.sleep(ASK_AGAIN)
        held = _first_free(locks)
    gpu, lock = held
    try:
        yield Lease(gpu, time.monotonic() - asked)
    finally:
        lock.release()


def lock_folder() -> Path:
    """Where the locks lie: what is named, else the user's cache, else, where there is none, the temporary files."""
    if named := os.environ.get(LOCKS):
        return _made(Path(named).expanduser())
    try:
        return _made(platformdirs.user_cache_path("envgen", appauthor=False) / "devices")
    except OSError:  # a container's user without a home
        return _made(Path(tempfile.gettempdir()) / "envgen-devices")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
    return folder


def _first_free(locks: Sequence[tuple[Gpu, FileLock]]) -> tuple[Gpu, FileLock] | None:
    for gpu, lock in locks:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        return gpu, lock
    return None
