"""The device that a rung runs on: one that fits its cell, that nobody else uses, and that answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from pydantic import JsonValue

from envgen.inspection import device_code, look_around
from envgen.results import Outcome
from envgen.run.bench import Answer, Bench, not_run
from envgen.run.health import Health
from envgen.run.job import Job
from envgen.run.leases import Lease, covered, fitting, leased

VISIBLE = "CUDA_VISIBLE_DEVICES"


def on_device(job: Job, bench: Bench, run: Callable[[dict[str, str | None]], Answer]) -> Answer:
    """Runs a check on a device that is held for it; one on which a check failed is asked whether it still works.

    Args:
        run: the check, given the variables by which it sees this device alone.
    """
    health = Health(bench.faults, bench.interrupt, min(bench.bounds.timeout, Health.seconds))
    with _working(job, bench, health) as lease:
        if isinstance(lease, str):
            return not_run(lease)
        answer = run({VISIBLE: lease.gpu.visible})
        answer = replace(answer, facts={**(answer.facts or {}), **_facts(lease)}, waited=lease.waited)
        if answer.outcome is not Outcome.FAILED:
            return answer
        fault = health.examine(lease.gpu, str(job.cell), bench.rung)
        if fault is None:
            return answer
        return replace(answer, sentence=f"{answer.sentence}; {fault.device} does not answer since: {fault.why}")


@contextmanager
def _working(job: Job, bench: Bench, health: Health) -> Iterator[Lease | str]:
    """A device of the machine that works, or which did not answer."""
    held = device_code(look_around(job.artifact)) if job.artifact.is_dir() else ()
    suiting = covered(fitting(job.machine.gpus, job.cell), held)
    left = sorted(suiting, key=lambda gpu: health.fault(gpu) is not None)
    faults: list[str] = []
    while left:
        with leased(left, bench.interrupt, bench.waits) as lease:
            fault = health.still_faulty(lease.gpu)
            if fault is None:
                yield lease
                return
            faults.append(str(fault))
            left.remove(lease.gpu)
    yield "; ".join(faults)


def _facts(lease: Lease) -> dict[str, JsonValue]:
    gpu = lease.gpu
    facts: dict[str, JsonValue] = {
        "gpu": {
            "index": gpu.index,
            "name": gpu.name,
            "uuid": gpu.uuid,
            "compute_capability": gpu.compute_capability,
            "memory_bytes": gpu.memory_bytes,
        }
    }
    return facts | {"waited_seconds": round(lease.waited, 3)} if lease.waited >= 1 else facts
