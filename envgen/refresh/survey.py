"""From an index's page to a snapshot: names decide what exists, and only what is new is looked into."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from packaging.version import Version

from envgen.compat.records import Platform
from envgen.compat.snapshot import Snapshot
from envgen.compat.verdict import Source
from envgen.index import File, IndexFault, Listing
from envgen.lock.crew import Crew
from envgen.refresh.earlier import completed
from envgen.refresh.inside import Found
from envgen.refresh.names import PlatformWheels, by_platform
from envgen.refresh.packages import Inside, Package

_AT_ONCE = 8  # files looked into at the same time: nearly all of a look is waiting

# Of which platform's wheel the facts are taken that hold for the whole release.
_SPEAKERS = (
    Platform.LINUX_X86_64, Platform.LINUX_AARCH64, Platform.WIN_AMD64, Platform.MACOS_ARM64, Platform.MACOS_X86_64,
    Platform.WIN_ARM64,
)  # fmt: skip


@dataclass(frozen=True)
class Look:
    """One file to look into.

    Attributes:
        platform: whose wheels it stands for; None for a source distribution, or METADATA that holds for all.
        pythons: of those wheels.
    """

    inside: Inside
    version: Version
    platform: Platform | None
    file: File
    pythons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Surveyed:
    """A new snapshot.

    Attributes:
        looked: how many files were looked into.
        faults: what could not be read; the snapshot lacks it, or has what was known of it.
        kept: whether something was known of it.
    """

    snapshot: Snapshot
    looked: int = 0
    faults: tuple[str, ...] = ()
    kept: bool = False


Looker = Callable[[Look], Found]


def survey(
    package: Package,
    listing: Listing,
    old: Snapshot | None,
    today: date,
    look: Looker,
    *,
    again: bool = False,
) -> Surveyed:
    """What an index has of a package now.

    Args:
        old: what it had; whatever was read inside of a file that is still the same is taken over.
        look: looks into one file; raises IndexFault where it cannot.
        again: look into every file anew; the old is taken over only where that fails.
    """
    source = Source("the default index" if listing.index == "default" else listing.index, today, "measured")
    known = old.releases if old else {}
    releases = {
        version: _Release(version, completed(files, known.get(version, {})), package.inside)
        for version, files in _by_version(package, listing)
    }
    looks = [
        each for version, release in releases.items() for each in release.looks(known.get(version, {}), again=again)
    ]
    outcomes = Crew(lambda each: _attempt(look, each), looks, _AT_ONCE).in_order()
    for each, found in zip(looks, outcomes, strict=True):
        releases[each.version].take(each, found)
    entries = {version: release.entry for version, release in releases.items()}
    faults = tuple(dict.fromkeys(found.fault for found in outcomes if found.fault))
    kept = any(found.fault and releases[each.version].knows(each) for each, found in zip(looks, outcomes, strict=True))
    return Surveyed(Snapshot(package.name, today, source, listing.sha256, entries), len(looks), faults, kept)


class _Release:
    """One release while its snapshot is made."""

    def __init__(self, version: Version, files: list[File], inside: Inside) -> None:
        self._version = version
        self._inside = inside
        self._files = files
        self._wheels = by_platform(file for file in files if file.is_wheel)
        self._speaker = next((platform for platform in _SPEAKERS if platform in self._wheels), None)
        self.entry = _of_names(files, self._wheels)

    def looks(self, known: Mapping[str, Any], *, again: bool) -> Iterator[Look]:
        """What has to be looked into; what is known of the same files is taken over.

        Args:
            known: the old snapshot's entry of this release.
            again: look into all, known or not.
        """
        for look in self._wanted():
            before = known if look.platform is None else known.get("wheels", {}).get(look.platform, {})
            inside = before.get("inside", {})
            same = known.get("files", {}).get(look.file.name, "") == (look.file.sha256 or "")
            read = same and inside.get("read") == look.file.name
            if read:
                self._keep(look, inside, known.get("inside", {}))
            if again or not read:
                yield look

    def take(self, look: Look, found: Found) -> None:
        """What a look gave; the name of the file stands for that it was read to the end."""
        read = {} if found.fault else {"read": look.file.name}
        if look.platform is None:
            self._keep(look, read | found.release, {})
        else:
            self._keep(look, read | found.wheels, found.release)

    def knows(self, look: Look) -> bool:
        """Whether the file was read to the end, now or earlier."""
        return bool(self._place(look).get("inside", {}).get("read") == look.file.name)

    def _place(self, look: Look) -> dict[str, Any]:
        place: dict[str, Any] = self.entry if look.platform is None else self.entry["wheels"][look.platform]
        return place

    def _keep(self, look: Look, inside: Mapping[str, Any], release: Mapping[str, Any]) -> None:
        place = self._place(look)
        if "read" in inside or (inside and "inside" not in place):  # half of something never takes the place of all
            place["inside"] = inside
            if look.platform is not None and look.platform is self._speaker and release:
                self.entry["inside"] = release

    def _wanted(self) -> Iterator[Look]:
        if self._inside in (Inside.TORCH, Inside.TORCH_TENSORRT):
            for platform, wheels in self._wheels.items():
                file, pythons = wheels.representative, tuple(wheels.fields["pythons"])
                yield Look(self._inside, self._version, platform, file, pythons)
        elif self._inside and self._speaker:
            yield Look(Inside.METADATA, self._version, None, self._wheels[self._speaker].representative)
        elif self._inside is Inside.STUB:
            yield from (
                Look(Inside.STUB, self._version, None, file) for file in self._files if file.name.endswith(".tar.gz")
            )


def _of_names(files: Iterable[File], wheels: Mapping[Platform, PlatformWheels]) -> dict[str, Any]:
    """An entry of a snapshot as far as the page goes."""
    files = list(files)
    entry: dict[str, Any] = {
        "files": {file.name: file.sha256 or "" for file in files},
        "wheels": {str(platform): dict(found.fields) for platform, found in wheels.items()},
    }
    days = [file.uploaded.date() for file in files if file.uploaded]
    if days:
        entry["date"] = str(min(days))
    requires_python = sorted({file.requires_python for file in files} - {""})
    if requires_python:
        entry["requires_python"] = requires_python[0]
    if yanked := sorted(file.name for file in files if file.yanked):
        entry["yanked"] = yanked
    return entry


def _by_version(package: Package, listing: Listing) -> list[tuple[Version, list[File]]]:
    by_version: defaultdict[Version, list[File]] = defaultdict(list)
    for file in listing.files:
        if file.version is not None and file.version >= package.since:
            by_version[file.version].append(file)
    return sorted(by_version.items())


def _attempt(look: Looker, each: Look) -> Found:
    try:
        return look(each)
    except IndexFault as fault:
        return Found(fault=fault.what)
