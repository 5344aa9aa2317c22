"""Checks of `exclude` and `include`, entry against entry and against the axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from envgen.errors import MatrixError
from envgen.spec.coverage import accepts
from envgen.spec.schema import AxesForm, ExcludeForm, IncludeForm
from envgen.spec.scope import Scope


def exclude_problems(excludes: Sequence[ExcludeForm], scope: Scope) -> Iterator[MatrixError]:
    """Excludes that name what is not there, exclude everything, or exclude what an earlier one already does."""
    for i, exclude in enumerate(excludes):
        place = scope.place("exclude", i)
        unclear = list(scope.match_problems(exclude, ("exclude", i)))
        yield from unclear
        if not exclude.axes() and not exclude.cells:
            yield MatrixError(f"`exclude[{i}]` names no axis and so excludes every cell.", "Name at least one.", place)
        elif not unclear:
            wider = next((j for j, earlier in enumerate(excludes[:i]) if _shadows(earlier, exclude, scope)), None)
            if wider is not None:
                line = scope.place("exclude", wider).line
                what = f"`exclude[{i}]` excludes nothing that `exclude[{wider}]` on line {line} does not already."
                yield MatrixError(what, "Remove it, or put the narrower one first.", place)


def _shadows(earlier: ExcludeForm, later: ExcludeForm, scope: Scope) -> bool:
    if earlier.cells and not (later.cells and set(later.cells) <= set(earlier.cells)):
        return False
    if not earlier.axes() and not earlier.cells:
        return False  # it excludes everything and is reported itself
    return all(
        axis in scope.values and _covers(axis, texts, later.axes().get(axis), scope)
        for axis, texts in earlier.axes().items()
    )


def _covers(axis: str, wide: Sequence[str], narrow: Sequence[str] | None, scope: Scope) -> bool:
    """Whether every value that the narrow texts may accept is surely accepted by the wide ones; no texts accept all."""
    if narrow is not None and all(any(_surely(axis, text, other) for text in wide) for other in narrow):
        return True
    values = scope.values[axis]
    if narrow is not None:
        values = tuple(v for v in values if any(accepts(axis, text, v) is not False for text in narrow))
    return all(any(accepts(axis, text, value) for text in wide) for value in values)


def _surely(axis: str, text: str, other: str) -> bool:
    """Whether one text accepts all that another does; a text that is no plain value only accepts itself here."""
    return text == other or (axis in ("torch", "tensorrt") and bool(accepts(axis, text, other)))


def include_problems(includes: Sequence[IncludeForm], axes: AxesForm, scope: Scope) -> Iterator[MatrixError]:
    """Includes that lack an axis, name one that is not there, or give a cell again.

    One whose values are all on the axes may be there because upstream does not support it: that is the plan's to say.
    """
    seen: dict[tuple[tuple[str, str], ...], int] = {}
    for i, include in enumerate(includes):
        unclear = list(_value_problems(include, i, axes, scope))
        yield from unclear
        if unclear:
            continue
        values = include.values()
        key = tuple(sorted(values.items()))
        place = scope.place("include", i)
        if key in seen:
            line = scope.place("include", seen[key]).line
            yield MatrixError(f"`include[{i}]` is the cell of line {line} again.", "Keep one of them.", place)
        seen.setdefault(key, i)


def _value_problems(include: IncludeForm, i: int, axes: AxesForm, scope: Scope) -> Iterator[MatrixError]:
    values = include.values()
    for axis in values:
        if axis not in scope.values:
            yield scope.unknown_axis(axis, ("include", i))
    for name, axis_form in (axes.__pydantic_extra__ or {}).items():
        if name not in values:
            what = f"`include[{i}]` lacks a value for the axis `{name}`."
            yield MatrixError(what, f"Add `{name}:`.", scope.place("include", i))
        elif axis_form.variables and values[name] not in axis_form.variables:
            what = f"`include[{i}]` names `{values[name]}`, for which the axis `{name}` sets no variables."
            yield MatrixError(what, f"Add it to `axes.{name}.variables`.", scope.place("include", i, name))
