"""What a resumed run takes over of a cell's earlier climb, and why not more."""

from __future__ import annotations

from dataclasses import dataclass

from envgen.results import LADDER, CellResult, Outcome, Rung, RungResult
from envgen.run.job import Job


@dataclass(frozen=True)
class Again:
    """A finished rung that is climbed again, and why."""

    rung: Rung
    reason: str


@dataclass(frozen=True)
class TakenOver:
    """The recorded rungs that need not be climbed again, up to the first that must."""

    rungs: tuple[RungResult, ...] = ()
    again: Again | None = None


def taken_over(job: Job, earlier: CellResult, *, retry: bool) -> TakenOver:
    """Decides rung by rung.

    Args:
        retry: whether a failed rung is climbed again.
    """
    kept: list[RungResult] = []
    for rung, recorded in zip(LADDER, earlier.rungs, strict=False):
        if recorded.outcome is Outcome.NOT_RUN and rung not in (Rung.PUBLISHED, Rung.LOCKED):
            break  # what was missing may be there now
        if reason := _outdated(job, earlier, recorded) or _wanting(job, recorded, retry):
            return TakenOver(tuple(kept), Again(rung, reason))
        kept.append(recorded)
        if recorded.outcome is Outcome.FAILED:
            break
    return TakenOver(tuple(kept))


def _outdated(job: Job, earlier: CellResult, recorded: RungResult) -> str:
    """What this rung hangs on and is not as it was."""
    makes_environment = LADDER.index(recorded.rung) <= LADDER.index(Rung.CREATED)
    inputs = job.environment_inputs if makes_environment else job.inputs
    if recorded.rung is Rung.ENGINE:
        inputs = inputs | job.engine_inputs
    changed = [name for name, value in inputs.items() if earlier.inputs.get(name) != value]
    return f"the {' and the '.join(changed)} changed" if changed else ""


def _wanting(job: Job, recorded: RungResult, retry: bool) -> str:
    if recorded.outcome is Outcome.FAILED:
        return "it failed" if retry else ""
    if recorded.rung is Rung.CREATED and not job.environment.exists():
        return "the environment is gone"
    if recorded.rung is Rung.BUILT and not job.is_built:
        return "what was built is gone, or is of another run"
    return ""
