"""Resolves the axes of a matrix: ranges and `latest` become minors, and every value is checked to be one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeVar

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envgen.cell import Arch, Cuda, GrammarError, Os, PythonVersion, Release
from envgen.compat.facts import Facts, is_newer, newest
from envgen.compat.rules.rule import Finding
from envgen.compat.rules.tensorrt import tensorrt_release
from envgen.compat.rules.torch import torch_release
from envgen.errors import MatrixError
from envgen.plan.axes import Axes, value_text
from envgen.plan.releases import expand, minors
from envgen.spec.matrix import Matrix
from envgen.spec.selector import NONE, Latest, parse_release_selector

T = TypeVar("T")


def resolve_axes(matrix: Matrix, facts: Facts) -> Axes:
    """The axes of a matrix with ranges and `latest` expanded to minors.

    Raises:
        MatrixError: a value is no known version, a range holds none, or two values stand for the same.
    """
    torch = _Releases(matrix, "torch", "torch", tuple(facts.torch), lambda label: torch_release(label, facts)).labels()
    tensorrt = _Releases(
        matrix, "tensorrt", "TensorRT", tuple(facts.tensorrt), lambda label: tensorrt_release(label, facts)
    ).labels()
    python = _values(matrix, "python", PythonVersion.parse)
    cuda = _values(matrix, "cuda", Cuda.parse)
    os = _values(matrix, "os", Os.parse)
    arch = _values(matrix, "arch", Arch.parse)
    return Axes(
        python=tuple(python),
        torch=tuple(release for release in torch if release),
        cuda=tuple(cuda),
        tensorrt=tuple(tensorrt),
        os=tuple(os),
        arch=tuple(arch),
        extra=tuple((axis.name, axis.values) for axis in matrix.extra),
        written={
            **_entries("python", python),
            **_entries("torch", torch),
            **_entries("cuda", cuda),
            **_entries("tensorrt", tensorrt),
            **_entries("os", os),
            **_entries("arch", arch),
        },
    )


def _entries(axis: str, values: dict[T, int]) -> dict[tuple[str, str], int]:
    return {(axis, value_text(value)): index for value, index in values.items()}


def _values(matrix: Matrix, axis: str, parse: Callable[[str], T]) -> dict[T, int]:
    """The values of an axis, each with the index of its entry."""
    found: dict[T, int] = {}
    for index in range(len(matrix.axis_values(axis))):
        value = _parsed(matrix, axis, index, parse)
        if value in found:
            raise _twice(matrix, axis, (found[value], index), str(value))
        found[value] = index
    return found


@dataclass(frozen=True)
class _Releases:
    """A versioned axis: its name, the name of the package, the releases that are known, and the rule on existence.

    A label is told apart by the exact version it stands for: `2.13` and `2.13.0` may be the same.
    """

    matrix: Matrix
    axis: str
    package: str
    known: tuple[Version, ...]
    exists: Callable[[Release], Finding]

    def labels(self) -> dict[Release | None, int]:
        """The labels, each with the index of its entry.

        A range or `latest` never repeats a release that is written out or that came before.
        """
        selectors = [self._selector(index) for index in range(len(self.matrix.axis_values(self.axis)))]
        seen = self._written(selectors)
        labels: dict[Release | None, int] = {}
        for index, selector in enumerate(selectors):
            if selector is None or isinstance(selector, Release):
                labels[selector] = index
                continue
            fresh = [release for release in self._expanded(selector, index) if self._version(release) not in seen]
            labels.update((release, index) for release in fresh)
            seen.update(self._version(release) for release in fresh)
        return labels

    def _selector(self, index: int) -> Release | SpecifierSet | Latest | None:
        if self.matrix.axis_values(self.axis)[index] == NONE:
            return None
        return _parsed(self.matrix, self.axis, index, parse_release_selector)

    def _written(self, selectors: list[Release | SpecifierSet | Latest | None]) -> set[Version | None]:
        """The versions that the axis names one by one."""
        written: dict[Version | None, int] = {}
        for index, selector in enumerate(selectors):
            if selector is not None and not isinstance(selector, Release):
                continue
            if selector is not None and newest(self.known, selector) is None and not is_newer(self.known, selector):
                raise self._no_such_release(selector, index)
            version = self._version(selector)
            if version in written:
                raise _twice(self.matrix, self.axis, (written[version], index), value_text(version))
            written[version] = index
        return set(written)

    def _version(self, release: Release | None) -> Version | None:
        return (newest(self.known, release) or release.version) if release else None

    def _expanded(self, selector: SpecifierSet | Latest, index: int) -> tuple[Release, ...]:
        releases = expand(selector, self.known)
        if releases:
            return releases
        raise MatrixError(
            f"No known {self.package} is {self.matrix.axis_values(self.axis)[index]};"
            f" the known releases go from {self.known[0]} to {self.known[-1]}.",
            "Widen the range, or name a newer release by its number.",
            self.matrix.place("axes", self.axis, index),
        )

    def _no_such_release(self, release: Release, index: int) -> MatrixError:
        names = [str(name) for name in (*minors(self.known), *self.known)]
        meant = get_close_matches(str(release), names, n=1, cutoff=0.6)
        return MatrixError(
            self.exists(release).sentence,
            f"Did you mean {meant[0]}?" if meant else "",
            self.matrix.place("axes", self.axis, index),
        )


def _parsed(matrix: Matrix, axis: str, index: int, parse: Callable[[str], T]) -> T:
    try:
        return parse(matrix.axis_values(axis)[index])
    except GrammarError as error:
        raise MatrixError(f"On the {axis} axis, {error}.", place=matrix.place("axes", axis, index)) from None


def _twice(matrix: Matrix, axis: str, entries: tuple[int, int], value: str) -> MatrixError:
    first, second = (matrix.axis_values(axis)[index] for index in entries)
    as_written = "" if first == second else f": as {first!r} and as {second!r}"
    return MatrixError(
        f"{value} stands twice on the {axis} axis{as_written}.",
        "Keep one of the two.",
        matrix.place("axes", axis, entries[1]),
    )
