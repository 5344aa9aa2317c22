"""Which cells changed since a run: their lock, the source, the facts, or anything else that decides their outcome."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from envgen.cli.console import output
from envgen.cli.progress import locking
from envgen.compat.facts import Facts
from envgen.compat.words import counted
from envgen.errors import EmptySelectionError, UsageError
from envgen.machine import Machine
from envgen.plan import Plan, Selection, selection_of
from envgen.results import CellResult
from envgen.run.job import Job
from envgen.run.journal import Journal
from envgen.run.runner import Project, RunOptions, jobs_of
from envgen.run.workspace import Workspace
from envgen.spec.matrix import Matrix

LATEST = "latest"


def changed_since(
    run: str, matrix: Matrix, facts: Facts, planned: Plan, machine: Machine, selection: Selection
) -> Selection:
    """The selected cells whose outcome in a run may not be theirs any more; when in doubt, a cell is among them.

    To know, the cells are locked.

    Raises:
        UsageError: there is no such run.
        EmptySelectionError: nothing changed.
    """
    journal = _journal(run, Workspace.beside(matrix.file))
    project = Project(matrix, facts, machine, RunOptions())
    jobs = jobs_of(project, selection, partial(locking, output(stderr=True)))
    changed = [
        place for place, job in zip(selection.places, jobs, strict=True) if _differs(job, journal.result(str(job.cell)))
    ]
    same = counted(len(jobs) - len(changed), "cell")
    if not changed:
        raise EmptySelectionError(
            f"Nothing changed since the run {journal.folder.name}: {same} would give the same again.",
            "Leave --changed out to run them all the same.",
        )
    said = f"{counted(len(changed), 'cell')} changed since the run {journal.folder.name}, {same} did not."
    chosen = selection_of(planned, changed, "not selected, or not changed")
    return replace(chosen, remarks=(*selection.remarks, said))


def _journal(run: str, workspace: Workspace) -> Journal:
    journal = Journal(workspace.run(workspace.latest_run() if run in (LATEST, "") else run))
    if not run or journal.info() is None:
        raise UsageError(f"There is no run {run!r} under {workspace.runs}.", "`envgen run` starts one.")
    return journal


def _differs(job: Job, earlier: CellResult | None) -> bool:
    return earlier is None or earlier.finished is None or earlier.environment != "venv" or earlier.key != job.key
