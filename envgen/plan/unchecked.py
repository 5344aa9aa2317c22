"""What no rule looks at: whether the versions exist that a user's own axis pins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from envgen.compat.words import listed
from envgen.spec.matrix import Matrix, PackageAxis
from envgen.spec.selector import NONE

_NO_VERSIONS = (NONE, "latest")


@dataclass(frozen=True)
class Unchecked:
    """A package of the user's, and the versions of it that the facts do not tell of."""

    axis: str
    package: str
    versions: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"Nothing is known of {self.package}: that {listed(self.versions)} can be had beside the other values was"
            " not checked; `envgen lock` finds out."
        )


def unchecked(matrix: Matrix, only: Iterable[tuple[str, str]] | None = None) -> tuple[Unchecked, ...]:
    """What a plan takes for granted, by axis.

    Args:
        only: the values of one cell on the user's axes, to speak of these alone.
    """
    wanted = None if only is None else dict(only)
    found = []
    for axis in matrix.extra:
        values = axis.values if wanted is None else (wanted.get(axis.name, NONE),)
        versions = tuple(value for value in values if value not in _NO_VERSIONS)
        if isinstance(axis, PackageAxis) and versions:
            found.append(Unchecked(axis.name, axis.package, versions))
    return tuple(found)
