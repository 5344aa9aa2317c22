"""What to say when nothing was chosen: what stands in the way of the cells that were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice, product
from typing import Any

from envgen.cell import FIXED_AXES, Cell
from envgen.compat.facts import Facts
from envgen.compat.judge import Judge
from envgen.compat.rules import RULES
from envgen.compat.words import listed
from envgen.errors import EmptySelectionError
from envgen.plan.axes import Axes
from envgen.plan.match import Matcher
from envgen.plan.planner import Plan, excluding, exclusions
from envgen.spec.matrix import Host, Match
from envgen.spec.selector import HOST

_LOOKED_AT = 5000  # combinations that are asked for
_TRIED = 50_000  # combinations; a pattern of cell ids can be told to fit none only by trying all
_SHOWN = 3
_RULE_ORDER = {rule.id: place for place, rule in enumerate(RULES)}


def nothing_chosen(plan: Plan, matchers: Sequence[Matcher], facts: Facts, host: Host) -> EmptySelectionError:
    """The error for a selection that chose no cell, with the nearest that it asks for."""
    if not plan.cells:
        return EmptySelectionError("The matrix has no cells to select from.", "`envgen plan` says what became of them.")
    foreign = [sentence for matcher in matchers for sentence in _host_is_foreign(plan.axes, matcher.match, host)]
    if foreign:
        return EmptySelectionError(
            f"The selection chose no cell. {foreign[0]}", "Put this machine on the axis, or select by name."
        )
    cases = obstacles(plan, matchers, facts)
    if cases:
        return EmptySelectionError(f"The selection chose no cell. The nearest that it asks for:\n{cases}", _REMEDY)
    return EmptySelectionError(
        "The selection chose no cell: no cell of the plan has all the values that it asks for.", _REMEDY
    )


def obstacles(plan: Plan, matchers: Sequence[Matcher], facts: Facts) -> str:
    """A line for each of the nearest cells that some entry asks for, with what stands in its way."""
    return "\n".join(f"  {cell}: {why}" for cell, why in _nearest(plan, matchers, facts))


_REMEDY = "Change the selection; `envgen plan` lists the cells, and `envgen why CELL` explains one."


def _host_is_foreign(axes: Axes, match: Match, host: Host) -> Iterable[str]:
    """A sentence for every axis on which the match asks for this machine, and which does not have it."""
    for axis, value in (("os", host.os), ("arch", host.arch)):
        if HOST in match.axes.get(axis, ()) and str(value) not in axes.texts(axis):
            this = str(value) if value else "an operating system that envgen does not name"
            yield f"It asks for this machine, which is {this}, and the {axis} axis has {listed(axes.texts(axis))}."


def _nearest(plan: Plan, matchers: Sequence[Matcher], facts: Facts) -> list[tuple[Cell, str]]:
    """Cells that some entry asks for, each with what stands in its way; those first that got farthest.

    Farthest got a cell that only an exclude entry takes out, then one that the last rules reject. For every reason
    one cell is enough.
    """
    judge, excludes = Judge(facts), exclusions(plan.excludes, facts)
    found: dict[str, tuple[int, Cell]] = {}
    for cell in islice((cell for matcher in matchers for cell in _asked_for(plan.axes, matcher)), _LOOKED_AT):
        rejection = judge.trace(cell).rejection
        if rejection:
            found.setdefault(f"{rejection.sentence} ({rejection.rule})", (_RULE_ORDER[rejection.rule], cell))
        else:
            found.setdefault(f"an exclude entry takes it out: {excluding(cell, excludes)}", (len(RULES), cell))
    order = sorted(found.items(), key=lambda case: (-case[1][0], case[1][1]))
    return [(cell, why) for why, (_, cell) in order[:_SHOWN]]


def _asked_for(axes: Axes, matcher: Matcher) -> Iterable[Cell]:
    """The cells of the product whose every value a match accepts."""
    for chosen in islice(product(*(_accepted(axes, axis, matcher) for axis in axes.names)), _TRIED):
        values = dict(zip(axes.names, chosen, strict=True))
        extra = tuple((name, values.pop(name)) for name, _ in axes.extra)
        cell = Cell(**values, extra=extra)
        if matcher.accepts(cell):
            yield cell


def _accepted(axes: Axes, axis: str, matcher: Matcher) -> list[Any]:
    texts = axes.texts(axis)
    values = getattr(axes, axis) if axis in FIXED_AXES else texts
    return [value for value, text in zip(values, texts, strict=True) if matcher.accepts_value(axis, text)]
