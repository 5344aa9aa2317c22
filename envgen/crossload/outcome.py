"""How a load ended, as a crossing says it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from envgen.crossload.diagnosis import diagnoses
from envgen.crossload.loader import Loader, Tried
from envgen.crossload.plan import Pair
from envgen.crossload.record import WHOLE, Crossing, Foreseen
from envgen.results import Outcome, Rung
from envgen.run.bench import Bench
from envgen.run.process import last_line, tail
from envgen.run.rungs.checks import NOT_RUN as CHECK_NOT_RUN

SAID = 400  # lines at the end of a log that are read for causes
CHECKED = ("check", "command", "done")  # the stages from which on everything was loaded


def not_run(pair: Pair, reason: str, foreseen: Foreseen | None) -> Crossing:
    """A crossing that could not be tried, and why."""
    return Crossing(
        built=pair.built.id, loaded=pair.loaded.id, what=pair.what, arm=pair.arm, key=pair.key,
        outcome=Outcome.NOT_RUN, sentence=reason, foreseen=foreseen, finished=datetime.now(UTC),
    )  # fmt: skip


def crossing_of(pair: Pair, tried: Tried, loader: Loader, run: Path, foreseen: Foreseen | None) -> Crossing:
    """A crossing that was tried.

    Args:
        run: the run's folder, which logs are named from.
    """
    unchecked = _unchecked(tried)
    why = "" if unchecked else _why(pair, tried, loader)
    log = tried.trial.log
    said = "\n".join(tail(log, lines=SAID)) if why else ""
    has_check = pair.loaded.job.extension.check(Rung.CPU) is not None and not unchecked
    return Crossing(
        built=pair.built.id,
        loaded=pair.loaded.id,
        what=pair.what,
        arm=pair.arm,
        outcome=Outcome.FAILED if why else Outcome.PASSED,
        rung=Rung.CPU if has_check and tried.stage in CHECKED else Rung.LOADED,
        sentence=why or unchecked,
        diagnoses=diagnoses(pair, f"{said}\n{why}", foreseen) if why else (),
        foreseen=foreseen,
        seconds=tried.ending.seconds,
        log=log.relative_to(run).as_posix(),
        log_tail=tail(log) if why else (),
        key=pair.key,
        finished=datetime.now(UTC),
    )


def renewed(kept: Crossing, pair: Pair, foreseen: Foreseen | None) -> Crossing:
    """A crossing that was recorded earlier, with what is predicted of it and known of its failure today."""
    failed = kept.outcome is Outcome.FAILED
    said = "\n".join((*kept.log_tail, kept.sentence))
    return kept.model_copy(
        update={"foreseen": foreseen, "diagnoses": diagnoses(pair, said, foreseen) if failed else ()}
    )


def _unchecked(tried: Tried) -> str:
    """Why the check was not run, where it says so itself: what was built elsewhere has loaded."""
    ending = tried.ending
    if ending.kind != "exit" or ending.returncode != CHECK_NOT_RUN or tried.stage not in CHECKED:
        return ""
    return f"the cpu check was not run: {last_line(tried.trial.log) or 'it gave no reason'}"


def _why(pair: Pair, tried: Tried, loader: Loader) -> str:
    """What went wrong; nothing when all went well."""
    doing = _doing(pair, tried.stage)
    if not tried.ending.ok:
        bench = Bench(Rung.LOADED, tried.trial.log, loader.scratch, loader.bounds, loader.interrupt, _unheard)
        return bench.why(tried.ending, doing)
    if tried.stage not in ("command", "done"):  # a command's own end is its answer
        return f"the process ended itself while {doing}, with code 0"
    return ""


def _doing(pair: Pair, stage: str) -> str:
    if stage in CHECKED:
        return "the cpu check ran"
    if stage == "library":
        return f"loading {pair.what}"
    if stage == "modules":
        return "loading" if pair.what == WHOLE else f"loading with {pair.what}"
    return "torch was imported"


def _unheard(text: str) -> None:
    """Nobody listens to single lines here."""
