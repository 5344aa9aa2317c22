"""`envgen lock --check`: whether the locks that are there are those that would be kept; nothing is resolved."""

from __future__ import annotations

import json
from collections.abc import Sequence

from envgen.cli.console import output
from envgen.compat.words import counted
from envgen.errors import StaleError
from envgen.lock import Kept, Lock, Locker, LockRequest, has_requirements, stale_requirements


def check_locks(locker: Locker, requests: Sequence[LockRequest], *, requirements: bool, as_json: bool) -> None:
    """Checks the lock of every request, and the requirements.txt beside it, where there is one.

    Args:
        requirements: whether there must be one.

    Raises:
        StaleError: some would not be kept; names each, with the reason.
    """
    locks: list[Lock] = []
    stale: dict[str, str] = {}
    for request in requests:
        kept = locker.look(request)
        if kept.lock:
            locks.append(kept.lock)
        if why := _why(kept, requirements=requirements):
            stale[str(request.cell)] = why
    dates = sorted(lock.made_at.date() for lock in locks if lock.made_at)
    if as_json:
        oldest = dates[0].isoformat() if dates else None
        print(json.dumps({"checked": len(requests), "stale": stale, "oldest": oldest}, indent=2))
    if stale:
        told = "\n".join(f"{cell}: {why}" for cell, why in stale.items())
        raise StaleError(
            f"{counted(len(stale), 'lock')} of {len(requests)} would not be kept:\n{told}",
            f"Run `envgen lock{' --requirements' * requirements}`.",
        )
    if not as_json:
        age = f", the oldest made on {dates[0]}" if dates else ""
        output().print(f"{counted(len(locks), 'lock')} of {len(requests)}: what was asked for{age}.", highlight=False)


def _why(kept: Kept, *, requirements: bool) -> str:
    """Why a lock would not be kept; nothing when it would."""
    if kept.lock is None:
        return next((f"its lock is {why}" for why in kept.unused.values()), "there is no lock")
    if requirements and not has_requirements(kept.lock):
        return "there is no requirements.txt"
    return "its requirements.txt is not of its lock" if stale_requirements(kept.lock) else ""
