"""`envgen lock --check`: whether the locks that are there are those that would be kept; nothing is resolved."""

from __future__ import annotations

import json
from collections.abc import Sequence

from envgen.cli.console import output
from envgen.compat.words import counted
from envgen.errors import StaleError
from envgen.lock import Lock, Locker, LockRequest, stale_requirements


def check_locks(locker: Locker, requests: Sequence[LockRequest], *, as_json: bool) -> None:
    """Checks the lock of every request, and the requirements.txt beside it, where there is one.

    Raises:
        StaleError: some would not be kept; names each, with the reason.
    """
    locks: list[Lock] = []
    stale: dict[str, str] = {}
    for request in requests:
        kept = locker.look(request)
        if kept.lock:
            locks.append(kept.lock)
        if why := _why(kept.lock, list(kept.unused.values())):
            stale[str(request.cell)] = why
    dates = sorted(lock.made_at.date() for lock in locks if lock.made_at)
    if as_json:
        oldest = dates[0].isoformat() if dates else None
        print(json.dumps({"checked": len(requests), "stale": stale, "oldest": oldest}, indent=2))
    if stale:
        told = "\n".join(f"{cell}: {why}" for cell, why in stale.items())
        raise StaleError(
            f"{counted(len(stale), 'lock')} of {len(requests)} would not be kept:\n{told}", "Run `envgen lock`."
        )
    if not as_json:
        age = f", the oldest made on {dates[0]}" if dates else ""
        output().print(f"{counted(len(locks), 'lock')} of {len(requests)}: what was asked for{age}.", highlight=False)


def _why(lock: Lock | None, unused: list[str]) -> str:
    """Why a lock would not be kept; nothing when it would."""
    if lock is None:
        return f"its lock is {unused[0]}" if unused else "there is no lock"
    return "its requirements.txt is not of its lock" if stale_requirements(lock) else ""
