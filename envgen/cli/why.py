"""`envgen why`: every rule's verdict on one cell."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from itertools import groupby
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from envgen.cli.console import output
from envgen.cli.context import DEFAULT_MATRIX, JsonOption, MatrixOption, parse_cell
from envgen.compat.facts import Facts
from envgen.compat.verdict import Answer, Source, Verdict
from envgen.plan import Explanation, explain
from envgen.spec.load import load

STYLE = {
    Answer.FITS: "green",
    Answer.UNKNOWN: "yellow",
    Answer.UNSUPPORTED: "red",
    Answer.MISSING: "red",
    Answer.IMPOSSIBLE: "red",
}
REJECTED = 1
INDENT = 15


def why_command(
    cell: Annotated[
        str, typer.Argument(metavar="CELL", help="A cell id, such as py313-torch2.4-cu121-debian12-x86_64.")
    ],
    matrix: MatrixOption = DEFAULT_MATRIX,
    as_json: JsonOption = False,
) -> None:
    """Say of a cell what every rule says, with the reason, the source and its date.

    The exit code is 0 for a cell that can be, 1 for one that cannot. The cell need not be in the matrix, nor need there
    be a matrix.

    Example: `envgen why py313-torch2.4-cu121-ubuntu24.04-x86_64`
    """
    parsed = parse_cell(cell)
    facts = Facts.bundled()
    explanation = explain(parsed, load(matrix) if matrix.exists() or matrix != DEFAULT_MATRIX else None, facts)
    if as_json:
        print(json.dumps(_as_json(explanation, facts), indent=2))
    else:
        _show(explanation, facts, output())
    if not explanation.trace.accepted:
        raise typer.Exit(REJECTED)


def _show(explanation: Explanation, facts: Facts, console: Console) -> None:
    """The conclusion first; then the verdicts, those that say the same together."""
    trace = explanation.trace
    _line(console, f"[bold]{trace.cell}[/]: {escape(_conclusion(explanation))}")
    _line(console, f"[dim]Facts as of {facts.taken}.[/]")
    for (answer, sentence, sources), verdicts in groupby(trace.verdicts, _content):
        rules = ", ".join(verdict.rule for verdict in verdicts)
        console.print()
        _line(console, f"[{STYLE[answer]}]{answer:<{INDENT}}[/][bold]{rules}[/]")
        for text, style in [(sentence, "none"), *((str(source), "dim") for source in sources)]:
            for line in _wrapped(text, console):
                _line(console, f"{' ' * INDENT}[{style}]{escape(line)}[/]")


def _content(verdict: Verdict) -> tuple[Answer, str, tuple[Source, ...]]:
    return verdict.answer, verdict.sentence, verdict.sources


def _wrapped(text: str, console: Console) -> list[str]:
    """Broken to a terminal's width; a file or a pipe breaks no lines."""
    width = max(console.width - INDENT, INDENT)
    return textwrap.wrap(text, width, break_long_words=False) if console.is_terminal else [text]


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
    if not explanation.trace.accepted:
        yield from explanation.off_axes
        return
    yield "The matrix has it." if explanation.in_matrix else "The matrix does not have it."
    yield from explanation.off_axes
    if explanation.included:
        yield f"Included: {explanation.included}"
    if explanation.excluded:
        yield f"Excluded: {explanation.excluded}"


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
        "facts_as_of": str(facts.taken),
        "verdicts": [
            {
                "rule": verdict.rule,
                "answer": str(verdict.answer),
                "sentence": verdict.sentence,
                "sources": [
                    {"text": source.text, "as_of": str(source.as_of), "kind": source.kind} for source in verdict.sources
                ],
            }
            for verdict in trace.verdicts
        ],
    }
