"""The rungs `cpu`, `kernel`, `engine`: the extension's own checks, each where its needs are met."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from envgen.results import Outcome, Rung
from envgen.run.bench import Answer, Bench, failed, not_run, passed
from envgen.run.job import Job
from envgen.run.leases import fitting, none_fitting
from envgen.run.process import last_line
from envgen.run.rungs.device import on_device
from envgen.run.rungs.toolchain import device_plan
from envgen.spec.matrix import Check, DeviceCode

NOT_RUN = 77  # how a check ends that cannot run here; its last line says why


def check_of(rung: Rung) -> Callable[[Job, Bench], Answer]:
    """The function that climbs a check's rung."""

    def climb(job: Job, bench: Bench) -> Answer:
        check = job.extension.check(rung)
        if check is None:
            return not_run(f"the extension has no {rung} check")
        if unmet := "; ".join(unmet_needs(job, check)):
            return not_run(unmet)
        return run_check(job, bench, check, {})

    return climb


def unmet_needs(job: Job, check: Check) -> Iterator[str]:
    """Why a check cannot run in this cell on this machine; nothing when it can."""
    if "gpu" in check.needs:
        if job.machine.no_gpu:
            yield job.machine.no_gpu
        elif not fitting(job.machine.gpus, job.cell):
            yield none_fitting(job.machine.gpus, job.cell)
        if job.cell.cuda.is_cpu:
            yield "the cell's torch is a CPU build"
        elif check.rung is Rung.KERNEL and job.extension.build.device_code is not DeviceCode.NONE:
            plan = device_plan(job)
            if not plan.compiles:
                yield f"built {plan.note}"
    if "tensorrt" in check.needs and job.cell.tensorrt is None:
        yield "the cell has no TensorRT"


def run_check(job: Job, bench: Bench, check: Check, told: Mapping[str, str | None]) -> Answer:
    """Runs a check whose needs are met; one that needs a GPU on a device that is held for it.

    Args:
        told: environment variables of its rung, beside those that every check has; None removes one.
    """

    def run(more: Mapping[str, str | None]) -> Answer:
        return _run(job, bench, check, {**told, **more})

    return on_device(job, bench, run) if "gpu" in check.needs else run({})


def _run(job: Job, bench: Bench, check: Check, told: Mapping[str, str | None]) -> Answer:
    file = bench.facts_file()
    inside = job.environment.inside
    # Unbuffered, so that what a check printed last stands last in its log.
    own = {"PYTHONPATH": inside(job.artifact), "PYTHONUNBUFFERED": "1", "ENVGEN_FACTS": inside(file)}
    variables = {**own, **job.variables, **told}
    ending = bench.run(job.environment.command(check.run, bench.scratch, variables))
    facts = bench.read_facts(file)
    if ending.kind == "exit" and ending.returncode == NOT_RUN:
        reason = last_line(bench.log) or f"the {check.rung} check ended with code {NOT_RUN} and gave no reason"
        return Answer(Outcome.NOT_RUN, reason, facts)
    if not ending.ok:
        return failed(bench.why(ending, f"the {check.rung} check ran"), facts)
    return passed(facts=facts)
