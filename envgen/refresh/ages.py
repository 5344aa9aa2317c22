"""How old the facts are, and when that is too old."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import envgen.compat
from envgen.compat.facts import Facts
from envgen.compat.published import BY_NAME
from envgen.compat.read import Table
from envgen.compat.snapshot import Snapshot
from envgen.compat.store import Store
from envgen.compat.verdict import Source
from envgen.compat.words import counted
from envgen.refresh.packages import Limits, followed

_DATA = Path(envgen.compat.__file__).parent / "data"


@dataclass(frozen=True)
class SnapshotAge:
    """A package's snapshot that is in use.

    Attributes:
        origin: `bundled`, or `cache` for the user's.
        index: where its facts were seen.
        kind: measured, or how else its facts are known.
    """

    package: str
    taken: date
    origin: str
    index: str
    releases: int
    files: int
    kind: str

    @property
    def name(self) -> str:
        return f"{self.package} on {self.index}"


@dataclass(frozen=True)
class TableAge:
    """A file of hand-kept facts.

    Attributes:
        kinds: kind of source to how many sources are of it.
        oldest: the source that was looked at longest ago, and when.
    """

    name: str
    taken: date
    kinds: tuple[tuple[str, int], ...]
    oldest: str
    oldest_as_of: date


@dataclass(frozen=True)
class Ages:
    snapshots: tuple[SnapshotAge, ...]
    tables: tuple[TableAge, ...]
    notices: tuple[str, ...]

    def oldest(self, today: date) -> timedelta:
        """The age of the oldest snapshot or table."""
        days = [*(each.taken for each in self.snapshots), *(each.taken for each in self.tables)]
        return today - min(days)

    def older(self, today: date, limit: timedelta) -> tuple[SnapshotAge | TableAge, ...]:
        """What is older than a limit, the oldest first."""
        every: tuple[SnapshotAge | TableAge, ...] = (*self.snapshots, *self.tables)
        return tuple(sorted((each for each in every if today - each.taken > limit), key=lambda each: each.taken))


@dataclass(frozen=True)
class Staleness:
    """Facts that are older than they should be.

    Attributes:
        failing: whether CI is to fail for it.
    """

    age: timedelta
    failing: bool
    sentence: str


def staleness(facts: Facts, today: date, limits: Limits | None = None) -> Staleness | None:
    """Whether facts are too old to rely on; None when they are not.

    Args:
        limits: those of packages.yaml by default.
    """
    limits = limits or followed().limits
    age = today - facts.taken
    if age < limits.warn:
        return None
    sentence = (
        f"The facts are of {facts.taken}, {counted(age.days, 'day')} ago: `envgen facts refresh` brings newer ones."
    )
    return Staleness(age, age >= limits.fail, sentence)


def ages(store: Store) -> Ages:
    """The age of everything that the facts are read from."""
    holdings = store.read(store.packages())
    held = (*holdings.by_package.values(), *holdings.further)
    snapshots = (
        SnapshotAge(
            each.snapshot.package,
            each.snapshot.taken,
            each.origin,
            each.snapshot.source.text,
            len(each.snapshot.releases),
            len(each.snapshot.files),
            _kind(each.snapshot),
        )
        for each in held
    )
    return Ages(tuple(snapshots), tuple(_tables(sorted(_DATA.glob("*.yaml")))), holdings.notices)


def _kind(snapshot: Snapshot) -> str:
    releases = snapshot.releases.values()
    places = (place for entry in releases for place in (entry, *entry.get("wheels", {}).values()))
    read = any("inside" in place for place in places)
    return snapshot.source.kind if read else BY_NAME


def _tables(files: Iterable[Path]) -> Iterator[TableAge]:
    for file in files:
        table = Table(file)
        kinds: dict[str, int] = {}
        for source in table.sources:
            kinds[source.kind] = kinds.get(source.kind, 0) + 1
        oldest = min(table.sources, key=lambda source: source.as_of, default=Source("", table.taken, ""))
        yield TableAge(file.name, table.taken, tuple(sorted(kinds.items())), oldest.text, oldest.as_of)
