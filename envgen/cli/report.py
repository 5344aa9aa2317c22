"""`envgen report`: the reports of a run, or of several together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from envgen.cli.console import output
from envgen.cli.context import DEFAULT_MATRIX, JsonOption, MatrixOption
from envgen.files import write_atomically
from envgen.report import load_report, report_html, report_json, report_markdown, report_terminal
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
    as_json: JsonOption = False,
) -> None:
    """Write `report.json`, `report.md` and `report.html`, and print the table.

    Several run folders, for example of several machines, become one report; of a cell that is in more than one, the
    newer result counts.

    Examples: `envgen report`, `envgen report runs/linux runs/gpu -o public`
    """
    if not runs:
        workspace = Workspace.beside(matrix)
        runs = [workspace.run(workspace.latest_run())]
    report = load_report(*runs)
    texts = {"json": report_json(report), "md": report_markdown(report), "html": report_html(report)}
    folder = target or runs[0]
    for ending, text in texts.items():
        write_atomically(folder / f"report.{ending}", text)
    if as_json:
        print(texts["json"], end="")
        return
    console = output()
    console.print(report_terminal(report))
    console.print(f"{folder / 'report.html'}", style="dim", highlight=False, soft_wrap=True)
