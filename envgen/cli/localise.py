"""`envgen run --localise`: the further cells that tell what failures hang on, and what they told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from envgen.cli.context import read_matrix
from envgen.compat.words import counted
from envgen.errors import Interruption
from envgen.localise import Explanation, Finding
from envgen.machine import this_machine
from envgen.plan import selection_of
from envgen.report import Loaded, load_report
from envgen.run.localise import Localisation, Told
from envgen.run.runner import PreparedRun, Project, RunOptions, prepare

SURE = 0.95

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
    for told in localisation.told:
        for line in _lines(told):
            console.print(line, highlight=False, soft_wrap=True, markup=False)
    return load_report(run.journal.folder).explained()


def _lines(told: Told) -> Iterator[str]:
    explanation = told.explanation
    yield f"{told.failure.rung} failed: {told.failure.words}"
    for finding in explanation.findings:
        yield f"  {_finding(explanation, finding)}"
        for rival in finding.rivals:
            if finding.probability < SURE:
                yield f"    or {rival.pattern.text(explanation.space)} ({rival.probability:.0%})"
    if explanation.unexplained:
        yield f"  No pattern of at most three axes explains {counted(len(explanation.unexplained), 'failure')}."
    for cell in told.flaky:
        yield f"  {cell} is flaky: it passed once and failed once."


def _finding(explanation: Explanation, finding: Finding) -> str:
    cells = f"{len(finding.support)} of {len(finding.support) + len(finding.counter)} that were run"
    sure = "" if finding.probability >= SURE else f", {finding.probability:.0%} sure"
    return f"{finding.pattern.text(explanation.space)} ({cells}{sure})"
