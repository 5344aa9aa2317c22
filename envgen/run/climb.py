"""One cell's climb: rung after rung, each recorded as soon as it ended."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from envgen import __version__
from envgen.results import LADDER, CellResult, Diagnosis, Outcome, Rung, RungResult
from envgen.run.bench import Answer, Bench, failed
from envgen.run.folders import held
from envgen.run.job import Job
from envgen.run.journal import Journal
from envgen.run.observer import Observer
from envgen.run.process import Interrupt, tail
from envgen.run.resume import Again, TakenOver, taken_over
from envgen.run.rungs import RUNGS
from envgen.run.sayable import sayable, sayable_facts
from envgen.run.told import told_of

# A cell goes on past these when they could not be judged; without any other it cannot climb on.
MAY_BE_UNJUDGED = frozenset({Rung.PLANNED, Rung.PUBLISHED, Rung.LOCKED, Rung.CPU, Rung.KERNEL, Rung.ENGINE})


@dataclass(frozen=True)
class Climb:
    """What a climb needs beside the job.

    Attributes:
        resume: take over rungs that this run recorded before, from the same inputs.
        retry: of those, climb failed ones again.
    """

    journal: Journal
    observer: Observer
    interrupt: Interrupt
    resume: bool = False
    retry: bool = False

    def climb(self, job: Job) -> CellResult:
        """Climbs as far as the cell gets; a second envgen that wants the same cell waits until this one is done.

        Raises:
            Interrupted: the user asked to stop; what is recorded stays.
        """
        cell = str(job.cell)
        self.observer.cell_started(cell)
        lock = job.folder.parent / f"{cell}.lock"
        with held(lock, self.interrupt, lambda: self.observer.cell_waits(cell, "another envgen is at this cell")):
            return self._climb(job)

    def _climb(self, job: Job) -> CellResult:
        cell = str(job.cell)
        result = self._start(job)
        for kept in result.rungs:
            self.observer.rung_finished(cell, kept, kept=True)
        for rung in LADDER[len(result.rungs) :]:
            outcome = self._blocked(result, rung) or self._rung(job, rung)
            result = result.model_copy(update={"rungs": (*result.rungs, outcome)})
            self.journal.record(result)
            self.observer.rung_finished(cell, outcome, kept=False)
        result = result.model_copy(update={"finished": datetime.now(UTC)})
        self.journal.record(result)
        self.observer.cell_finished(result)
        return result

    def _start(self, job: Job) -> CellResult:
        earlier = self.journal.result(str(job.cell)) if self.resume else None
        kept = self._taken_over(job, earlier)
        if kept.again:
            self.observer.climbs_again(str(job.cell), kept.again.rung, kept.again.reason)
        return CellResult(
            cell=str(job.cell),
            axes=dict(job.cell.axes()),
            environment=job.environment.kind,
            envgen=__version__,
            key=job.key,
            inputs=job.inputs | job.engine_inputs,
            versions=job.locked.versions if job.locked else {},
            machine=job.machine.facts(),
            started=earlier.started if earlier and kept.rungs else datetime.now(UTC),
            rungs=kept.rungs,
        )

    def _taken_over(self, job: Job, earlier: CellResult | None) -> TakenOver:
        if earlier:
            return taken_over(job, earlier, retry=self.retry)
        damaged = self.resume and self.journal.has(str(job.cell))
        return TakenOver(again=Again(LADDER[0], "what was recorded is damaged") if damaged else None)

    def _blocked(self, result: CellResult, rung: Rung) -> RungResult | None:
        for earlier in result.rungs:
            if earlier.outcome is Outcome.FAILED:
                return _not_run(rung, f"{earlier.rung} failed")
            if earlier.outcome is Outcome.NOT_RUN and earlier.rung not in MAY_BE_UNJUDGED:
                return _not_run(rung, f"{earlier.rung} was not run")
        return None

    def _rung(self, job: Job, rung: Rung) -> RungResult:
        self.interrupt.check()
        cell = str(job.cell)
        self.observer.rung_started(cell, rung)
        log = self.journal.log(cell, rung)
        log.unlink(missing_ok=True)
        bench = Bench(
            rung, log, job.folder / "scratch", job.bounds(rung), self.interrupt,
            lambda text: self.observer.line(cell, text), self.journal.kept(cell, rung), self.journal.folder,
            lambda reason: self.observer.cell_waits(cell, reason),
        )  # fmt: skip
        started, clock = datetime.now(UTC), time.monotonic()
        answer = _answer(job, bench)
        logged = log.exists()
        return RungResult(
            rung=rung,
            outcome=answer.outcome,
            sentence=sayable(answer.sentence),
            seconds=round(time.monotonic() - clock - answer.waited, 3) if logged else None,
            started=started,
            log=log.relative_to(self.journal.folder).as_posix() if logged else None,
            log_tail=tail(log) if answer.outcome is Outcome.FAILED else (),
            facts={name: sayable_facts(fact) for name, fact in (answer.facts or {}).items()},
            diagnoses=_diagnoses(job, rung, answer, log),
        )


def _diagnoses(job: Job, rung: Rung, answer: Answer, log: Path) -> tuple[Diagnosis, ...]:
    if answer.outcome is not Outcome.FAILED:
        return ()
    return answer.diagnoses or told_of(job, rung, answer.sentence, log)


def _answer(job: Job, bench: Bench) -> Answer:
    """How a rung ended; a full disk or a forbidden folder is the trouble of this cell, not the end of the run."""
    try:
        bench.scratch.mkdir(parents=True, exist_ok=True)
        return RUNGS[bench.rung](job, bench)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        return failed(f"this machine stopped it: {error.strerror or error}{where}")


def _not_run(rung: Rung, reason: str) -> RungResult:
    return RungResult(rung=rung, outcome=Outcome.NOT_RUN, sentence=reason)
