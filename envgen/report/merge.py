"""One result of a cell from those of several runs, such as of a machine with a GPU and of one without.

The newest counts. Where others are of the same inputs, a rung that it did not run is taken from the newest of them that
did: so a GPU's absence here hides nothing that a GPU elsewhere has shown. Merging is commutative and idempotent; it is
associative but for what stands above a rung that failed, which is not kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from envgen.compat.words import listed
from envgen.report.machines import RAN_ON, machine_words
from envgen.results import LADDER, CellResult, Outcome, Rung, RungResult

# What must be the same in two results for their rungs to be of one thing. The machine's own compiler and toolkits may
# differ: that the extension is well there and here is what is to be shown.
KIND, PACKAGES = "kind of environment", "packages"
SAME = (KIND, "environment", "lock", "source", "extension's description", "cell's variables")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Told:
    """A result of a cell, and the run that it is of."""

    run: str
    result: CellResult


@dataclass(frozen=True)
class Merged:
    """What counts of a cell, and what is to be said of results that do not."""

    result: CellResult
    remarks: tuple[str, ...] = ()


def merge(told: Sequence[Told]) -> Merged:
    """Merges the results of one cell; their order does not matter."""
    newest = max(told, key=lambda each: (*_age(each.result), each.run))
    same = [each.result for each in told if _is_of_the_same(each.result, newest.result)]
    others = sorted((each for each in told if _differs(each.result, newest.result)), key=lambda each: each.run)
    remarks = tuple(dict.fromkeys(_remark(each, newest) for each in others))
    return Merged(_joined(newest.result, same) if len(same) > 1 else newest.result, remarks)


def _age(result: CellResult) -> tuple[bool, datetime, str]:
    """Orders results of one cell: unfinished ones first, then by time."""
    return result.finished is not None, _aware(result.finished or result.started), result.model_dump_json()


def _aware(time: datetime | None) -> datetime:
    if time is None:
        return _LONG_AGO
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _identity(result: CellResult) -> dict[str, str]:
    """What the result is of; of an environment that is taken as it is, the packages in it stand for the lock."""
    same = {name: result.inputs[name] for name in SAME if name in result.inputs}
    if same.get(KIND) != "current":
        return same
    created = result.rung(Rung.CREATED)
    packages = json.dumps(created.facts.get("packages") if created else None, sort_keys=True)
    return {name: value for name, value in same.items() if name != "environment"} | {PACKAGES: packages}


def _is_of_the_same(one: CellResult, other: CellResult) -> bool:
    return one == other or (bool(_identity(one)) and _identity(one) == _identity(other))


def _differs(one: CellResult, other: CellResult) -> bool:
    """Whether it is known that they are of different inputs: of a damaged result nothing is."""
    return bool(_identity(one) and _identity(other)) and not _is_of_the_same(one, other)


def _remark(other: Told, newest: Told) -> str:
    mine, others = _identity(newest.result), _identity(other.result)
    differing = [name for name in (*SAME, PACKAGES) if mine.get(name) != others.get(name)]
    ran = [rung for rung in other.result.rungs if rung.outcome is not Outcome.NOT_RUN]
    hidden = [f"{each.rung} {each.outcome}" for each in ran if _not_run(newest.result.rung(each.rung))]
    shown = f"; not counted of {other.run}: {listed(hidden)}" if hidden else ""
    return (
        f"{newest.result.cell}: the results of {other.run} and {newest.run} differ in {listed(differing)}; they are"
        f" not joined, and the newer one, of {newest.run}, counts{shown}."
    )


def _not_run(rung: RungResult | None) -> bool:
    return rung is None or rung.outcome is Outcome.NOT_RUN


def _joined(newest: CellResult, results: Iterable[CellResult]) -> CellResult:
    """The newest result, with the rungs that it did not run from the newest of those that did."""
    known = sorted(results, key=_age, reverse=True)
    rungs: list[RungResult] = []
    origin = newest
    for rung in LADDER:
        if rungs and rungs[-1].outcome is Outcome.FAILED:
            rungs += [_above(each, rungs[-1].rung) for each in LADDER[len(rungs) :]]
            break
        found = _newest_that_ran(rung, known)
        origin = found or origin
        recorded = origin.rung(rung)
        if recorded is None:
            break
        rungs.append(_placed(recorded, origin, newest))
    return newest.model_copy(update={"rungs": tuple(rungs)})


def _newest_that_ran(rung: Rung, results: Sequence[CellResult]) -> CellResult | None:
    ran = [result for result in results if not _not_run(result.rung(rung))]
    return max(ran, key=lambda result: _rung_age(result, rung), default=None)


def _rung_age(result: CellResult, rung: Rung) -> tuple[bool, datetime, str]:
    recorded = result.rung(rung)
    assert recorded is not None
    shown = recorded.model_copy(update={"facts": recorded.facts | {RAN_ON: _machine(recorded, result)}})
    return result.finished is not None, _aware(recorded.started), shown.model_dump_json()


def _placed(recorded: RungResult, origin: CellResult, newest: CellResult) -> RungResult:
    """With the machine that ran it, where that is not the cell's."""
    others = {name: value for name, value in recorded.facts.items() if name != RAN_ON}
    machine = _machine(recorded, origin)
    elsewhere = machine != machine_words(newest.machine) and not _not_run(recorded)
    return recorded.model_copy(update={"facts": others | ({RAN_ON: machine} if elsewhere else {})})


def _machine(recorded: RungResult, origin: CellResult) -> str:
    told = recorded.facts.get(RAN_ON)
    return told if isinstance(told, str) else machine_words(origin.machine)


def _above(rung: Rung, failed: Rung) -> RungResult:
    return RungResult(rung=rung, outcome=Outcome.NOT_RUN, sentence=f"{failed} failed")
