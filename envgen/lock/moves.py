"""What moved between two locks of a cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from envgen.lock.pylock import Lock


@dataclass(frozen=True)
class Move:
    """One package: its version before and after; None where it was not there, equal where only its file is another."""

    name: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.before is None:
            return f"+{self.name} {self.after}"
        if self.after is None:
            return f"-{self.name}"
        if self.before == self.after:
            return f"{self.name} {self.after} (another file)"
        return f"{self.name} {self.before} -> {self.after}"


def moves(before: Lock, after: Lock) -> tuple[Move, ...]:
    """What moved: first what changed, then what came, then what went, each by name."""
    return tuple(sorted(_moves(before, after), key=lambda move: (move.after is None, move.before is None, move.name)))


def same_moves(changed: Iterable[Lock]) -> Mapping[tuple[Move, ...], tuple[Lock, ...]]:
    """New locks by what moved in them; those that took no other's place are left out."""
    groups: dict[tuple[Move, ...], list[Lock]] = {}
    for lock in changed:
        if lock.replaced:
            groups.setdefault(moves(lock.replaced, lock), []).append(lock)
    return {moved: tuple(locks) for moved, locks in groups.items()}


def _moves(before: Lock, after: Lock) -> Iterator[Move]:
    old = {package.name: package for package in before.packages}
    new = {package.name: package for package in after.packages}
    for name in old.keys() | new.keys():
        was, now = old.get(name), new.get(name)
        if was is None or now is None or (was.version, was.sha256) != (now.version, now.sha256):
            yield Move(name, was.version if was else None, now.version if now else None)
