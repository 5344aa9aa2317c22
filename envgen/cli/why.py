"""`envgen why`: every rule's verdict on one cell, or what the matrix loses of a value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from envgen.cli.console import output
from envgen.cli.context import DEFAULT_MATRIX, JsonOption, MatrixOption, parse_cell
from envgen.cli.lost import lost_json, parse_values, show_lost
from envgen.cli.verdicts import show_verdict, verdict_json
from envgen.compat.facts import Facts
from envgen.compat.verdict import Answer, Claim, Source, Verdict
from envgen.errors import UsageError
from envgen.plan import Explanation, explain
from envgen.plan.lost import lost
from envgen.spec.load import load

REJECTED = 1


def why_command(
    cell: Annotated[
        str | None, typer.Argument(metavar="CELL", help="A cell id, such as py313-torch2.4-cu121-debian12-x86_64.")
    ] = None,
    not_in_matrix: Annotated[
        list[str] | None,
        typer.Option(
            metavar="AXIS=VALUE",
            help="Instead of a cell: what the matrix loses of all cells with this value. Given again, with both.",
        ),
    ] = None,
    matrix: MatrixOption = DEFAULT_MATRIX,
    as_json: JsonOption = False,
) -> None:
    """Say of a cell what every rule says, with the reason, the source and its date.

    The exit code is 0 for a cell that can be, 1 for one that cannot. The cell need not be in the matrix, nor need there
    be a matrix. With --not-in-matrix it is 1 when no cell with the value is left; the axis need not have the value.

    Examples: `envgen why py313-torch2.4-cu121-ubuntu24.04-x86_64`, `envgen why --not-in-matrix python=3.9`
    """
    if (cell is None) is (not not_in_matrix):
        raise UsageError("envgen why takes a CELL, or --not-in-matrix AXIS=VALUE.", "Give one of the two.")
    well = _why_cell(cell, matrix, as_json=as_json) if cell else _why_lost(not_in_matrix or [], matrix, as_json=as_json)
    if not well:
        raise typer.Exit(REJECTED)


def _why_cell(text: str, matrix: Path, *, as_json: bool) -> bool:
    """Whether the cell can be."""
    parsed = parse_cell(text)
    facts = Facts.current()
    explanation = explain(parsed, load(matrix) if matrix.exists() or matrix != DEFAULT_MATRIX else None, facts)
    if as_json:
        print(json.dumps(_as_json(explanation, facts), indent=2))
    else:
        _show(explanation, facts, output())
    return explanation.trace.accepted or bool(explanation.in_matrix)


def _why_lost(pairs: list[str], matrix: Path, *, as_json: bool) -> bool:
    """Whether any cell is left."""
    values, facts = parse_values(pairs), Facts.current()
    found = lost(load(matrix), facts, values)
    if as_json:
        print(json.dumps(lost_json(found, facts), indent=2))
    else:
        show_lost(found, facts, output())
    return found.left > 0


def _show(explanation: Explanation, facts: Facts, console: Console) -> None:
    """The conclusion first; then the verdicts, those that say the same together."""
    trace = explanation.trace
    _line(console, f"[bold]{trace.cell}[/]: {escape(_conclusion(explanation))}")
    _line(console, f"[dim]Facts as of {facts.taken}.[/]")
    for _, group in groupby(trace.verdicts, _content):
        verdicts = list(group)
        console.print()
        show_verdict(verdicts[0], console, ", ".join(verdict.rule for verdict in verdicts))


def _content(verdict: Verdict) -> tuple[Answer, str, tuple[Source, ...], tuple[Claim, ...]]:
    return verdict.answer, verdict.sentence, verdict.sources, verdict.disputed


def _line(console: Console, text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True)


def _conclusion(explanation: Explanation) -> str:
    trace = explanation.trace
    if trace.rejection:
        words = f"{trace.rejection.answer}: {trace.rejection.sentence}"
    elif trace.unknown:
        words = "not known yet: it is newer than the facts; a run finds out."
    else:
        words = "it exists."
    return " ".join((words, *_place_in_matrix(explanation)))


def _place_in_matrix(explanation: Explanation) -> Iterator[str]:
    if explanation.in_matrix is None:
        return
    if not explanation.trace.accepted and not explanation.in_matrix:
        yield from explanation.off_axes
        return
    yield "The matrix has it." if explanation.in_matrix else "The matrix does not have it."
    yield from explanation.off_axes
    if explanation.included:
        yield f"Included: {explanation.included}"
    if explanation.excluded:
        yield f"Excluded: {explanation.excluded}"
    yield from map(str, explanation.unchecked)


def _as_json(explanation: Explanation, facts: Facts) -> dict[str, object]:
    trace = explanation.trace
    return {
        "cell": str(trace.cell),
        "accepted": trace.accepted,
        "unknown": trace.unknown,
        "in_matrix": explanation.in_matrix,
        "off_axes": list(explanation.off_axes),
        "excluded": explanation.excluded,
        "included": explanation.included,
        "unchecked": [asdict(each) for each in explanation.unchecked],
        "facts_as_of": str(facts.taken),
        "verdicts": [verdict_json(verdict) for verdict in trace.verdicts],
    }
