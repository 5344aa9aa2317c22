"""`envgen verify`: a cell is made twice, and must come out the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from envgen.cli.base_images import BaseImageOption, base_images
from envgen.cli.choosing import Request, chooses
from envgen.cli.console import output
from envgen.cli.context import DEFAULT_MATRIX, JsonOption, MatrixOption, choose, read_matrix
from envgen.cli.elsewhere import remedy
from envgen.cli.progress import MARK, locking
from envgen.errors import EmptySelectionError, Interruption, UsageError
from envgen.machine import this_machine
from envgen.results import Outcome
from envgen.run.job import Job
from envgen.run.process import Interrupt
from envgen.run.runner import Project, RunOptions, jobs_of
from envgen.verify.proof import Proof
from envgen.verify.prove import PROOFS, prove

FAILED = 1


class Which(StrEnum):
    """A proof."""

    LOCK = "lock"
    IMAGE = "image"


@chooses
def verify_command(
    request: Request,
    *,
    matrix: MatrixOption = DEFAULT_MATRIX,
    base_image: BaseImageOption = None,
    only: Annotated[Which | None, typer.Option("--only", help="One of the proofs; both if not given.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Prove that cells can be rebuilt.

    `lock`: the cell's lock is installed, then again from the cache alone into a fresh environment: the same files, and
    the packages that the lock says. `image`: its Dockerfile is built twice without a cache: the same files, apart from
    a short list of documented differences. A proof that cannot be had here is not run, with the reason. The exit code
    is 1 when one failed, 4 when none could be run.

    Examples: `envgen verify CELL`, `envgen verify CELL --only lock`,
    `envgen verify CELL --base-image debian12=registry.example/debian:12`
    """
    if request.is_empty:
        raise UsageError("No cell was named.", "`envgen plan` lists the cells.")
    spec, facts, planned = read_matrix(matrix)
    machine = this_machine()
    chosen, _ = choose(spec, facts, planned, machine, request)
    console = output(stderr=as_json)
    project = Project(spec, facts, machine, RunOptions("docker", base_images=base_images(base_image)))
    jobs = jobs_of(project, chosen, partial(locking, console))
    wanted = (only.value,) if only else PROOFS
    proofs = {str(job.cell): list(_shown(project, job, wanted, console)) for job in jobs}
    if as_json:
        print(json.dumps({cell: [proof.as_json() for proof in found] for cell, found in proofs.items()}, indent=2))
    _end([proof for found in proofs.values() for proof in found])


def _end(proofs: list[Proof]) -> None:
    if any(proof.outcome is Outcome.FAILED for proof in proofs):
        raise typer.Exit(FAILED)
    if all(proof.outcome is Outcome.NOT_RUN for proof in proofs):
        raise EmptySelectionError(f"Nothing could be proved here: {proofs[0].sentence}.", remedy("docker"))


def _shown(project: Project, job: Job, wanted: tuple[str, ...], console: Console) -> Iterator[Proof]:
    """The proofs of a cell, each told as soon as it is there."""
    interrupt = Interrupt()
    # In a thread, so that a Ctrl-C first ends what is under way, and then this program.
    with ThreadPoolExecutor(1) as pool, console.status(str(job.cell)) as status:

        def on_line(text: str) -> None:
            status.update(escape(f"{job.cell}  {text[:100]}"))

        proofs = prove(project, job, wanted, interrupt, on_line)
        while True:
            try:
                proof = pool.submit(next, proofs, None).result()
            except KeyboardInterrupt:
                interrupt.set()
                raise Interruption("Interrupted.", "Start again; nothing of it is kept.") from None
            if proof is None:
                return
            _tell(job, proof, console)
            yield proof


def _tell(job: Job, proof: Proof, console: Console) -> None:
    said = f"{job.cell}  {proof.what} {MARK[proof.outcome]}: {escape(proof.sentence)}"
    console.print(said, highlight=False, soft_wrap=True)
    for line in proof.lines:
        console.print(f"  {escape(line)}", highlight=False, soft_wrap=True)
