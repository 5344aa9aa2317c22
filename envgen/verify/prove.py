"""A cell's proofs, one after the other, in a folder of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from envgen.environment import DockerEnvironment, VenvEnvironment
from envgen.lock import Lock
from envgen.results import Outcome, Rung
from envgen.run.bench import Bench
from envgen.run.folders import held, remove_tree
from envgen.run.job import Job
from envgen.run.process import Interrupt
from envgen.run.runner import Project
from envgen.run.sources import copy_source
from envgen.verify.image import IMAGE, prove_image
from envgen.verify.lock import LOCK, prove_lock
from envgen.verify.proof import Proof

PROOFS = (LOCK, IMAGE)


def prove(
    project: Project, job: Job, wanted: tuple[str, ...], interrupt: Interrupt, on_line: Callable[[str], None]
) -> Iterator[Proof]:
    """The wanted proofs of a cell whose environment is `docker`; their logs stay under `.envgen/verify`.

    Raises:
        Interrupted: the user asked to stop.
    """
    if not isinstance(job.lock, Lock):
        yield Proof(LOCK, Outcome.FAILED, job.lock.what.rstrip(".") if job.lock else "the cell has no lock")
        return
    folder = project.workspace.root / "verify" / str(job.cell)
    with held(folder.parent / f"{job.cell}.lock", interrupt, lambda: on_line("another envgen is at this cell")):
        remove_tree(folder)
        if LOCK in wanted:
            venv = VenvEnvironment(job.cell, job.lock, folder / "venv", project.machine, project.configuration)
            yield prove_lock(venv, job.lock, _bench(job, Rung.CREATED, folder, interrupt, on_line))
        if IMAGE in wanted:
            yield _prove_image(job, _bench(job, Rung.BUILT, folder, interrupt, on_line))


def _prove_image(job: Job, bench: Bench) -> Proof:
    environment = job.environment
    assert isinstance(environment, DockerEnvironment)
    # The folder of the cell is where `envgen run` builds it too.
    with bench.held(job.folder.parent / f"{job.cell}.lock", "another envgen is at this cell"):
        return prove_image(environment, lambda: copy_source(job.extension, environment.recipe.source), bench)


def _bench(job: Job, rung: Rung, folder: Path, interrupt: Interrupt, on_line: Callable[[str], None]) -> Bench:
    """With the time that the ladder gives to that rung."""
    scratch = folder / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    log = folder / f"{LOCK if rung is Rung.CREATED else IMAGE}.log"
    bounds = job.bounds(rung)
    if rung is Rung.BUILT:  # without a cache, it is made anew too
        bounds = replace(bounds, timeout=bounds.timeout + job.bounds(Rung.CREATED).timeout)
    return Bench(rung, log, scratch, bounds, interrupt, on_line)
