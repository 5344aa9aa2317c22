"""What became of locks, for people and for programs."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from envgen.cli.console import output
from envgen.compat.words import counted
from envgen.errors import LockError
from envgen.lock import Lock, Move, moves, same_moves

SHOWN_NAMES = 3


def show_locks(outcomes: dict[str, Lock | LockError], *, upgraded: bool) -> None:
    """Prints each cell's lock, what moved, and how many were made.

    Args:
        upgraded: whether it is to be said that nothing moved.
    """
    console = output()
    for cell, outcome in outcomes.items():
        if isinstance(outcome, LockError):
            _print(console, f"[red]failed[/] {cell}: {escape(str(outcome))}")
        else:
            _show(console, cell, outcome)
    locks = [outcome for outcome in outcomes.values() if isinstance(outcome, Lock)]
    moved = {what: cells for what, cells in same_moves(locks).items() if what}
    for what, changed in moved.items():
        _print(console, f"[bold]moved[/] in {counted(len(changed), 'cell')}: {escape(moved_words(what))}")
        console.print(f"       {_some(changed)}", style="dim", highlight=False, soft_wrap=True)
    if upgraded and locks and not moved:
        _print(console, "Nothing moved.")
    new = sum(lock.new for lock in locks)
    failed = len(outcomes) - len(locks)
    _print(
        console,
        f"{counted(len(outcomes), 'cell')}: {new} locked anew, {len(locks) - new} as they were, {failed} failed.",
    )


def moved_words(what: tuple[Move, ...]) -> str:
    """`torch 2.12.0 -> 2.13.0, +triton 3.7.0, -sympy`."""
    return ", ".join(map(str, what))


def only_here(lock: Lock) -> str:
    """A sentence about packages that nobody else can install from this lock; nothing when there are none."""
    if not lock.local_files:
        return ""
    names = [package.name for package in lock.local_files]
    return (
        f"{len(names)} of its packages come from folders of this machine and install only here,"
        f" among them {', '.join(names[:SHOWN_NAMES])}."
    )


def fetching(lock: Lock) -> str:
    """A sentence about stubs, whose build fetches more than the lock says; nothing when there are none."""
    names = [package.name for package in lock.packages if not package.file.endswith(".whl")]
    if not (lock.build and names):
        return ""
    return (
        f"Not counted is what its stubs ({', '.join(names)}) fetch from NVIDIA's index while they are built;"
        " with that index configured the lock has it too."
    )


def locks_json(outcomes: dict[str, Lock | LockError]) -> dict[str, object]:
    """The same by cell."""
    return {cell: _as_json(outcome) for cell, outcome in outcomes.items()}


def _show(console: Console, cell: str, lock: Lock) -> None:
    size = f"{lock.download_bytes / 1e9:.2f} GB"
    text = f"{cell}  {counted(len(lock.packages), 'package')}, {size}, torch {lock.version('torch')}"
    _print(console, f"[green]locked[/] {text}")
    console.print(f"       {lock.path}", style="dim", highlight=False, soft_wrap=True)
    for note in filter(None, (only_here(lock), fetching(lock))):
        _print(console, f"       [yellow]{escape(note)}[/]")


def _some(locks: tuple[Lock, ...]) -> str:
    cells = [lock.path.parent.name for lock in locks]
    more = f" and {len(cells) - SHOWN_NAMES} more" if len(cells) > SHOWN_NAMES else ""
    return ", ".join(cells[:SHOWN_NAMES]) + more


def _print(console: Console, text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True)


def _as_json(outcome: Lock | LockError) -> dict[str, object]:
    if isinstance(outcome, LockError):
        return {"locked": False, "error": outcome.what, "remedy": outcome.remedy}
    moved = moves(outcome.replaced, outcome) if outcome.replaced else ()
    return {
        "locked": True,
        "new": outcome.new,
        "file": str(outcome.path),
        "sha256": outcome.sha256,
        "made_at": outcome.made_at.isoformat() if outcome.made_at else None,
        "uv": outcome.uv,
        "origin": outcome.origin.model_dump(mode="json") if outcome.origin else None,
        "download_bytes": outcome.download_bytes,
        "versions": outcome.versions,
        "moved": [{"name": move.name, "before": move.before, "after": move.after} for move in moved],
        "only_here": [package.name for package in outcome.local_files],
        "built_with": {name: each.version for name, each in outcome.build.items()},
    }
