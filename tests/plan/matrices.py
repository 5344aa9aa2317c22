"""Small matrices for tests, with a place for every axis value and entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from envgen.errors import Place
from envgen.spec.matrix import Choice, Exclude, ExtraAxis, Include, Indexes, KeyPath, Limits, Match, Matrix

FILE = Path("matrix.yaml")
AXES = {
    "python": ("3.12",),
    "torch": ("2.13",),
    "cuda": ("cu130",),
    "tensorrt": ("none",),
    "os": ("debian12",),
    "arch": ("x86_64",),
}


def matrix(
    *,
    exclude: Sequence[tuple[Mapping[str, tuple[str, ...]], str]] = (),
    include: Sequence[tuple[Mapping[str, str], str]] = (),
    select: Sequence[Match] = (),
    extra: tuple[ExtraAxis, ...] = (),
    **axes: tuple[str, ...],
) -> Matrix:
    """A matrix of one cell, with other axes where they are given; a value's line is its place among all of them."""
    values = {**AXES, **axes}
    paths: list[KeyPath] = [("axes", axis, index) for axis, texts in values.items() for index in range(len(texts))]
    paths += [("exclude", index, axis) for index, (match, _) in enumerate(exclude) for axis in match]
    paths += [("include", index) for index in range(len(include))]
    paths += [("select", "default", index, axis) for index, match in enumerate(select) for axis in match.axes]
    places = {(): Place(FILE, 1, 1)} | {path: Place(FILE, line, 3, str(path)) for line, path in enumerate(paths, 2)}
    return Matrix(
        file=FILE,
        extra=extra,
        exclude=tuple(Exclude(Match(match), reason) for match, reason in exclude),
        include=tuple(Include(values, reason) for values, reason in include),
        selections={"default": Choice(tuple(select))},
        extension=None,
        runners=(),
        indexes=Indexes("https://example.invalid/whl"),
        limits=Limits({}),
        places=places,
        **values,
    )
