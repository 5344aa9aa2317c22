"""What differs between two snapshots of a package, one line for each thing, for a person to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from packaging.version import Version

from envgen.compat.snapshot import Snapshot
from envgen.compat.words import counted


@dataclass(frozen=True)
class Difference:
    """Between the old snapshot and the new.

    Attributes:
        added: releases that are new.
        gone: releases that were there.
        lines: everything in words, without a date.
    """

    added: tuple[Version, ...]
    gone: tuple[Version, ...]
    lines: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.lines)


def difference(old: Snapshot | None, new: Snapshot) -> Difference:
    """What a new snapshot says that the old one did not, and the other way round."""
    before = old.releases if old else {}
    added = tuple(version for version in new.releases if version not in before)
    gone = tuple(version for version in before if version not in new.releases)
    lines = [
        *(f"+ {version}: {_summary(new.releases[version])}" for version in added),
        *(f"- {version}" for version in gone),
    ]
    for version, entry in new.releases.items():
        if version in before:
            lines += (f"~ {version} {line}" for line in _changes(before[version], entry))
    return Difference(added, gone, tuple(lines))


def _summary(entry: Mapping[str, Any]) -> str:
    wheels = entry["wheels"]
    if not wheels:
        return f"{len(entry['files'])} files, no wheel"
    said = []
    for platform, wheel in wheels.items():
        cuda = wheel.get("inside", {}).get("cuda")
        said.append(f"{platform}{f' {cuda}' if cuda else ''} ({_pythons(wheel['pythons'])})")
    return ", ".join(said)


def _pythons(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{texts[0]} .. {texts[-1]}"


def _changes(old: Mapping[str, Any], new: Mapping[str, Any], place: str = "") -> Iterator[str]:
    for key in sorted({*old, *new}):
        was, now = old.get(key), new.get(key)
        if was == now:
            continue
        if key == "files" and not place:
            yield from _files(was or {}, now or {})
        elif isinstance(was, Mapping) and isinstance(now, Mapping):
            yield from _changes(was, now, f"{place}{key} ")
        elif isinstance(was, list) and isinstance(now, list):
            yield f"{place}{key}: {_elements(was, now)}"
        else:
            yield f"{place}{key}: {_shown(was)} -> {_shown(now)}"


def _files(was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    yield from (f"new file {name}" for name in sorted(set(now) - set(was)))
    yield from (f"vanished file {name}" for name in sorted(set(was) - set(now)))
    both = sorted(set(was) & set(now))
    yield from (f"other content {name}" for name in both if was[name] and now[name] and was[name] != now[name])
    if hashed := [name for name in both if now[name] and not was[name]]:
        yield f"hashes of {counted(len(hashed), 'file')} that had none"


def _elements(was: list[Any], now: list[Any]) -> str:
    changes = [
        *(f"-{_shown(each)}" for each in was if each not in now),
        *(f"+{_shown(each)}" for each in now if each not in was),
    ]
    return ", ".join(changes) or "in another order"


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_shown(each)}" for key, each in value.items()) or "nothing"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "nothing"
    return "unknown" if value is None else str(value)
