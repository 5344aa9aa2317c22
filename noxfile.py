"""The project's jobs. `nox -s matrix` is the main one; `nox -l` lists every cell of the matrix as a session.

A session calls the same functions as the command line. Sessions that run cells need no environment of their own: a cell
is one. nox runs in the environment where envgen is installed (`pip install -e '.[nox]'`).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nox

from envgen.cli.ahead import announce
from envgen.cli.choosing import Request
from envgen.cli.console import output
from envgen.cli.context import choose, read_matrix
from envgen.cli.crossload import crossload_cells, show_crossload
from envgen.cli.ending import not_run_here, require
from envgen.cli.render import render_cells
from envgen.cli.report import report_command, show_report
from envgen.cli.run import climb_cells, prepare_run
from envgen.compat.words import counted
from envgen.crossload import CrossLoadOptions
from envgen.errors import EmptySelectionError, EnvgenError, Interruption
from envgen.machine import this_machine
from envgen.results import Rung
from envgen.run.journal import Journal
from envgen.run.outlook import outlook
from envgen.run.runner import RunOptions
from envgen.run.workspace import Workspace

MATRIX = Path("matrix.yaml")
RUN = "nox"  # the run that all sessions share: each adds its cell's result to it
GPU_RUN = "gpu"

nox.needs_version = ">=2026.2"
nox.options.sessions = ["lint", "tests"]
nox.options.default_venv_backend = "uv|virtualenv"


def _cells() -> tuple[list[str], list[str], str]:
    """All cells, those of the default selection, and why there are none here."""
    try:
        spec, facts, planned = read_matrix(MATRIX)
    except EnvgenError as error:
        raise SystemExit(f"error: {error}") from None
    every = [str(entry.cell) for entry in planned.cells]
    try:
        chosen, _ = choose(spec, facts, planned, this_machine(), Request())
    except EmptySelectionError as error:
        return every, [], str(error)
    return every, [str(entry.cell) for entry in chosen.cells], ""


def _journal() -> Journal:
    return Journal(Workspace.beside(MATRIX).run(RUN))


@contextmanager
def _in_words(session: nox.Session, again: str = "nox -s matrix -- --resume") -> Iterator[None]:
    """Ends a session with what a user's error says, not with where it was raised; an interruption ends them all."""
    try:
        yield
    except Interruption as interruption:
        session.warn(f"{interruption.what} Go on with `{again}`.")
        raise KeyboardInterrupt from None
    except EnvgenError as error:
        session.error(str(error).rstrip("."))


def _session_of(cell: str) -> None:
    def run(session: nox.Session) -> None:
        options = RunOptions(name=RUN, **_options(session))
        console = output()
        with _in_words(session):
            _journal().keep_only(ALL_CELLS)
            prepared = prepare_run(MATRIX, Request.of_cell(cell), options, console)
            announce(outlook(prepared.jobs), prepared, console, left_out=False)
            climb_cells(prepared, console)
        result = _journal().result(cell)
        if result and result.failed:
            report = _journal().folder / "report.html"
            session.error(f"{result.failed.rung}: {result.failed.sentence.rstrip('.')}. All cells so far: {report}")
        if result and (reason := not_run_here(result)):
            session.skip(reason)

    run.__doc__ = "Build, load and run the extension in this cell."
    nox.session(run, name=f"matrix({cell})", venv_backend="none", allow_parallel=True, default=False)


def _options(session: nox.Session) -> dict[str, bool]:
    parser = argparse.ArgumentParser(prog="nox -s matrix --")
    parser.add_argument("--resume", action="store_true", help="take over what the last run finished")
    parser.add_argument(
        "--retry-failed", dest="retry", action="store_true", help="with --resume: climb failed ones again"
    )
    return vars(parser.parse_args(session.posargs))


ALL_CELLS, DEFAULT_CELLS, NONE_HERE = _cells()
for _cell in ALL_CELLS:
    _session_of(_cell)


@nox.session(venv_backend="none", default=False)
def ahead(session: nox.Session) -> None:
    """Lock the default selection and say what `matrix` will do: cells, gigabytes, what cannot run here and why."""
    console = output()
    with _in_words(session):
        prepared = prepare_run(MATRIX, Request(), RunOptions(), console)
        announce(outlook(prepared.jobs), prepared, console, dry=True)


@nox.session(venv_backend="none", requires=["ahead", *(f"matrix({cell})" for cell in DEFAULT_CELLS)], default=False)
def matrix(session: nox.Session) -> None:
    """Run the default selection, a session for each cell, and report (nox's -j runs cells side by side)."""
    if NONE_HERE:
        session.error(NONE_HERE.rstrip("."))
    with _in_words(session):
        report_command(runs=[_journal().folder], target=None, matrix=MATRIX, as_json=False)
    chosen, every = counted(len(DEFAULT_CELLS), "cell"), counted(len(ALL_CELLS), "cell")
    more = f" All {every}: envgen run --select full" if len(ALL_CELLS) > len(DEFAULT_CELLS) else ""
    session.log(f"{chosen} of the selection `default`.{more}")
    session.log("One: nox -s 'matrix(CELL)', with a cell of `nox -l`.")
    results = [_journal().result(cell) for cell in DEFAULT_CELLS]
    if all(result is None or not_run_here(result) for result in results):
        session.error(f"Not one of {chosen} could be run here")


@nox.session(venv_backend="none", default=False)
def gpu(session: nox.Session) -> None:
    """Run the interpreter that has envgen as the selection `gpu`, with its kernel: `-- --environment venv -j 2`."""
    parser = argparse.ArgumentParser(prog="nox -s gpu --")
    parser.add_argument("--environment", default="current", help="venv, conda or docker run each selected cell")
    parser.add_argument("--python", type=Path, help="another interpreter to take as it is")
    parser.add_argument("--select", action="append", help="another selection")
    parser.add_argument("--require", type=Rung, action="append", help="what must pass, else it is not green: kernel")
    parser.add_argument("-j", "--jobs", type=int, default=1)
    parser.add_argument("--resume", action="store_true")
    chosen = parser.parse_args(session.posargs)
    options = RunOptions(chosen.environment, max(1, chosen.jobs), GPU_RUN, chosen.resume, python=chosen.python)
    console = output()
    with _in_words(session, again="nox -s gpu -- --resume"):
        prepared = prepare_run(MATRIX, Request(select=chosen.select or ["gpu"]), options, console)
        announce(outlook(prepared.jobs), prepared, console)
        report = climb_cells(prepared, console).report
        show_report(report, prepared.journal.folder, console)
        if failed := [cell.cell for cell in report.cells if cell.failed]:
            session.error(f"Failed: {', '.join(failed)}")
        require(report, chosen.require or [Rung.KERNEL])


@nox.session(venv_backend="none", default=False)
def crossload(session: nox.Session) -> None:
    """Load what each cell of `matrix` built in every other; `-- --select wide -j 2 --resume`."""
    parser = argparse.ArgumentParser(prog="nox -s crossload --")
    parser.add_argument("cells", nargs="*")
    parser.add_argument("--select", action="append")
    parser.add_argument("-j", "--jobs", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="keep what was loaded before")
    parser.add_argument("--fresh", action="store_true", help="a new process for each load")
    chosen = parser.parse_args(session.posargs)
    request = Request(cells=chosen.cells or None, select=chosen.select)
    options = CrossLoadOptions(max(1, chosen.jobs), chosen.resume, chosen.fresh)
    with _in_words(session, again="nox -s crossload -- --resume"):
        show_crossload(*crossload_cells(MATRIX, request, "venv", RUN, options, output()), output())


@nox.session(venv_backend="none", default=False)
def report(session: nox.Session) -> None:
    """Write the reports of the latest run again."""
    with _in_words(session):
        report_command(runs=None, target=None, matrix=MATRIX, as_json=False)


@nox.session(venv_backend="none", default=False)
def render(session: nox.Session) -> None:
    """Render the default selection's Dockerfiles and locks; `-- --check` fails when they are stale."""
    parser = argparse.ArgumentParser(prog="nox -s render --")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--select", action="append")
    chosen = parser.parse_args(session.posargs)
    with _in_words(session):
        failures = render_cells(MATRIX, Request(select=chosen.select), only_check=chosen.check)
        if failures:
            session.error(f"{counted(len(failures), 'cell')} could not be rendered")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests: `-- -m 'not e2e'` leaves out those that install torch and compile."""
    session.install("-e", ".[nox]", "--group", "test")
    session.run("pytest", "-n", "auto", "--dist", "loadfile", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Format, style, types and layers."""
    session.install("-e", ".", "--group", "lint")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("mypy")
    session.run("lint-imports")
