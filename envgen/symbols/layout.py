"""How torch's types lie in memory: sizes, offsets and enum values that compilers build into what includes its headers.

Two releases may export the same names and still differ in these; a binary then loads and goes wrong.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import yaml
from packaging.version import InvalidVersion, Version

from envgen.compat.read import FactsError, source_of, taken_of
from envgen.compat.verdict import Source
from envgen.files import write_atomically


@dataclass(frozen=True)
class Difference:
    """One value that two releases disagree on.

    Attributes:
        group: the types it belongs to.
        key: `sizeof c10::TensorImpl`, `offsetof ...`, `enum c10::DispatchKey::CPU`.
        mine, other: the values; -1 where a release has no such thing.
    """

    group: str
    key: str
    mine: int
    other: int


@dataclass(frozen=True)
class Group:
    """Types that change together, and by which symbols it is told that a binary uses them.

    Attributes:
        about: what goes wrong when they differ, as an end of a sentence.
        keys: what a value's key contains.
        symbols: what a name that the binary imports or defines contains; None where any binary is meant.
    """

    name: str
    about: str
    keys: re.Pattern[str]
    symbols: re.Pattern[str] | None


@dataclass(frozen=True)
class Groups:
    """All groups, in order."""

    groups: tuple[Group, ...]

    @classmethod
    def read(cls, path: Path) -> Self:
        """From layout_groups.yaml."""
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return cls(tuple(_group(name, entry) for name, entry in content["groups"].items()))

    def used_by(self, names: Iterable[str]) -> frozenset[str]:
        """The groups that a binary with these symbols uses, imported ones and its own."""
        text = "\n".join(names)
        return frozenset(each.name for each in self.groups if each.symbols is None or each.symbols.search(text))

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(each.name for each in self.groups)

    def of_key(self, key: str) -> str:
        """The group that a value belongs to; empty when to none."""
        return next((each.name for each in self.groups if each.keys.search(key)), "")


@dataclass(frozen=True)
class Layout:
    """The values of one release."""

    release: Version
    values: Mapping[str, int]
    groups: Groups

    def differences(self, other: Layout, groups: Collection[str] | None = None) -> tuple[Difference, ...]:
        """The values that two releases disagree on; one that only one of them was asked for is not compared.

        Args:
            groups: the names of the groups to compare; all when not given.
        """
        wanted = self.groups.names if groups is None else groups
        both = ((key, self.groups.of_key(key)) for key in self.values if key in other.values)
        return tuple(
            Difference(group, key, self.values[key], other.values[key])
            for key, group in both
            if group in wanted and self.values[key] != other.values[key]
        )


@dataclass(frozen=True)
class Layouts:
    """The values of several releases on one platform.

    Attributes:
        source: which compiler said so, and when.
    """

    platform: str
    taken: date
    source: Source
    releases: Mapping[Version, Mapping[str, int]]

    @classmethod
    def read(cls, path: Path) -> Self:
        """From its file.

        Raises:
            FactsError: it cannot be read, or is not of the form.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            releases = [Version(text) for text in content["releases"]]
            values = {key: _spread(changes, releases) for key, changes in content["values"].items()}
            by_release = {each: _at(each, values) for each in releases}
            return cls(content["platform"], taken_of(content, path), source_of(content["source"], path), by_release)
        except OSError as error:
            raise FactsError(f"{path} cannot be read: {error.strerror}.") from None
        except (ValueError, KeyError, TypeError, AttributeError, InvalidVersion) as error:
            raise FactsError(f"{path} holds no layouts: {error}.") from None

    @classmethod
    def merged(cls, layouts: Sequence[Layouts]) -> Self:
        """The values of all releases of several; where two have the same release, the later one counts.

        Raises:
            ValueError: they are of several platforms, or there is none.
        """
        (platform,) = {each.platform for each in layouts}
        newest = max(layouts, key=lambda each: each.taken)
        releases = {release: values for each in layouts for release, values in each.releases.items()}
        return cls(platform, newest.taken, newest.source, releases)

    def write(self, path: Path) -> None:
        """Writes it: for each value the releases at which it changed.

        Raises:
            WriteError: the system refuses.
        """
        releases = sorted(self.releases)
        keys = dict.fromkeys(key for release in releases for key in self.releases[release])
        content: dict[str, Any] = {
            "platform": self.platform,
            "taken": str(self.taken),
            "source": {"text": self.source.text, "as_of": str(self.source.as_of), "kind": self.source.kind},
            "releases": [str(release) for release in releases],
            "values": {key: _changes(key, releases, self.releases) for key in sorted(keys)},
        }
        write_atomically(path, _json(content))


def _group(name: str, entry: Mapping[str, Any]) -> Group:
    symbols = None if entry["symbols"] == "always" else re.compile("|".join(entry["symbols"]))
    return Group(name, entry["about"], re.compile("|".join(entry["keys"])), symbols)


def _changes(
    key: str, releases: Iterable[Version], values: Mapping[Version, Mapping[str, int]]
) -> dict[str, int | None]:
    """The value from each release on at which it is another; None from where nobody asked for it."""
    found: dict[str, int | None] = {}
    last: int | None = None
    for release in releases:
        value = values[release].get(key)
        if value != last:
            found[str(release)] = last = value
    return found


def _spread(changes: Mapping[str, int | None], releases: Iterable[Version]) -> dict[Version, int | None]:
    at = {Version(text): value for text, value in changes.items()}
    found: dict[Version, int | None] = {}
    value: int | None = None
    for release in releases:
        value = found[release] = at.get(release, value)
    return found


def _at(release: Version, values: Mapping[str, Mapping[Version, int | None]]) -> dict[str, int]:
    return {key: int(value) for key, run in values.items() if (value := run[release]) is not None}


def _json(content: Mapping[str, Any]) -> str:
    """One line for each value, so that a difference is readable."""
    values = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in content["values"].items())
    rest = (f" {json.dumps(key)}: {json.dumps(value)}" for key, value in content.items() if key != "values")
    return "{\n" + ",\n".join(rest) + ',\n "values": {\n' + values + "\n }\n}\n"
