"""What a cross-load found: the versioned schema, written into the run's folder, one file for each cell loaded in.

crossload/<cell>.json           what was loaded in that cell, wherever it was built
crossload/logs/<cell>/<n>.log   what each load said
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal

from envgen.cell import Cell, GrammarError
from envgen.prediction import Verdict
from envgen.results import Diagnosis, Outcome, Record, Rung

SCHEMA_VERSION = 1
WHOLE = "extension"  # what is taken when everything that a cell built is
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Arm(StrEnum):
    """Which promise of torch's a binary relies on."""

    ORDINARY = "ordinary ABI"
    STABLE = "stable ABI"


class Foreseen(Record):
    """What the binary's facts alone said before it was loaded.

    Attributes:
        verdict: `risk` where the names fit and the layout of torch's types does not.
        diagnoses: why, the weightiest first; empty where it loads.
    """

    verdict: Verdict
    diagnoses: tuple[Diagnosis, ...] = ()


class Crossing(Record):
    """One binary, or all that a cell built, loaded and checked in another cell.

    Attributes:
        built: id of the cell it was built in.
        loaded: id of the cell it was loaded in.
        what: the binary's file in the built folder; `extension` for everything.
        rung: `loaded` or `cpu`: where it failed, or the highest passed; None when it was not run.
        key: hash of what decides the outcome; a resumed cross-load keeps results only where it is the same.
        foreseen: None when nothing was predicted.
    """

    built: str
    loaded: str
    what: str
    arm: Arm
    outcome: Outcome
    rung: Rung | None = None
    sentence: str = ""
    diagnoses: tuple[Diagnosis, ...] = ()
    foreseen: Foreseen | None = None
    seconds: float | None = None
    log: str | None = None
    log_tail: tuple[str, ...] = ()
    key: str = ""
    finished: datetime | None = None

    @property
    def place(self) -> tuple[str, str, str]:
        return self.built, self.loaded, self.what

    @property
    def at_home(self) -> bool:
        """Whether it was loaded where it was built, which shows that the loading itself works."""
        return self.built == self.loaded

    @property
    def disagrees(self) -> bool:
        """Whether the prediction was plainly wrong; a risk and what is not known leave both open."""
        if self.foreseen is None or self.outcome is Outcome.NOT_RUN:
            return False
        plain = {Verdict.LOADS: Outcome.PASSED, Verdict.FAILS: Outcome.FAILED}
        expected = plain.get(self.foreseen.verdict, self.outcome)
        return self.outcome is not expected

    @property
    def cuda_majors(self) -> tuple[int, int] | None:
        """The CUDA majors it was built with and loaded in, where they differ."""
        try:
            built, loaded = Cell.parse(self.built).cuda, Cell.parse(self.loaded).cuda
        except GrammarError:
            return None
        return None if built.is_cpu or loaded.is_cpu or built.major == loaded.major else (built.major, loaded.major)


class Column(Record):
    """All that was loaded in one cell."""

    schema_version: Literal[1] = 1
    run: str
    envgen: str
    loaded: str
    crossings: tuple[Crossing, ...] = ()

    def with_crossing(self, crossing: Crossing) -> Column:
        """With one result more, in the place of what was known of the same."""
        others = (known for known in self.crossings if known.place != crossing.place)
        return self.model_copy(update={"crossings": _ordered((*others, crossing))})


class CrossLoad(Record):
    """The crossings of a run, or of several together: what crossload.json holds."""

    schema_version: Literal[1] = 1
    run: str
    crossings: tuple[Crossing, ...]

    @property
    def disagreements(self) -> tuple[Crossing, ...]:
        return tuple(crossing for crossing in self.crossings if crossing.disagrees)


def merged(columns: Iterable[Column]) -> CrossLoad:
    """All columns as one; of a crossing in more than one, the newest that was run counts."""
    found: dict[tuple[str, str, str], Crossing] = {}
    runs: list[str] = []
    for column in columns:
        runs.append(column.run)
        for crossing in column.crossings:
            known = found.get(crossing.place)
            if known is None or _rank(crossing) >= _rank(known):
                found[crossing.place] = crossing
    return CrossLoad(run=" + ".join(dict.fromkeys(runs)), crossings=_ordered(found.values()))


def _rank(crossing: Crossing) -> tuple[bool, datetime]:
    return crossing.outcome is not Outcome.NOT_RUN, crossing.finished or _LONG_AGO


def _ordered(crossings: Iterable[Crossing]) -> tuple[Crossing, ...]:
    return tuple(sorted(crossings, key=lambda crossing: crossing.place))
