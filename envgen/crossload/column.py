"""One cell's column of the grid: what is loaded in it, each result recorded as it comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from envgen import __version__
from envgen.crossload.ledger import Ledger
from envgen.crossload.loader import CAN_FORK, Loader, NoTorch, Trial, Tried
from envgen.crossload.outcome import crossing_of, not_run, renewed
from envgen.crossload.plan import Built, Pair
from envgen.crossload.record import Column, Crossing, Foreseen
from envgen.results import Outcome
from envgen.run.process import Interrupt

Foresee = Callable[[Pair], Foreseen | None]


class Listener(Protocol):
    """Told how a cross-load gets on, from the threads of the cells."""

    def waits(self, cell: str) -> None:
        """Another envgen is at a cell that this one needs."""

    def crossed(self, crossing: Crossing, *, kept: bool) -> None:
        """A load ended; `kept` when it was taken over from what was recorded."""


@dataclass(frozen=True)
class CrossLoadOptions:
    """How to load.

    Attributes:
        parallel: cells at once.
        resume: keep what is recorded of the same files, environments and check.
        fresh: a new process for each load, in the place of forks of one that has torch already.
    """

    parallel: int = 1
    resume: bool = False
    fresh: bool = False


@dataclass
class ColumnFiller:
    """Fills the column of the cell `loaded`."""

    loaded: Built
    ledger: Ledger
    foresee: Foresee
    listener: Listener
    options: CrossLoadOptions
    interrupt: Interrupt

    def __post_init__(self) -> None:
        self._column = Column(run=self.ledger.run.name, envgen=__version__, loaded=self.loaded.id)

    def fill(self, pairs: Sequence[Pair]) -> None:
        """Loads what was not loaded before; equal ones once. What other cells built stays as it is recorded.

        Raises:
            Interrupted: the user asked to stop; what was finished is recorded.
        """
        known = self.ledger.column(self.loaded.id)
        recorded = known.crossings if known else ()
        chosen = {pair.built.id for pair in pairs}
        others = tuple(crossing for crossing in recorded if crossing.built not in chosen)
        self._column = self._column.model_copy(update={"crossings": others})
        earlier = {crossing.place: crossing for crossing in recorded} if self.options.resume else {}
        wanted: dict[str, list[Pair]] = {}
        for pair in pairs:
            kept = earlier.get((pair.built.id, pair.loaded.id, pair.what))
            if pair.composition is None:
                self._note(not_run(pair, pair.reason, self.foresee(pair)))
            elif kept and kept.key == pair.key and kept.outcome is not Outcome.NOT_RUN:
                self._note(renewed(kept, pair, self.foresee(pair)), kept=True)
            else:
                wanted.setdefault(pair.key, []).append(pair)
        self.ledger.record(self._column)
        if wanted:
            self._load(wanted)

    def _load(self, wanted: dict[str, list[Pair]]) -> None:
        job, cell = self.loaded.job, self.loaded.id
        fresh = self.options.fresh or not CAN_FORK

        def on_done(tried: Tried) -> None:
            for pair in wanted.pop(tried.trial.key):
                self._note(crossing_of(pair, tried, loader, self.ledger.run, self.foresee(pair)))
            self.ledger.record(self._column)

        scratch, log = job.folder / "scratch" / "crossload", self.ledger.log(cell, "server")
        loader = Loader(job, scratch, log, self.interrupt, fresh, on_done)
        trials = [
            Trial(key, first.composition, first.library, self.ledger.log(cell, key[:12]))
            for key, (first, *_) in wanted.items()
            if first.composition
        ]
        try:
            loader.run(trials)
        except NoTorch as reason:
            for pair in (pair for pairs in wanted.values() for pair in pairs):
                self._note(not_run(pair, f"its torch does not work: {reason}", self.foresee(pair)))
            self.ledger.record(self._column)

    def _note(self, crossing: Crossing, *, kept: bool = False) -> None:
        self._column = self._column.with_crossing(crossing)
        self.listener.crossed(crossing, kept=kept)
