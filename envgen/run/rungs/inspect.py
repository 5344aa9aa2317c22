"""The rung `inspected`: the binaries are read, not run, and must suit the cell."""

from __future__ import annotations

from collections.abc import Sequence

from packaging.version import Version
from pydantic import JsonValue

from envgen.compat.facts import Facts
from envgen.inspection import Looked, device_code, judge_binaries, look_around, records, unasked_code
from envgen.inspection.foreseen import foresee
from envgen.prediction import Sure
from envgen.run.bench import Answer, Bench, failed, passed
from envgen.run.job import Job
from envgen.run.leases import fitting
from envgen.run.rungs.toolchain import DevicePlan, device_plan

_OF_WHEELS = ("venv", "docker")  # environments whose torch is the wheel that the symbol index was read from


def inspected(job: Job, bench: Bench) -> Answer:
    """Fails early and cheaply what cannot work: another machine, missing device code, names that its torch has not."""
    plan = device_plan(job)
    looked = look_around(job.artifact)
    gpus = tuple(gpu.compute_capability for gpu in fitting(job.machine.gpus, job.cell)) if plan.compiles else ()
    diagnoses = judge_binaries(job.cell, looked, expected_archs=plan.archs, gpus=gpus)
    binaries: list[JsonValue] = [record for one in looked for record in records(one)]
    facts: dict[str, JsonValue] = {"binaries": binaries}
    sure = _sure(job, looked)
    diagnoses = diagnoses or sure.failures
    if diagnoses:
        return failed("; ".join(each.sentence.rstrip(".") for each in diagnoses), facts, tuple(diagnoses))
    not_judged = " ".join(sure.not_judged)
    return passed("; ".join(part for part in (_held(looked, plan), plan.note, not_judged) if part), facts)


def _held(looked: Sequence[Looked], plan: DevicePlan) -> str:
    codes = device_code(looked)
    held = "device code for " + ", ".join(map(str, codes)) if codes else ""
    unasked = unasked_code(looked, plan.archs) if plan.archs else ()
    return f"{held}; not asked for: {', '.join(map(str, unasked))}" if unasked else held


def _sure(job: Job, looked: Sequence[Looked]) -> Sure:
    """What the cell's own torch and system certainly refuse; nothing where the torch is another than the wheel."""
    torch = job.locked_version("torch")
    if torch is None or job.environment.kind not in _OF_WHEELS:
        return Sure((), ())
    return foresee(job.cell, Version(torch), looked, Facts.current())
