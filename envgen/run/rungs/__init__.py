"""The rungs of the ladder: each a function from a cell's job to how that rung ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from envgen.results import Rung
from envgen.run.bench import Answer, Bench
from envgen.run.job import Job
from envgen.run.rungs.build import built
from envgen.run.rungs.checks import check_of
from envgen.run.rungs.creation import created
from envgen.run.rungs.engine import engine
from envgen.run.rungs.inspect import inspected
from envgen.run.rungs.knowledge import locked, planned, published
from envgen.run.rungs.load import loaded

RungFunction = Callable[[Job, Bench], Answer]

RUNGS: Mapping[Rung, RungFunction] = {
    Rung.PLANNED: planned,
    Rung.PUBLISHED: published,
    Rung.LOCKED: locked,
    Rung.CREATED: created,
    Rung.BUILT: built,
    Rung.INSPECTED: inspected,
    Rung.LOADED: loaded,
    Rung.CPU: check_of(Rung.CPU),
    Rung.KERNEL: check_of(Rung.KERNEL),
    Rung.ENGINE: engine,
}

__all__ = ["RUNGS", "RungFunction"]
