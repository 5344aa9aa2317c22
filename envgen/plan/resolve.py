"""Resolves the axes of a matrix: ranges and `latest` become minors, and every value is checked to be one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Generic, TypeVar

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envgen.cell import Arch, Cuda, Flavour, GrammarError, Os, PythonVersion, Release, TensorRt
from envgen.compat.facts import Facts
from envgen.compat.rules.rule import Finding
from envgen.compat.rules.tensorrt import tensorrt_release
from envgen.compat.rules.torch import torch_release
from envgen.compat.verdict import Answer
from envgen.errors import MatrixError
from envgen.plan.axes import Axes, value_text
from envgen.plan.releases import expand, minors
from envgen.spec.matrix import Matrix
from envgen.spec.selector import NONE, Latest, parse_release_selector, parse_tensorrt_value

T = TypeVar("T")
Label = TypeVar("Label", Release, TensorRt)


def resolve_axes(matrix: Matrix, facts: Facts) -> Axes:
    """The axes of a matrix with ranges and `latest` expanded to minors.

    Raises:
        MatrixError: a value is no known version, a range holds none, or two values stand for the same.
    """
    torch = _Releases(matrix, "torch", _torch(facts)).labels()
    tensorrt = _Releases(matrix, "tensorrt", _tensorrt(facts)).labels()
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
class _Package(Generic[Label]):
    """What a versioned axis is about.

    Attributes:
        known: the releases that a range or `latest` chooses from, ascending.
        label: that such a release gets.
        exact: the label with the version that it stands for; the facts may not know one.
        exists: the rule on existence.
        alike: the releases that a label may have been meant to be.
    """

    name: str
    known: tuple[Version, ...]
    parse: Callable[[str], Label | SpecifierSet | Latest]
    label: Callable[[Release], Label]
    exact: Callable[[Label], Label]
    exists: Callable[[Label], Finding]
    alike: Callable[[Label], tuple[Label, ...]]


def _torch(facts: Facts) -> _Package[Release]:
    return _Package(
        "torch",
        tuple(facts.torch),
        parse_release_selector,
        lambda release: release,
        lambda label: Release(str(facts.newest_patch(label) or label.version)),
        lambda label: torch_release(label, facts),
        lambda _: _all_names(facts.torch),
    )


def _tensorrt(facts: Facts) -> _Package[TensorRt]:
    """A range and `latest` stand for full releases; the flavours are named one by one."""

    def exact(label: TensorRt) -> TensorRt:
        return TensorRt(Release(str(facts.newest_tensorrt(label) or label.release.version)), label.flavour)

    return _Package(
        "TensorRT",
        tuple(facts.tensorrt[Flavour.FULL]),
        parse_tensorrt_value,
        TensorRt,
        exact,
        lambda label: tensorrt_release(label, facts),
        lambda label: tuple(TensorRt(each, label.flavour) for each in _all_names(facts.tensorrt[label.flavour])),
    )


def _all_names(versions: Collection[Version]) -> tuple[Release, ...]:
    return (*minors(versions), *(Release(str(version)) for version in versions))


@dataclass(frozen=True)
class _Releases(Generic[Label]):
    """A versioned axis.

    A label is told apart by the exact version it stands for: `2.13` and `2.13.0` may be the same.
    """

    matrix: Matrix
    axis: str
    package: _Package[Label]

    def labels(self) -> dict[Label | None, int]:
        """The labels, each with the index of its entry.

        A range or `latest` never repeats a release that is written out or that came before.
        """
        selectors = [self._selector(index) for index in range(len(self.matrix.axis_values(self.axis)))]
        seen = self._written(selectors)
        labels: dict[Label | None, int] = {}
        for index, selector in enumerate(selectors):
            if not isinstance(selector, SpecifierSet | Latest):
                labels[selector] = index
                continue
            fresh = [label for label in self._expanded(selector, index) if self._exact(label) not in seen]
            labels.update((label, index) for label in fresh)
            seen.update(self._exact(label) for label in fresh)
        return labels

    def _selector(self, index: int) -> Label | SpecifierSet | Latest | None:
        if self.matrix.axis_values(self.axis)[index] == NONE:
            return None
        return _parsed(self.matrix, self.axis, index, self.package.parse)

    def _written(self, selectors: list[Label | SpecifierSet | Latest | None]) -> set[Label | None]:
        """The versions that the axis names one by one."""
        written: dict[Label | None, int] = {}
        for index, selector in enumerate(selectors):
            if isinstance(selector, SpecifierSet | Latest):
                continue
            if selector is not None and self.package.exists(selector).answer is Answer.MISSING:
                raise self._no_such_release(selector, index)
            exact = self._exact(selector)
            if exact in written:
                raise _twice(self.matrix, self.axis, (written[exact], index), value_text(exact))
            written[exact] = index
        return set(written)

    def _exact(self, label: Label | None) -> Label | None:
        return None if label is None else self.package.exact(label)

    def _expanded(self, selector: SpecifierSet | Latest, index: int) -> list[Label]:
        known = self.package.known
        releases = expand(selector, known)
        if releases:
            return [self.package.label(release) for release in releases]
        raise MatrixError(
            f"No known {self.package.name} is {self.matrix.axis_values(self.axis)[index]};"
            f" the known releases go from {known[0]} to {known[-1]}.",
            "Widen the range, or name a newer release by its number.",
            self.matrix.place("axes", self.axis, index),
        )

    def _no_such_release(self, label: Label, index: int) -> MatrixError:
        meant = get_close_matches(str(label), map(str, self.package.alike(label)), n=1, cutoff=0.6)
        return MatrixError(
            self.package.exists(label).sentence,
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
