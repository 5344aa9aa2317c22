"""What the names of a release's files decide: for which platforms and Pythons there is a wheel."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag
from packaging.version import Version

from envgen.cell import PythonVersion
from envgen.compat.records import Platform
from envgen.index import File

_LEGACY = {"manylinux1": "2.5", "manylinux2010": "2.12", "manylinux2014": "2.17"}  # PEPs 513, 571, 599
_LINUX = re.compile(r"(?:(manylinux1|manylinux2010|manylinux2014|linux)|manylinux_(\d+)_(\d+))_(x86_64|aarch64)")
_MACOS = re.compile(r"macosx_(\d+)_(\d+)_(arm64|x86_64|universal2)")
_ARCH = {"x86_64": Platform.LINUX_X86_64, "aarch64": Platform.LINUX_AARCH64}


@dataclass(frozen=True)
class Target:
    """One platform that a wheel's name admits.

    Attributes:
        floor: the oldest glibc or macOS that the name admits; None where it asks for none.
    """

    platform: Platform
    floor: Version | None


@dataclass(frozen=True)
class Wheel:
    """A wheel with what its name says.

    Attributes:
        pythons: `3.12`, `3.13t`, or `3.12+` for every one from there on (stable ABI, or no ABI at all).
    """

    file: File
    pythons: tuple[str, ...]
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class PlatformWheels:
    """The wheels of one release for one platform.

    Attributes:
        representative: the one to look into: of the newest build for the oldest Python.
        fields: what the names say, as a snapshot holds it.
    """

    representative: File
    fields: Mapping[str, Any]


def read_name(file: File) -> Wheel | None:
    """What a wheel's name says; None when it is for nothing that envgen knows (32 bit, musl, Python 2)."""
    pythons = sorted({text for tag in file.tags if (text := _python(tag)) and _allowed(text, file.requires_python)})
    targets = _targets({tag.platform for tag in file.tags})
    return Wheel(file, tuple(pythons), targets) if pythons and targets else None


def by_platform(files: Iterable[File]) -> dict[Platform, PlatformWheels]:
    """The wheels of one release by platform."""
    wheels: defaultdict[Platform, list[tuple[Wheel, Target]]] = defaultdict(list)
    for wheel in filter(None, map(read_name, files)):
        for target in wheel.targets:
            wheels[target.platform].append((wheel, target))
    return {platform: _summary(platform, entries) for platform, entries in sorted(wheels.items())}


def python_order(text: str) -> tuple[PythonVersion, bool]:
    """For sorting: `3.9`, `3.12`, `3.12+`, `3.13t`."""
    return PythonVersion.parse(text.removesuffix("+")), text.endswith("+")


def _summary(platform: Platform, entries: list[tuple[Wheel, Target]]) -> PlatformWheels:
    ordered = sorted(entries, key=lambda entry: _first_choice(entry[0]))
    fields: dict[str, Any] = {
        "pythons": sorted({text for wheel, _ in entries for text in wheel.pythons}, key=python_order),
        "tags": sorted({_platform_part(wheel.file) for wheel, _ in entries}),
    }
    if build_tags := _build_tags(wheel for wheel, _ in entries):
        fields["build_tags"] = build_tags
    floors = [target.floor for _, target in entries if target.floor]
    if floors:
        name = "macos" if platform in (Platform.MACOS_ARM64, Platform.MACOS_X86_64) else "glibc"
        fields[name] = str(min(floors))
        if name == "macos" and (newer := _newer_floors(entries, min(floors))):
            fields["macos_by_python"] = newer
    sizes = [wheel.file.size for wheel, _ in entries if wheel.file.size]
    if sizes:
        fields["mb"] = round(max(sizes) / 1e6, 1)
    return PlatformWheels(ordered[0][0].file, fields)


def _first_choice(wheel: Wheel) -> tuple[Any, ...]:
    build = wheel.file.build or (0, "")
    python = min(map(python_order, wheel.pythons))
    return (-build[0], python[0].free_threaded, python, wheel.file.name)


def _build_tags(wheels: Iterable[Wheel]) -> dict[str, list[str]]:
    tagged: defaultdict[str, set[str]] = defaultdict(set)
    for wheel in wheels:
        if wheel.file.build:
            tagged["".join(map(str, wheel.file.build))] |= set(wheel.pythons)
    return {tag: sorted(pythons, key=python_order) for tag, pythons in tagged.items()}


def _newer_floors(entries: list[tuple[Wheel, Target]], oldest: Version) -> dict[str, str]:
    """The Pythons whose wheels all ask for a newer macOS than the oldest that any asks for."""
    floors: dict[str, Version] = {}
    for wheel, target in entries:
        for text in wheel.pythons:
            floor = target.floor or oldest
            floors[text] = min(floors.get(text, floor), floor)
    return {text: str(floor) for text, floor in floors.items() if floor > oldest}


def _platform_part(file: File) -> str:
    return file.name.removesuffix(".whl").rsplit("-", 1)[-1]


def _python(tag: Tag) -> str | None:
    """The CPython that a tag is for; `3.12+` where it is for later ones too."""
    interpreter, abi = tag.interpreter, tag.abi
    if abi == "none" and re.fullmatch(r"py3\d*", interpreter):
        return f"3.{interpreter[3:] or 0}+"
    match = re.fullmatch(r"cp3(\d+)", interpreter)
    if not match:
        return None
    if abi in ("abi3", "abi3t"):
        return f"3.{match[1]}{'t' * abi.endswith('t')}+"
    if abi == "none" or abi.removesuffix("m") == interpreter:
        return f"3.{match[1]}"
    return f"3.{match[1]}t" if abi == f"{interpreter}t" else None


def _allowed(text: str, requires_python: str) -> bool:
    if text.endswith("+"):
        return True
    try:
        return SpecifierSet(requires_python).contains(f"3.{PythonVersion.parse(text).minor}.99")
    except InvalidSpecifier:  # pip takes the file as if nothing was said
        return True


def _targets(platforms: Iterable[str]) -> tuple[Target, ...]:
    targets: dict[Platform, Version | None] = {}
    for target in (target for text in platforms for target in _of_tag(text)):
        known = targets.get(target.platform, target.floor)
        # Of several tags in one name the easiest decides, as it does for an installer.
        targets[target.platform] = min(known, target.floor) if known and target.floor else None
    return tuple(Target(platform, floor) for platform, floor in sorted(targets.items()))


def _of_tag(text: str) -> Iterator[Target]:
    if text == "any":
        yield from (Target(platform, None) for platform in Platform)
    elif match := _LINUX.fullmatch(text):
        legacy = _LEGACY.get(match[1] or "")
        floor = legacy or (f"{match[2]}.{match[3]}" if match[2] else None)
        yield Target(_ARCH[match[4]], Version(floor) if floor else None)
    elif match := _MACOS.fullmatch(text):
        floor_of_macos = Version(f"{match[1]}.{match[2]}")
        if match[3] != "x86_64":
            yield Target(Platform.MACOS_ARM64, floor_of_macos)
        if match[3] != "arm64":
            yield Target(Platform.MACOS_X86_64, floor_of_macos)
    elif text in (Platform.WIN_AMD64, Platform.WIN_ARM64):
        yield Target(Platform(text), None)
