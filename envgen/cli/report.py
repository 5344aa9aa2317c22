"""`envgen report`: the reports of a run, or of several together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from envgen.cli.console import output
from envgen.cli.context import DEFAULT_MATRIX, JsonOption, MatrixOption
from envgen.errors import EnvgenError, UsageError
from envgen.report import Loaded, crossload_terminal, load_report, report_json, report_terminal, write_reports
from envgen.results import Report
from envgen.run.workspace import Workspace


def report_command(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[RUN]...", help="Run folders to join; the latest run if none is given."),
    ] = None,
    target: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="Where to write; the first run's folder if not given."),
    ] = None,
    matrix: MatrixOption = DEFAULT_MATRIX,
    join: Annotated[
        bool, typer.Option("--merge", help="Join the runs; several are joined without it as well.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write `report.json`, `report.md` and `report.html`, and print the table.

    Several run folders, for example of several machines, become one report. Of a cell that is in more than one, the
    newer result counts; rungs that it did not run are taken from another of the same source and lock, such as of a
    machine with a GPU, and say which machine that was. Results of other inputs are not joined, and the report says so.
    Logs stay where they are.

    Examples: `envgen report`, `envgen report --merge runs/linux runs/gpu`, `envgen report runs/* -o public`
    """
    if join and len(runs or ()) < 2:
        raise UsageError("--merge was given with fewer than two runs.", "Name the folders of the runs to join.")
    if not runs:
        workspace = Workspace.beside(matrix)
        runs = [workspace.run(workspace.latest_run())]
    folder = target or runs[0]
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file.", "Name a folder with --output.")
    loaded = load_report(*runs, target=folder).explained()
    write_reports(loaded.report, folder, loaded.crossload)
    if as_json:
        print(report_json(loaded.report), end="")
    else:
        if loaded.crossload:
            output().print(crossload_terminal(loaded.crossload))
        show_report(loaded.report, folder, output())
        for remark in loaded.unjoined:
            output().print(f"[yellow]note[/] {escape(remark)}", highlight=False, soft_wrap=True)
    complain(loaded)


def show_report(report: Report, folder: Path, console: Console) -> None:
    """Prints the table, and where the reports are."""
    console.print(report_terminal(report))
    console.print(f"{folder / 'report.html'}", style="dim", highlight=False, soft_wrap=True)


def complain(loaded: Loaded) -> None:
    """Names what could not be read.

    Raises:
        Exit: there is something, and a report without it is not whole.
    """
    for error in loaded.damaged:
        output(stderr=True).print(
            f"[red]error:[/] {escape(' '.join(str(error).split()))}", highlight=False, soft_wrap=True
        )
    if loaded.damaged:
        raise typer.Exit(EnvgenError.exit_code)
