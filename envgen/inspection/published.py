"""The binaries of a release on an index: which of its wheels to look into, and of that only the libraries."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

from envgen.binary import Unreadable, printable
from envgen.binary.archive import Member, read_archive
from envgen.binary.look import Looked, of_members
from envgen.binary.read import is_binary_name, read_file
from envgen.cell import Arch, GrammarError, OsFamily, PythonVersion
from envgen.errors import UsageError
from envgen.index import File, IndexFault, Reader, RemoteWheel

_SMALL = 32 << 20  # bytes of a wheel that is fetched whole, and checked against its hash
_WHOLE = 512 << 20  # bytes of one that is, where there is no other way
_LARGEST = 1 << 30  # bytes of one library that is fetched; those of most extensions have a hundredth of it
_NEWEST_MINOR = 100  # of Python 3, beyond any that there is
_ARCHS = {"x86_64": Arch.X86_64, "amd64": Arch.X86_64, "aarch64": Arch.AARCH64, "arm64": Arch.AARCH64}
_FAMILIES = {"linux": OsFamily.LINUX, "win_": OsFamily.WINDOWS, "macosx": OsFamily.MACOS}


@dataclass(frozen=True)
class Wanted:
    """Which wheels are asked for; nothing asked for is this machine's.

    Attributes:
        pythons: those for any of these; the newest that a platform has when empty.
        platforms: those for any of these; the machine's own when empty.
    """

    pythons: Sequence[PythonVersion]
    platforms: Sequence[tuple[OsFamily, Arch]]


@dataclass(frozen=True)
class Published:
    """One wheel that was looked into.

    Attributes:
        requires: what its METADATA asks for of torch: `torch==2.8.0`; empty when nothing.
    """

    file: File
    looked: tuple[Looked, ...]
    requires: str = ""


def wheels_of(name: str, version: str, reader: Reader) -> tuple[File, ...]:
    """The wheels of a release, on whatever index has them; each name once.

    Raises:
        UsageError: it has none.
        IndexFault: the index cannot be read.
    """
    wanted = _version(name, version)
    listed = [file for listing in reader.listings(name) for file in listing.files]
    wheels = {file.name: file for file in listed if file.is_wheel and file.version == wanted}
    if wheels:
        return tuple(wheels.values())
    if any(file.version == wanted for file in listed):
        raise UsageError(f"{name} {version} has no wheel, only its source.", "Build it, and name what came of it.")
    known = sorted({file.version for file in listed if file.version and file.is_wheel})
    newest = f" The newest wheels are of {known[-1]}." if known else ""
    raise UsageError(f"No index has {name} {version}.{newest}", "Name one of the published versions.")


def choose(files: Sequence[File], wanted: Wanted, host: tuple[OsFamily, Arch]) -> tuple[File, ...]:
    """Of each platform that is asked for, the wheel of each Python that is asked for; of none asked for, the newest.

    Without a wheel for the machine's own platform it is one of every platform that there is.
    """
    fitting = [file for file in files if not wanted.pythons or set(wanted.pythons) & set(_pythons(file))]
    platforms = list(wanted.platforms) or [host]
    chosen = _newest(fitting, platforms, all_=bool(wanted.pythons))
    if not chosen and not wanted.platforms:
        every = sorted({platform for file in fitting for platform in _platforms(file)})
        chosen = _newest(fitting, every, all_=bool(wanted.pythons)) or fitting[:1]
    return tuple(chosen)


def look_into_wheel(file: File, reader: Reader) -> Published:
    """The libraries of a wheel: a small one is fetched whole, of a large one only what is needed.

    Raises:
        IndexFault: it cannot be read.
        Unreadable: it is damaged.
    """
    if file.size and file.size <= _SMALL:
        members = list(read_archive(reader.content(file, _SMALL)))
    else:
        members = _in_parts(file, reader)
    return Published(file, of_members(members, file.name), _requires(file, reader))


def _in_parts(file: File, reader: Reader) -> list[Member]:
    """By ranges; as a whole from an index that serves none, if that is not too much."""
    try:
        with reader.wheel(file) as wheel:
            return [_member(wheel, name) for name in wheel.names() if is_binary_name(name)]
    except IndexFault:
        if file.size and file.size <= _WHOLE:
            return list(read_archive(reader.content(file, _WHOLE)))
        raise


def _requires(file: File, reader: Reader) -> str:
    try:
        with reader.wheel(file) as wheel:
            asked = wheel.metadata().get_all("Requires-Dist") or []
    except IndexFault:
        return ""
    return next((text for text in asked if _is_torch(text)), "")


def _member(wheel: RemoteWheel, name: str) -> Member:
    size = wheel.size(name)
    if size > _LARGEST:
        reason = f"it has {size} bytes, too many to be fetched alone; download the wheel and name its file"
        return Member(printable(name), unreadable=reason)
    shown = printable(name)
    try:
        with tempfile.TemporaryFile() as copy:
            wheel.copy(name, copy)
            copy.flush()
            return Member(shown, read_file(copy, shown))
    except (IndexFault, Unreadable) as fault:
        return Member(shown, unreadable=fault.what.rstrip("."))


def _newest(files: Sequence[File], platforms: Sequence[tuple[OsFamily, Arch]], *, all_: bool) -> list[File]:
    chosen: dict[str, File] = {}
    for platform in platforms:
        of_platform = sorted((file for file in files if platform in _platforms(file)), key=_age)
        chosen |= {file.name: file for file in (of_platform if all_ else of_platform[-1:])}
    return list(chosen.values())


def _age(file: File) -> tuple[PythonVersion, str]:
    """The newest ordinary Python last; a wheel for every Python counts as the newest."""
    ordinary = [python for python in _pythons(file) if not python.free_threaded]
    return (max(ordinary, default=PythonVersion(0)), file.name)


def _pythons(file: File) -> Iterator[PythonVersion]:
    """Those that a wheel's tags name; one for the stable ABI also serves all that are newer."""
    for tag in file.tags:
        try:
            python = PythonVersion.from_tag(tag.interpreter)
        except GrammarError:
            if tag.interpreter == "py3":
                yield from map(PythonVersion, range(_NEWEST_MINOR))
            continue
        free = tag.abi.endswith("t") and tag.abi.startswith("cp")
        yield PythonVersion(python.minor, free)
        if tag.abi == "abi3":
            yield from map(PythonVersion, range(python.minor, _NEWEST_MINOR))


def _platforms(file: File) -> Iterator[tuple[OsFamily, Arch]]:
    for tag in file.tags:
        family = next((found for start, found in _FAMILIES.items() if start in tag.platform), None)
        if family is None:
            continue
        if tag.platform.endswith("universal2"):
            yield from ((family, arch) for arch in Arch)
        for ending, arch in _ARCHS.items():
            if tag.platform.endswith(ending):
                yield family, arch


def _is_torch(requirement: str) -> bool:
    try:
        return Requirement(requirement).name.lower() == "torch"
    except InvalidRequirement:
        return False


def _version(name: str, version: str) -> Version:
    try:
        return Version(version)
    except InvalidVersion:
        raise UsageError(f"{version!r} is no version of {name}.", "Write it as NAME==1.2.3.") from None
