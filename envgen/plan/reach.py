"""Refuses exclude and select entries that name what is on no axis: a typing error would silently match nothing."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from envgen.cell import GrammarError
from envgen.compat.facts import Facts
from envgen.compat.words import listed
from envgen.errors import MatrixError, Place
from envgen.plan.axes import Axes
from envgen.plan.grid import Grid
from envgen.plan.match import Matcher
from envgen.plan.where import Condition
from envgen.spec.matrix import KeyPath, Match, Matrix
from envgen.spec.selector import HOST


def check_entries(matrix: Matrix, axes: Axes, facts: Facts) -> None:
    """Checks every match of the exclude and select entries.

    Raises:
        MatrixError: it names an axis that is none, or a text that accepts no value of its axis.
    """
    for path, match in _matches(matrix):
        for axis, texts in match.axes.items():
            if axis not in axes.names:
                raise MatrixError(
                    f"The matrix has no axis {axis!r}.",
                    f"Its axes are {listed(axes.names)}.",
                    _place(matrix, path, axis),
                )
            matcher = Matcher(match, facts)
            values = _values(matrix, axes, axis)
            for index, text in enumerate(texts):
                if text != HOST and not any(matcher.text_accepts(axis, text, value) for value in values):
                    raise _unreachable(axis, text, values, _place(matrix, path, axis, index))


def check_choices(matrix: Matrix, grid: Grid, facts: Facts) -> None:
    """Checks the conditions and the weights of the selections.

    Raises:
        MatrixError: one names an axis that is none, or a value that no cell has.
    """
    for name, choice in matrix.selections.items():
        if choice.where:
            try:
                Condition(choice.where, grid, facts)
            except GrammarError as error:
                place = matrix.place("select", name, "where")
                raise MatrixError(f"{str(error)[0].upper()}{str(error)[1:]}.", "Change the condition.", place) from None
        for axis, weights in choice.weights.items():
            values = grid.texts[grid.column(axis)]
            for text in weights:
                if not any(Matcher(Match({axis: (text,)}), facts).accepts_value(axis, value) for value in values):
                    raise _unreachable(axis, text, values, matrix.place("select", name, "weights", axis, text))


def _matches(matrix: Matrix) -> Iterator[tuple[KeyPath, Match]]:
    for index, exclude in enumerate(matrix.exclude):
        yield ("exclude", index), exclude.match
    for name, choice in matrix.selections.items():
        for index, match in enumerate(choice.entries):
            yield ("select", name, "among", index), match
        for index, match in enumerate(choice.must):
            yield ("select", name, "must", index), match


def _values(matrix: Matrix, axes: Axes, axis: str) -> tuple[str, ...]:
    """The values on an axis, and those that only an included cell has."""
    included = (entry.values[axis] for entry in matrix.include if axis in entry.values)
    return tuple(dict.fromkeys((*axes.texts(axis), *included)))


def _unreachable(axis: str, text: str, values: tuple[str, ...], place: Place) -> MatrixError:
    meant = get_close_matches(text, values, n=1, cutoff=0.6)
    return MatrixError(
        f"{text!r} accepts no value of the {axis} axis, which has {listed(values)}.",
        f"Did you mean {meant[0]}?" if meant else "Name a value of the axis, or remove this one.",
        place,
    )


def _place(matrix: Matrix, path: KeyPath, axis: str, index: int = 0) -> Place:
    """The place of a text; a single entry of a selection may stand without its list, and `among` without its name."""
    plain = tuple(part for part in path if part != "among")
    for entry in (path, path[:-1], plain, plain[:-1]):
        for candidate in ((*entry, axis, index), (*entry, axis)):
            if candidate in matrix.places:
                return matrix.places[candidate]
    return matrix.place(*path)
