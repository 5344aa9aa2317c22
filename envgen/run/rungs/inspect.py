"""The rung `inspected`: the binaries are read, not run, and must suit the cell."""

from __future__ import annotations

from pydantic import JsonValue

from envgen.run.bench import Answer, Bench, failed, passed
from envgen.run.job import Job
from envgen.run.rungs.toolchain import device_plan


def inspected(job: Job, bench: Bench) -> Answer:
    """Fails early and cheaply what cannot work: another machine, missing device code."""
    from envgen.inspection import judge_binaries, read_binaries  # noqa: PLC0415 - takes longer than all other imports

    plan = device_plan(job)
    binaries = read_binaries(job.artifact)
    gpus = tuple(gpu.compute_capability for gpu in job.machine.gpus) if plan.compiles else ()
    findings = judge_binaries(job.cell, binaries, expected_archs=plan.archs, gpus=gpus)
    facts: dict[str, JsonValue] = {"binaries": [binary.facts() for binary in binaries]}
    if findings:
        return failed("; ".join(finding.sentence for finding in findings), facts)
    codes = sorted({code for binary in binaries for code in binary.code})
    held = "device code for " + ", ".join(map(str, codes)) if codes else ""
    return passed("; ".join(part for part in (held, plan.note) if part), facts)
