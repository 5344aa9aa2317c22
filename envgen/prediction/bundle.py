"""What is tried together: one library alone, or all that a wheel brings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from envgen.binary import Binary
from envgen.prediction.subject import Subject

_EXACT = ("==", "===")


def together(binaries: Sequence[Binary], built_with: Version | None = None) -> tuple[Subject, ...]:
    """The libraries of a wheel or a folder, each with what the others define.

    Args:
        built_with: the torch release they were compiled against, where it is known.
    """
    names = frozenset(PurePosixPath(binary.file).name for binary in binaries)
    return tuple(
        Subject(
            binary,
            beside=names - {PurePosixPath(binary.file).name},
            provided=frozenset().union(*(other.exports for other in binaries if other is not binary)),
            built_with=built_with,
        )
        for binary in binaries
    )


def pinned_torch(requirements: Iterable[str]) -> Version | None:
    """The one torch release that a wheel's metadata asks for; None when it takes several, or none.

    Whoever pins a release exactly has compiled against it.
    """
    for text in requirements:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        exact = [each for each in requirement.specifier if each.operator in _EXACT and "*" not in each.version]
        if canonicalize_name(requirement.name) == "torch" and exact:
            return Version(Version(exact[0].version).public)
    return None
