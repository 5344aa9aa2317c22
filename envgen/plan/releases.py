"""What a range or `latest` stands for among the known releases: minors, each by the label that cell ids carry."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.specifiers import Specifier, SpecifierSet
from packaging.version import Version

from envgen.cell import Release
from envgen.compat.facts import newest
from envgen.spec.selector import Latest


def minors(versions: Iterable[Version]) -> tuple[Release, ...]:
    """The minors that the versions belong to, ascending."""
    ordered = sorted({version.release[:2] for version in versions})
    return tuple(Release(f"{major}.{minor}") for major, minor in ordered)


def expand(selector: SpecifierSet | Latest, versions: Iterable[Version]) -> tuple[Release, ...]:
    """The minors that a range or `latest` stands for, ascending; none when it holds nothing that is known."""
    known = tuple(versions)
    candidates = minors(known)
    if isinstance(selector, Latest):
        return candidates[-1 - selector.back : len(candidates) - selector.back]
    return tuple(release for release in candidates if in_range(release, selector, known))


def in_range(release: Release, specifiers: SpecifierSet, versions: Iterable[Version]) -> bool:
    """Whether a range holds a release.

    A minor is compared as such with a bound that is a minor (`<=2.12` holds 2.12 with all its patches), and by its
    newest patch with a bound that names a patch.
    """
    exact = newest(versions, release) or release.version
    return all(part.contains(_compared(release, exact, part), prereleases=True) for part in specifiers)


def _compared(release: Release, exact: Version, part: Specifier) -> Version:
    bound = Version(part.version.removesuffix(".*"))
    if len(bound.release) > 2:
        return exact
    return Version(release.minor)
