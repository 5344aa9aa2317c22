"""What `envgen why --not-in-matrix` says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.markup import escape

from envgen.cli.verdicts import INDENT, show_verdict, verdict_json
from envgen.compat.facts import Facts
from envgen.compat.words import counted
from envgen.errors import UsageError
from envgen.plan.lost import Lost, texts_of


def parse_values(pairs: Iterable[str]) -> dict[str, str]:
    """`AXIS=VALUE` for each axis.

    Raises:
        UsageError: a text is no such pair, or an axis has two values.
    """
    values: dict[str, str] = {}
    for pair in pairs:
        axis, equals, value = pair.partition("=")
        if not (axis and equals and value):
            raise UsageError(f"{pair!r} is not AXIS=VALUE.", "Write for instance python=3.13.")
        if axis in values:
            raise UsageError(f"{axis} was given two values: {values[axis]} and {value}.", "Ask for one at a time.")
        values[axis] = value
    return values


def show_lost(found: Lost, facts: Facts, console: Console) -> None:
    """The conclusion first; then the rules, each with one of its verdicts."""
    for line in _conclusion(found):
        console.print(escape(line), highlight=False, soft_wrap=True)
    console.print(f"Facts as of {facts.taken}.", style="dim", highlight=False)
    for loss in found.rules:
        console.print()
        show_verdict(loss.example, console, f"{loss.example.rule}: {counted(loss.cells, 'combination')}, for instance")
    for reason, cells in found.excluded.items():
        console.print()
        excluded = f"{'excluded':<{INDENT}}[bold]an exclude entry: {counted(cells, 'combination')}[/]"
        console.print(excluded, highlight=False, soft_wrap=True)
        console.print(f"{' ' * INDENT}{escape(reason)}", highlight=False, soft_wrap=True)


def _conclusion(found: Lost) -> Iterator[str]:
    by_rules, by_entries = sum(loss.cells for loss in found.rules), sum(found.excluded.values())
    yield (
        f"{texts_of(found.values)}: {counted(found.left, 'cell')} left of {counted(found.raw, 'combination')};"
        f" the rules take out {by_rules}, exclude entries {by_entries}."
    )
    if found.foreign:
        values = texts_of({axis: found.values[axis] for axis in found.foreign})
        yield f"The matrix does not have {values}: this is what it would lose."


def lost_json(found: Lost, facts: Facts) -> dict[str, object]:
    """The same for programs."""
    return {
        "values": dict(found.values),
        "not_on_the_axes": list(found.foreign),
        "raw_combinations": found.raw,
        "left": found.left,
        "rules": [{"cells": loss.cells, "example": verdict_json(loss.example)} for loss in found.rules],
        "excluded": dict(found.excluded),
        "facts_as_of": str(facts.taken),
    }
