"""Which installed packages belong to torch: what it requires, and what requires it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from envgen.doctor.observed import Distribution, Observed

TORCH = "torch"


def near_torch(observed: Observed) -> tuple[Distribution, ...]:
    """torch, what it requires directly or through others, and what requires torch itself, in that order."""
    below = _below(observed, TORCH)
    return tuple(
        each
        for each in observed.distributions
        if each.name in below or any(need.name == TORCH for need in requirements(observed, each))
    )


def requirements(observed: Observed, package: Distribution, extras: Iterable[str] = ()) -> Iterator[Requirement]:
    """What a package requires here: its markers hold, or hold with one of the extras; names normalised."""
    for text in package.requires:
        try:
            need = Requirement(text)
        except InvalidRequirement:
            continue
        need.name = canonicalize_name(need.name)
        environments = [{**observed.interpreter.markers, "extra": extra} for extra in ("", *extras)]
        if need.marker is None or any(need.marker.evaluate(environment) for environment in environments):
            yield need


def _below(observed: Observed, name: str) -> set[str]:
    found: set[str] = set()
    ahead: list[tuple[str, frozenset[str]]] = [(name, frozenset())]
    while ahead:
        current, extras = ahead.pop()
        package = observed.distribution(current)
        if package is None or current in found:
            continue
        found.add(current)
        ahead += [(need.name, frozenset(need.extras)) for need in requirements(observed, package, extras)]
    return found
