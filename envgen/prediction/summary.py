"""Many predictions in few lines: releases that fare alike stand together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from packaging.version import Version

from envgen.cell import PythonVersion
from envgen.prediction.verdict import Prediction, Verdict
from envgen.results import Diagnosis


@dataclass(frozen=True)
class Line:
    """What holds for several releases in a row, in one place.

    Attributes:
        torch: the releases, ascending.
        place: the platform, or the system that was asked for.
        verdict: the best that any Python has.
        pythons: those that have it; empty when all have.
        diagnoses: what speaks against it, of the newest release, the weightiest first.
        common: mangled names that none of the releases define.
        fewest, most: how many names a release does not define.
    """

    torch: tuple[Version, ...]
    place: str
    verdict: Verdict
    pythons: tuple[PythonVersion, ...]
    diagnoses: tuple[Diagnosis, ...]
    common: tuple[str, ...] = ()
    fewest: int = 0
    most: int = 0

    @property
    def releases(self) -> str:
        """`2.9.0 to 2.11.0`."""
        return span(self.torch)


@dataclass(frozen=True)
class _Release:
    """What the Pythons of one release say together."""

    torch: Version
    best: tuple[Prediction, ...]
    all_alike: bool

    @property
    def key(self) -> tuple[object, ...]:
        first = self.best[0]
        pythons = () if self.all_alike else tuple(each.target.python for each in self.best)
        reason = first.findings[0][0] if first.verdict is not Verdict.LOADS else ""
        return place_of(first), first.verdict, pythons, reason


def summarise(predictions: Iterable[Prediction]) -> tuple[Line, ...]:
    """The lines for one binary.

    Args:
        predictions: ascending by place, torch, Python, as `targets` gives them.
    """
    by_release = groupby(predictions, key=lambda each: (place_of(each), each.target.torch))
    releases = [_release(torch, list(group)) for (_, torch), group in by_release]
    return tuple(_line(list(group)) for _, group in groupby(releases, key=lambda release: release.key))


def fitting(predictions: Iterable[Prediction]) -> tuple[Version, ...]:
    """The releases in which it loads with some Python, ascending."""
    return tuple(sorted({each.target.torch for each in predictions if each.verdict is Verdict.LOADS}))


def conditions(predictions: Iterable[Prediction]) -> tuple[str, ...]:
    """What systems must have where it loads, each once: `glibc 2.32 or newer (...)`."""
    loading = (each for each in predictions if each.verdict is Verdict.LOADS)
    sentences = (condition.sentence.removesuffix(".") for each in loading for condition in each.conditions)
    return tuple(dict.fromkeys(sentences))


def place_of(prediction: Prediction) -> str:
    """The system that was asked for, or the platform."""
    target = prediction.target
    return f"{target.system.name}-{target.arch}" if target.system.exact else target.platform.value


def span(versions: Sequence[Version]) -> str:
    """Versions in a row: `2.9.0`, or `2.9.0 to 2.11.0`."""
    return str(versions[0]) if len(versions) == 1 else f"{versions[0]} to {versions[-1]}"


def spans(versions: Iterable[Version], known: Sequence[Version]) -> str:
    """Versions as few spans: `1.13.0, 2.9.0 to 2.11.0`.

    Args:
        known: every version there is, ascending: what stands between two spans.
    """
    wanted = set(versions)
    runs = (list(run) for inside, run in groupby(known, key=wanted.__contains__) if inside)
    return ", ".join(map(span, runs))


def _release(torch: Version, predictions: list[Prediction]) -> _Release:
    lightest = min(map(_weight, predictions))
    best = tuple(each for each in predictions if _weight(each) == lightest)
    return _Release(torch, best, len(best) == len(predictions))


def _weight(prediction: Prediction) -> tuple[int, int]:
    """Of Pythons that all fail, the one with the fewest reasons tells most."""
    return prediction.verdict.weight, len(prediction.failures)


def _line(releases: list[_Release]) -> Line:
    newest = releases[-1]
    first = newest.best[0]
    missing = [release.best[0].missing for release in releases]
    return Line(
        torch=tuple(release.torch for release in releases),
        place=place_of(first),
        verdict=first.verdict,
        pythons=() if newest.all_alike else tuple(each.target.python for each in newest.best),
        diagnoses=first.diagnoses,
        common=tuple(sorted(set(missing[-1]).intersection(*filter(None, missing)))),
        fewest=min(filter(None, map(len, missing)), default=0),
        most=max(map(len, missing)),
    )
