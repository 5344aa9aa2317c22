"""The rung `inspected`: the binaries are read, not run, and must suit the cell."""

from __future__ import annotations

from pydantic import JsonValue

from envgen.inspection import device_code, judge_binaries, look_around, records
from envgen.run.bench import Answer, Bench, failed, passed
from envgen.run.job import Job
from envgen.run.rungs.toolchain import device_plan


def inspected(job: Job, bench: Bench) -> Answer:
    """Fails early and cheaply what cannot work: another machine, missing device code."""
    plan = device_plan(job)
    looked = look_around(job.artifact)
    gpus = tuple(gpu.compute_capability for gpu in job.machine.gpus) if plan.compiles else ()
    diagnoses = judge_binaries(job.cell, looked, expected_archs=plan.archs, gpus=gpus)
    binaries: list[JsonValue] = [record for one in looked for record in records(one)]
    facts: dict[str, JsonValue] = {"binaries": binaries}
    if diagnoses:
        return failed("; ".join(each.sentence.rstrip(".") for each in diagnoses), facts)
    codes = device_code(looked)
    held = "device code for " + ", ".join(map(str, codes)) if codes else ""
    return passed("; ".join(part for part in (held, plan.note) if part), facts)
