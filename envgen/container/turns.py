"""Which builds may run beside each other: one without the cache has the engine for itself.

BuildKit loses track, and older ones take the whole engine with them, when builds have steps in common and only some of
them go without the cache (moby/buildkit#2303, moby/moby#42414).
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def turn(engine: str, *, alone: bool) -> Iterator[None]:
    """Waits until a build may run, and lets no other run that may not be beside it; not on Windows.

    Args:
        engine: its address.
        alone: whether the build goes without the cache.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl  # noqa: PLC0415 - not on Windows

    with _file(engine).open("ab") as file:  # closed, it is free again, also when this process is killed
        fcntl.flock(file, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield


def _file(engine: str) -> Path:
    """A file that all of a user's builds on an engine have in common."""
    user = os.environ.get("USER", "") + str(Path.home())
    name = hashlib.sha256(f"{user} {engine}".encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"envgen-builds-{name}.lock"
