"""The rung `engine`: the extension's check of TensorRT, beside engines made elsewhere, and a look at those it left."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath

from pydantic import JsonValue

from envgen.binary.content import printable
from envgen.cell import Flavour
from envgen.compat.words import counted
from envgen.environment.docker import GIVEN
from envgen.results import Outcome, Rung
from envgen.run.bench import Answer, Bench, failed, not_run
from envgen.run.engines import Look, look_at_given, look_at_left, place_of
from envgen.run.folders import emptied, remove_tree
from envgen.run.given import copied
from envgen.run.job import Job
from envgen.run.kept import keep
from envgen.run.rungs.checks import run_check, unmet_needs
from envgen.run.rungs.temporary import FOLDER, own_temporary
from envgen.run.rungs.windows import exported, is_program, ran

_KEEP = "keep"  # the folder in the bench's scratch where a check leaves what is to be kept


def engine(job: Job, bench: Bench) -> Answer:
    """Engines that surely do not load here are left out before the check; when none is left, the rung has failed.

    A full cell's check has engines of its own to build: it is run all the same, so that both are told.
    """
    check = job.extension.check(Rung.ENGINE)
    if check is None:
        return not_run(f"the extension has no {Rung.ENGINE} check")
    place = place_of(job)
    given = tuple(look_at_given(file, place) for file in job.engines if not is_program(file))
    refused = [look for look in given if look.refusal]
    facts: dict[str, JsonValue] = {"given": [look.record for look in given]} if given else {}
    none_left = bool(given) and len(refused) == len(given)
    unmet = "; ".join(unmet_of_engine(job))
    if none_left and (unmet or _flavour(job) != Flavour.FULL):
        return _all_refused(refused, facts)
    if unmet:
        return Answer(Outcome.NOT_RUN, unmet, facts)
    answer = run_check(job, bench, check, _told(job, bench, [look.file for look in given if not look.refusal]))
    answer = replace(answer, facts={**(answer.facts or {}), **facts}, sentence=_with_refused(answer.sentence, refused))
    for part in PARTS:
        answer = part(job, bench, answer)
    if none_left and answer.outcome is not Outcome.FAILED:
        return _all_refused(refused, answer.facts or {})
    return answer


def unmet_of_engine(job: Job) -> Iterator[str]:
    """Why the check cannot run; nothing when it can."""
    check = job.extension.check(Rung.ENGINE)
    if check:
        yield from unmet_needs(job, check)
    flavour = _flavour(job)
    if flavour not in ("", Flavour.FULL) and not job.engines:
        yield f"a {flavour} cell runs engines made elsewhere, and {_none_given(job.extension.engines)}"


def _none_given(patterns: Sequence[str]) -> str:
    if patterns:
        return f"nothing matches `extension.engines`: {', '.join(patterns)}"
    return "none was given: name some in `extension.engines`, or by --engines"


def _flavour(job: Job) -> str:
    return str(job.cell.tensorrt.flavour) if job.cell.tensorrt else ""


def _all_refused(refused: Sequence[Look], facts: dict[str, JsonValue]) -> Answer:
    first = refused[0]
    assert first.refusal
    more = f" ({counted(len(refused) - 1, 'other')} likewise)" if len(refused) > 1 else ""
    return failed(f"{printable(first.file.name)}: {first.refusal.sentence.rstrip('.')}{more}", facts, (first.refusal,))


def _with_refused(sentence: str, refused: Sequence[Look]) -> str:
    """What is said of engines that were left out, after what the check said."""
    said = [
        f"{printable(look.file.name)} was left out: {look.refusal.sentence.rstrip('.')}"
        for look in refused
        if look.refusal
    ]
    return "; ".join(filter(None, (sentence, *said)))


def _told(job: Job, bench: Bench, engines: Sequence[Path]) -> Mapping[str, str | None]:
    """The environment variables of the contract, and folders of the cell's own."""
    inside = job.environment.inside
    if job.environment.kind == "docker":
        engines = copied(engines, emptied(bench.scratch / GIVEN))
    return {
        "ENVGEN_KEEP": inside(emptied(bench.scratch / _KEEP)),
        "ENVGEN_ENGINES": os.pathsep.join(map(inside, engines)) if engines else None,
        "ENVGEN_TENSORRT": _flavour(job),
        **own_temporary(job, bench),
    }


def kept_engines(job: Job, bench: Bench, answer: Answer) -> Answer:
    """Keeps what the check left, and fails a check that passed with an engine which does not load in its own cell."""
    source, target = bench.scratch / _KEEP, bench.kept
    if target is None:
        return answer
    remove_tree(target)
    kept = keep(source, target)
    place = place_of(job)
    looks = [look_at_left(target / name, str(name), place) for name in kept.files]
    facts = dict(answer.facts or {})
    facts["kept"] = [str(_in_run(target) / name) for name in kept.files]
    facts["engines"] = [look.record for look in looks if look]
    if kept.left_out:
        facts["not_kept"] = list(kept.left_out)
    for folder in (_KEEP, FOLDER):
        with suppress(OSError):
            remove_tree(bench.scratch / folder)
    refusal = next((look for look in looks if look and look.refusal), None)
    if answer.outcome is not Outcome.PASSED or refusal is None or refusal.refusal is None:
        return replace(answer, facts=facts)
    sentence = f"the check passed, but left {refusal.record['file']}: {refusal.refusal.sentence.rstrip('.')}"
    return failed(sentence, facts, (refusal.refusal,))


def _in_run(target: Path) -> PurePosixPath:
    """The folder of kept files as seen from the run's."""
    return PurePosixPath(*target.parts[-3:])


# What follows the check, in order: each takes how the rung stands and gives how it stands then.
Part = Callable[[Job, Bench, Answer], Answer]
PARTS: tuple[Part, ...] = (kept_engines, exported, ran)
