"""`envgen run --localise`: the further cells that tell what failures hang on; the report says what they told."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from envgen.cli.context import read_matrix
from envgen.errors import Interruption
from envgen.machine import this_machine
from envgen.plan import selection_of
from envgen.report import Loaded, load_report, write_reports
from envgen.run.localise import Localisation
from envgen.run.runner import PreparedRun, Project, RunOptions, prepare

Climb = Callable[[PreparedRun, Console], Loaded]


def localise_run(matrix_file: Path, run: PreparedRun, most: int, climb: Climb, console: Console) -> Loaded:
    """Runs further cells of the plan within a finished run, as long as they tell explanations of its failures apart.

    Args:
        matrix_file: the run's matrix.
        run: the run.
        most: how many further cells may be run, those of an earlier part of the run included.
        climb: runs a prepared cell and writes the reports.

    Raises:
        Interruption: the user asked to stop.
    """
    matrix, facts, planned = read_matrix(matrix_file)
    machine = this_machine()
    project = Project(matrix, facts, machine, RunOptions(run.options.environment, name=run.info.run))
    localisation = Localisation(planned, machine, run.journal, most)
    for ask in localisation.asks():
        number, asked = len(localisation.asked), ask.asked
        head = f"Further cell {number} of at most {most}: [bold]{asked.cell}[/]{' again' if asked.again else ''}"
        console.print(f"{head}; {escape(asked.reason)}.", highlight=False, soft_wrap=True)
        chosen = selection_of(planned, [ask.place], "not selected")
        further = prepare(project, chosen, "localise", run.info.rejected, lambda _: nullcontext(lambda _: None))
        try:
            climb(further, console)
        except Interruption:
            raise Interruption(
                f"Interrupted in the further cell {number} of at most {most}.",
                "What was finished is recorded; go on with `envgen run --resume --localise`.",
            ) from None
    loaded = load_report(run.journal.folder).explained()
    write_reports(loaded.report, run.journal.folder, loaded.crossload)  # with what the last cell told
    return loaded
