"""Loads in one cell, one after the other: forks of a process that has torch already, or a fresh process each."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from envgen.crossload.artifact import Composition
from envgen.probe import script
from envgen.results import Rung
from envgen.run.bench import Bench
from envgen.run.folders import remove_tree
from envgen.run.job import Job
from envgen.run.process import LOG_LIMIT, Bounds, Ending, Interrupt, Interrupted, Kind, run_command

CAN_FORK = hasattr(os, "fork")
IMPORT_TIME = 300.0  # seconds that a busy machine may take for torch and between loads, all together
ANSWERS_LIMIT = 64_000_000


@dataclass(frozen=True)
class Trial:
    """One load: a composed folder, and the library in it that torch loads by its path; None where Python imports."""

    key: str
    composition: Composition
    library: str | None
    log: Path


@dataclass(frozen=True)
class Tried:
    """How a trial ended, and the stage it was at: empty (torch), library, modules, check, command, done."""

    trial: Trial
    ending: Ending
    stage: str


class NoTorch(Exception):  # noqa: N818 - an outcome ("not run"), not an error
    """The cell's torch could not be imported; the text says why."""


@dataclass(frozen=True)
class _Answer:
    """What the server says of a trial: that it begins, or how it ended."""

    id: str
    ending: Ending | None = None


@dataclass
class _Answers:
    """The file that the server writes its answers to, read while it grows.

    Attributes:
        under_way: the trial that has begun and not ended.
    """

    file: Path
    under_way: str | None = None
    _read: int = 0

    def new(self) -> Iterator[_Answer]:
        """What was written since the last call, whole lines only."""
        try:
            with self.file.open("rb") as source:
                source.seek(self._read)
                written = source.read(ANSWERS_LIMIT)
        except OSError:
            return
        whole = written[: written.rfind(b"\n") + 1]
        self._read += len(whole)
        yield from filter(None, map(_answer, whole.splitlines()))


@dataclass(frozen=True)
class Loader:
    """Runs trials in the cell of `job`; `fresh` for a new process each.

    Attributes:
        scratch: a folder of its own.
        log: what the server says.
        on_done: told of every trial as soon as it ended.
    """

    job: Job
    scratch: Path
    log: Path
    interrupt: Interrupt
    fresh: bool
    on_done: Callable[[Tried], None]

    @property
    def bounds(self) -> Bounds:
        """Of one trial."""
        limits = self.job.limits.timeouts
        return Bounds(limits[Rung.LOADED] + limits[Rung.CPU], self.job.memory)

    def run(self, trials: Sequence[Trial]) -> None:
        """Runs all trials.

        Raises:
            NoTorch: torch could not be imported, so the trials left were not run.
            Interrupted: the user asked to stop.
        """
        self.scratch.mkdir(parents=True, exist_ok=True)
        try:
            if self.fresh:
                for trial in trials:
                    self._alone(trial)
            else:
                pending = {str(number): trial for number, trial in enumerate(trials)}
                while pending:
                    self._serve(pending)
        finally:
            remove_tree(self.scratch)

    def _alone(self, trial: Trial) -> None:
        trial.log.unlink(missing_ok=True)
        order: dict[str, JsonValue] = {"fork": False, "trials": [self._order("0", trial)]}
        ending = self._start(order, trial.log, self.bounds)
        remove_tree(self.scratch / "0")
        self.on_done(Tried(trial, ending, self._stage("0")))

    def _serve(self, pending: dict[str, Trial]) -> None:
        """One server, up to the trial that ends it: by eating the memory, or by killing its parent."""
        one = self.bounds
        bounds = Bounds(IMPORT_TIME + one.timeout * len(pending), one.memory)
        answers = _Answers(self.scratch / "answers.jsonl")
        answers.file.unlink(missing_ok=True)
        for trial in pending.values():
            trial.log.parent.mkdir(parents=True, exist_ok=True)
            trial.log.write_bytes(b"")
        order: dict[str, JsonValue] = {
            "fork": True, "answers": str(answers.file), "timeout": one.timeout, "log_limit": LOG_LIMIT,
            "trials": [self._order(name, trial) for name, trial in pending.items()],
        }  # fmt: skip

        def finish(name: str, ending: Ending) -> None:
            self.on_done(Tried(pending.pop(name), ending, self._stage(name)))

        def collect() -> None:
            for answer in answers.new():
                if answer.id in pending:
                    answers.under_way = None if answer.ending else answer.id
                    if answer.ending:
                        finish(answer.id, answer.ending)

        self.log.unlink(missing_ok=True)
        ending = self._start(order, self.log, bounds, collect)
        collect()
        if answers.under_way:
            finish(answers.under_way, ending)
        elif pending:
            bench = Bench(Rung.LOADED, self.log, self.scratch, bounds, self.interrupt, lambda text: None)
            raise NoTorch(bench.why(ending, "torch was imported"))

    def _start(self, order: JsonValue, log: Path, bounds: Bounds, on_wait: Callable[[], None] | None = None) -> Ending:
        file = self.scratch / "order.json"
        file.write_text(json.dumps(order), encoding="utf-8")
        inside = self.job.environment.inside
        argv = ("python", inside(script("crossload")), inside(file))
        variables: dict[str, str | None] = {"PYTHONPATH": None, **self.job.variables}
        command = self.job.environment.command(argv, self.scratch, variables)
        ending = run_command(command, log, bounds, self.interrupt, on_wait)
        if ending.kind == "abandoned":
            raise Interrupted
        return ending

    def _order(self, name: str, trial: Trial) -> dict[str, JsonValue]:
        check = self.job.extension.check(Rung.CPU)
        composition = trial.composition
        return {
            "id": name,
            "base": str(composition.base),
            "without": list(composition.removed),
            "with": [[str(source), file] for file, source in composition.added],
            "folder": str(self.scratch / name),
            "library": trial.library,
            "modules": list(self.job.extension.imports),
            "check": list(check.run) if check else None,
            "log": str(trial.log),
            "stage": str(self.scratch / f"{name}.stage"),
            "facts": str(self.scratch / f"{name}-facts.json"),
        }

    def _stage(self, name: str) -> str:
        with suppress(OSError):
            return (self.scratch / f"{name}.stage").read_text(encoding="utf-8", errors="replace")[:20]
        return ""


def _answer(line: bytes) -> _Answer | None:
    """None for a line that is no answer: what is loaded could write there too."""
    try:
        fields = json.loads(line)
        if "ended" not in fields:
            return _Answer(str(fields["id"]))
        kinds: dict[str, Kind] = {"timeout": "timeout", "log": "log"}
        kind: Kind = kinds.get(fields["ended"], "exit")
        return _Answer(str(fields["id"]), Ending(kind, int(fields["returncode"]), float(fields["seconds"]), 0))
    except (ValueError, KeyError, TypeError):
        return None
