"""What a matrix loses of a value: how many of its cells each rule and each exclude entry takes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from envgen.cell import EXTRA_VALUE, FIXED_AXES, Arch, Cuda, GrammarError, Os, PythonVersion, Release, TensorRt
from envgen.compat.facts import Facts
from envgen.compat.rules import RULES
from envgen.compat.verdict import Verdict
from envgen.compat.words import listed
from envgen.errors import UsageError
from envgen.plan.axes import Axes, value_text
from envgen.plan.expand import Expansion
from envgen.plan.grid import Grid
from envgen.plan.planner import exclusions
from envgen.plan.resolve import resolve_axes
from envgen.spec.matrix import Matrix
from envgen.spec.selector import NONE

Chosen = Mapping[str, str]


@dataclass(frozen=True)
class RuleLoss:
    """The cells that one rule takes out, with its verdict on one of them."""

    cells: int
    example: Verdict


@dataclass(frozen=True)
class Lost:
    """What became of the cells that have some values.

    Attributes:
        values: axis to the value that the cells have.
        foreign: the axes that do not have that value: it is judged as if it stood in their place.
        raw: the number of combinations.
        rules: what each rule takes out, the most first; a cell counts for the first rule that rejects it.
        excluded: reason of an exclude entry to what it takes out of the rest.
        left: the number of cells that remain.
    """

    values: Chosen
    foreign: tuple[str, ...]
    raw: int
    rules: tuple[RuleLoss, ...]
    excluded: Mapping[str, int]
    left: int


def lost(matrix: Matrix, facts: Facts, values: Chosen) -> Lost:
    """Judges all cells of a matrix that have some values, on its axes or not.

    Args:
        values: axis to value, as text; an axis may be one that only rules know (`compiler`, `driver`, `gpu`).

    Raises:
        UsageError: an axis is none, or a value does not follow the grammar of its axis.
        MatrixError: the axes of the matrix cannot be resolved.
    """
    axes = resolve_axes(matrix, facts)
    narrowed = axes
    for axis, text in values.items():
        narrowed = _narrowed(narrowed, axis, text)
    grid = Grid.over(narrowed)
    expansion = Expansion(grid, facts)
    rows, excluded = expansion.rows, dict[str, int]()
    for matcher, reason in exclusions(matrix.exclude, facts):
        taken = matcher.mask(grid, rows)
        if taken.any():
            excluded[reason] = excluded.get(reason, 0) + int(taken.sum())
            rows = rows[~taken]
    chosen = {axis: narrowed.texts(axis)[0] for axis in values}
    foreign = tuple(axis for axis, text in chosen.items() if axis not in axes.names or text not in axes.texts(axis))
    return Lost(chosen, foreign, narrowed.size, _by_rule(expansion), excluded, len(rows))


def _by_rule(expansion: Expansion) -> tuple[RuleLoss, ...]:
    tally = expansion.tally
    losses = (RuleLoss(cells, tally.examples[None, rule][0]) for rule, cells in tally.rejected.items())
    return tuple(sorted(losses, key=lambda loss: -loss.cells))


def _narrowed(axes: Axes, axis: str, text: str) -> Axes:
    """The axes with one value alone on one of them."""
    if axis in FIXED_AXES:
        change: dict[str, Any] = {axis: (_parsed(axis, text),)}
        return replace(axes, **change)
    if axis not in axes.names and not any(axis in rule.axes for rule in RULES):
        raise UsageError(f"The matrix has no axis {axis!r}.", f"Its axes are {listed(axes.names)}.")
    if not EXTRA_VALUE.fullmatch(text):
        raise UsageError(
            f"{text!r} cannot be a value of the {axis} axis.", "Use letters, digits, dots and underscores."
        )
    others = {name: values for name, values in axes.extra if name != axis}
    return replace(axes, extra=tuple((others | {axis: (text,)}).items()))


_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "python": PythonVersion.parse,
    "torch": Release.parse,
    "cuda": Cuda.parse,
    "tensorrt": lambda text: None if text == NONE else TensorRt.parse(text),
    "os": Os.parse,
    "arch": Arch.parse,
}


def _parsed(axis: str, text: str) -> Any:
    try:
        return _PARSERS[axis](text)
    except GrammarError as error:
        raise UsageError(f"For {axis}, {error}.", "Name one value of the axis, as cell ids have it.") from None


def texts_of(values: Chosen) -> str:
    """`python=3.15 and cuda=cu118`."""
    return listed(f"{axis}={value_text(value)}" for axis, value in values.items())
