"""Checks of the selections: what they name is on the axes, and what they ask for goes together."""

from __future__ import annotations

from collections.abc import Iterator

from envgen.errors import MatrixError
from envgen.spec.document import named
from envgen.spec.expression import CELL
from envgen.spec.matrix import KeyPath
from envgen.spec.schema import ChoiceForm
from envgen.spec.scope import Scope

RESERVED = ("full", "host", "pairwise", "extremes")  # selections that every matrix has


def choice_problems(name: str, choice: ChoiceForm, scope: Scope) -> Iterator[MatrixError]:
    """What is wrong with one selection."""
    path: KeyPath = ("select", name)
    if name in RESERVED:
        what = f"Every matrix has a selection `{name}` already."
        yield MatrixError(what, "Name this one otherwise.", scope.document.keys[path])
    for key, entries in (("among", choice.among), ("must", choice.must)):
        for i, entry in enumerate(entries):
            yield from scope.match_problems(entry, _entry(scope, path, key, i), host=True)
    if choice.extremes and choice.cover:
        what = f"{named(path)} asks for both `extremes` and `cover`."
        yield MatrixError(what, "Make two selections of it; both can be run at once.", scope.place(*path, "cover"))
    yield from _axis_problems(choice, path, scope)


def _axis_problems(choice: ChoiceForm, path: KeyPath, scope: Scope) -> Iterator[MatrixError]:
    for comparison in choice.where.comparisons() if choice.where else ():
        if comparison.axis not in (CELL, *scope.values):
            error = scope.unknown_axis(comparison.axis, (*path, "where"))
            yield MatrixError(error.what, error.remedy, scope.place(*path, "where"))
    for axis, weights in choice.weights.items():
        if axis not in scope.values:
            yield scope.unknown_axis(axis, (*path, "weights"))
            continue
        for text in weights:
            if not scope.holds(axis, text):
                known = ", ".join(f"`{value}`" for value in scope.values[axis])
                what = f"{named((*path, 'weights'))} names `{text}`, which no value of the axis `{axis}` can be."
                yield MatrixError(what, f"The axis has {known}.", scope.place(*path, "weights", axis, text))


def _entry(scope: Scope, path: KeyPath, key: str, i: int) -> KeyPath:
    """The path of an entry, of which a single one may stand without brackets, and `among` without its name."""
    candidates: tuple[KeyPath, ...] = ((*path, key, i), (*path, key), (*path, i))
    return next((candidate for candidate in candidates if candidate in scope.document.places), path)
