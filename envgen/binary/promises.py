"""Whether a wheel's name promises what its binaries can keep."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

from envgen.binary.facts import Binary
from envgen.binary.findings import Finding
from envgen.binary.look import Looked
from envgen.binary.python import python_facts
from envgen.binary.systems import oldest_glibc

_MANYLINUX = re.compile(r"manylinux_(\d+)_(\d+)_(\w+)", re.ASCII)
_OLD_MANYLINUX = {"manylinux1": "manylinux_2_5", "manylinux2010": "manylinux_2_12", "manylinux2014": "manylinux_2_17"}
_MACOS = re.compile(r"macosx_(\d+)_(\d+)_(\w+)", re.ASCII)
_MACHINES = {
    "x86_64": ("x86_64",), "aarch64": ("aarch64",), "i686": ("i386",), "amd64": ("x86_64",), "win32": ("i386",),
    "arm64": ("arm64", "arm64e"), "universal2": ("x86_64", "arm64", "arm64e"),
}  # fmt: skip


def broken_promises(looked: Looked) -> tuple[Finding, ...]:
    """What a binary cannot keep of the tags in its wheel's name; nothing for one that came in no wheel."""
    tags = _tags(looked.wheel)
    if not tags:
        return ()
    return tuple(each for binary in looked.binaries for each in _of(binary, looked.wheel, tags))


def _of(binary: Binary, wheel: str, tags: frozenset[Tag]) -> Iterator[Finding]:
    platforms = sorted({tag.platform for tag in tags})
    yield from _other_machine(binary, wheel, platforms)
    if binary.elf:
        yield from _newer_glibc(binary, wheel, platforms)
    if binary.macho:
        yield from _newer_macos(binary, wheel, platforms)
    yield from _other_python(binary, wheel, tags)


def _other_machine(binary: Binary, wheel: str, platforms: list[str]) -> Iterator[Finding]:
    promised = {machine for platform in platforms for machine in _machines(platform)}
    if promised and binary.machine not in promised and platforms != ["any"]:
        evidence = {"file": binary.file, "found": binary.machine, "needed": " or ".join(sorted(promised))}
        sentence = f"{binary.file} is for {binary.machine}; its wheel ({wheel}) says {evidence['needed']}."
        yield Finding("machine-arch-mismatch", evidence, "wheel-other-machine", sentence)


def _machines(platform: str) -> tuple[str, ...]:
    return next((found for name, found in _MACHINES.items() if platform.endswith(name)), ())


def _newer_glibc(binary: Binary, wheel: str, platforms: list[str]) -> Iterator[Finding]:
    needed = _glibc(binary)
    promised = [_manylinux(platform) for platform in platforms]
    lowest = min((version for version in promised if version), default=None)
    if needed and lowest and needed > max(lowest, Version(oldest_glibc())):
        evidence = {"file": binary.file, "needed": str(needed), "found": str(lowest), "version": f"GLIBC_{needed}"}
        sentence = f"{binary.file} needs glibc {needed}; its wheel ({wheel}) says that {lowest} is enough."
        yield Finding("glibc-too-old", evidence, "wheel-newer-glibc", sentence)


def _glibc(binary: Binary) -> Version | None:
    assert binary.elf is not None
    versions = (re.fullmatch(r"GLIBC_(2\.\d{1,9})(?:\.\d+)*", need.version) for need in binary.elf.version_needs)
    return max((Version(match[1]) for match in versions if match), default=None)


def _manylinux(platform: str) -> Version | None:
    for old, new in _OLD_MANYLINUX.items():
        if platform.startswith(f"{old}_"):
            platform = platform.replace(old, new)
    match = _MANYLINUX.fullmatch(platform)
    return Version(f"{match[1]}.{match[2]}") if match else None


def _newer_macos(binary: Binary, wheel: str, platforms: list[str]) -> Iterator[Finding]:
    assert binary.macho is not None
    matches = (_MACOS.fullmatch(platform) for platform in platforms)
    lowest = min((Version(f"{match[1]}.{match[2]}") for match in matches if match), default=None)
    needed = Version(binary.macho.minimum_os) if binary.macho.minimum_os else None
    # The arm64 part of a universal wheel for 10.9 is for 11, the first macOS of that processor.
    floor = Version("11.0") if binary.machine.startswith("arm64") else Version("0")
    if needed and lowest and _as_tags_count(needed) > max(lowest, floor):
        evidence = {"file": binary.file, "needed": str(needed), "found": str(lowest)}
        sentence = f"{binary.file} needs macOS {needed}; its wheel ({wheel}) says that {lowest} is enough."
        yield Finding("mac-deployment-target", evidence, "wheel-newer-macos", sentence)


def _as_tags_count(version: Version) -> Version:
    """From macOS 11 on tags tell major versions apart only: 11.1 is `macosx_11_0`."""
    return version if version.major < 11 else Version(f"{version.major}.0")


def _other_python(binary: Binary, wheel: str, tags: frozenset[Tag]) -> Iterator[Finding]:
    facts = python_facts(binary)
    interpreters = {tag.interpreter for tag in tags}
    if facts is None or facts.version is None or facts.stable or any(each.startswith("py") for each in interpreters):
        return
    wanted = f"cp3{facts.version.minor}"
    if wanted not in interpreters:
        needed = ", ".join(sorted(interpreters))
        evidence = {"file": binary.file, "found": facts.version.wheel_tag, "needed": needed}
        sentence = f"{binary.file} is for Python {facts.version}; its wheel ({wheel}) says {needed}."
        yield Finding("wheel-tag-mismatch", evidence, "wheel-other-python", sentence)


def _tags(wheel: str) -> frozenset[Tag]:
    try:
        return parse_wheel_filename(wheel)[3] if wheel else frozenset()
    except InvalidWheelFilename:
        return frozenset()
