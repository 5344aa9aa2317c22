"""What a run found: the versioned schema that `run` writes and every later station reads."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

SCHEMA_VERSION = 1
SURE = 0.95  # probability of a pattern, from which its rivals are not worth a word


class Rung(StrEnum):
    """How far a cell came, in the order it climbs."""

    PLANNED = "planned"
    PUBLISHED = "published"
    LOCKED = "locked"
    CREATED = "created"
    BUILT = "built"
    INSPECTED = "inspected"
    LOADED = "loaded"
    CPU = "cpu"
    KERNEL = "kernel"
    ENGINE = "engine"


LADDER = tuple(Rung)


class Outcome(StrEnum):
    """Not run is never shown as failed and never as passed."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not run"


class Record(BaseModel):
    """Base of what is written to files: nothing changes in it, and nothing is passed over."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Diagnosis(Record):
    """A cause of a failure, told from what was printed or from what the binaries are.

    Attributes:
        cause: id of the cause, for example `libstdcxx-too-old`.
        sentence: what is wrong, with the names and versions of this failure.
        fix: what to do about it, with the command where there is one.
        evidence: what it was told from, name to value: `symbol`, `library`, `version`, `file`, `line`.
        rule: id of the rule that said so.
    """

    cause: str
    sentence: str
    fix: str = ""
    evidence: dict[str, str] = {}
    rule: str = ""


class RungResult(Record):
    """How one rung ended.

    Attributes:
        sentence: for failed and not run, the reason; for passed, what is worth saying, or nothing.
        seconds: wall time; None when nothing was executed.
        log: the log file, relative to the run's folder.
        log_tail: the last lines of a failed rung's log.
        facts: what was measured, for example versions, libraries, architectures.
        diagnoses: why it failed, the likeliest first; empty when no cause could be told.
    """

    rung: Rung
    outcome: Outcome
    sentence: str = ""
    seconds: float | None = None
    started: datetime | None = None
    log: str | None = None
    log_tail: tuple[str, ...] = ()
    facts: dict[str, JsonValue] = {}
    diagnoses: tuple[Diagnosis, ...] = ()


class CellResult(Record):
    """One cell's climb; `rungs` grows as the climb goes on and stands in ladder order.

    Attributes:
        axes: axis name to the value that matrix.yaml gives it.
        versions: package name to the exact version in the cell's lock.
        key: hash over `inputs`.
        inputs: what decides the outcome, name to value; a resumed run keeps results only where it is the same.
        machine: facts of the machine it ran on.
    """

    schema_version: Literal[1] = 1
    cell: str
    axes: dict[str, str]
    environment: str
    envgen: str
    key: str = ""
    inputs: dict[str, str] = {}
    versions: dict[str, str] = {}
    machine: dict[str, JsonValue] = {}
    started: datetime | None = None
    finished: datetime | None = None
    rungs: tuple[RungResult, ...] = ()

    def rung(self, rung: Rung) -> RungResult | None:
        return next((result for result in self.rungs if result.rung is rung), None)

    @property
    def failed(self) -> RungResult | None:
        """The rung on which the cell failed."""
        return next((result for result in self.rungs if result.outcome is Outcome.FAILED), None)

    @property
    def reached(self) -> Rung | None:
        """The highest rung that passed."""
        passed = [result.rung for result in self.rungs if result.outcome is Outcome.PASSED]
        return max(passed, key=LADDER.index) if passed else None


class LeftOut(Record):
    """A cell of the matrix that the selection did not choose, counted by why."""

    reason: str
    cells: int


class RunInfo(Record):
    """The header of a run: what was asked for, and what the matrix held beside it.

    Attributes:
        cells: the ids of the selected cells; one without a result was never started.
        rejected: rule id to the number of combinations that it rejected.
        remarks: sentences on what the selected cells stand for.
    """

    schema_version: Literal[1] = 1
    run: str
    matrix: str
    selection: str
    extension: str
    envgen: str
    started: datetime
    finished: datetime | None = None
    cells: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    rejected: dict[str, int] = {}
    remarks: tuple[str, ...] = ()


class LessLikely(Record):
    """Another pattern that explains the same failures, with its probability."""

    pattern: str
    probability: float


class FailurePattern(Record):
    """What the cells that failed alike have in common, derived from their results.

    Attributes:
        rung: the rung they failed on.
        failure: the sentence of one of them.
        sentence: what is to be said of them.
        pattern: a conjunction such as `torch >= 2.9 and python == 3.13`; empty when none can be told.
        conditions: the same, one entry for each axis: `from` and `to`, both included, or `not`.
        support: the failing cells that the sentence is about.
        counter_examples: passing cells that have the pattern.
        probability: of the pattern among all that explain the same failures.
        as_likely: other patterns that explain the same failures as well.
        less_likely: further ones.
        may_be_chance: whether the cells may as well have failed each by itself.
        localised: whether further cells were run to tell.
        failed_again: those of the failing cells that were run again.
        flaky: cells that once passed and once failed so.
    """

    rung: Rung
    failure: str
    sentence: str
    pattern: str = ""
    conditions: tuple[dict[str, str], ...] = ()
    support: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()
    probability: float | None = None
    as_likely: tuple[str, ...] = ()
    less_likely: tuple[LessLikely, ...] = ()
    may_be_chance: bool = False
    localised: bool = False
    failed_again: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()

    @property
    def firm(self) -> bool:
        """Whether the sentence states a pattern that is not to be doubted as a whole."""
        return bool(self.pattern) and not self.may_be_chance

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is to be added to the sentence."""
        but = (f"But passed: {', '.join(self.counter_examples)}.",) if self.counter_examples else ()
        likely = (f"As likely: {'; '.join(self.as_likely)}.",) if self.as_likely else ()
        often = (f"Flaky, for it passed as well: {', '.join(self.flaky)}.",) if self.flaky and self.support else ()
        return but + self._doubt + likely + self._chance + often

    @property
    def _doubt(self) -> tuple[str, ...]:
        if self.probability is None or self.probability >= SURE:
            return ()
        others = "; ".join(f"{other.pattern} ({other.probability:.0%})" for other in self.less_likely)
        return (f"{self.probability:.0%} sure{f'; or, less likely: {others}' if others else ''}.",)

    @property
    def _chance(self) -> tuple[str, ...]:
        again = (f"Run again, it failed again: {', '.join(self.failed_again)}.",) if self.failed_again else ()
        if not self.may_be_chance:
            return again
        number = len(self.support)
        chance = f"May be chance: {number} {'cell' if number == 1 else 'cells'} only."
        if self.localised:
            return (chance, *again)
        return (f"{chance} `envgen run --resume --localise` runs what tells more.",)


class CauseGroup(Record):
    """The cells whose failure has the same likeliest cause.

    Attributes:
        title: the cause in a few words.
        example: the diagnosis of the first of them.
    """

    cause: str
    title: str
    example: Diagnosis
    cells: tuple[str, ...]


class Report(Record):
    """A run's header with its cells: what report.json holds.

    Attributes:
        patterns: what the failures have in common.
        causes: the failed cells by the likeliest cause; a failure that no rule knows stands in none.
    """

    schema_version: Literal[1] = 1
    run: RunInfo
    cells: tuple[CellResult, ...]
    patterns: tuple[FailurePattern, ...] = ()
    causes: tuple[CauseGroup, ...] = ()
