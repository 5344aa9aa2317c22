"""Looks into files and folders for shared libraries, and at what surrounds each of them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from envgen.binary.content import Unreadable, printable
from envgen.binary.facts import Binary
from envgen.binary.quarantine import quarantine_of
from envgen.binary.read import is_archive, is_binary_name, read_binary

if TYPE_CHECKING:
    from envgen.binary.archive import Member

_SYSTEM = ("/lib/{machine}-linux-gnu", "/usr/lib/{machine}-linux-gnu", "/lib64", "/usr/lib64", "/usr/local/lib")


@dataclass(frozen=True)
class Looked:
    """A file that is a shared library, or should be one.

    Attributes:
        file: relative to the folder or the archive it came from.
        binaries: one for each machine that it is for; none when it cannot be read.
        unreadable: why it cannot be read; completes "it cannot be read: ".
        beside: the names of the libraries that came with it, or that it finds on this machine, in lower case.
        wheel: the name of the wheel that it came in.
        quarantine: which program put it into quarantine on macOS, and when; empty when none did.
    """

    file: str
    binaries: tuple[Binary, ...] = ()
    unreadable: str = ""
    beside: frozenset[str] = field(default=frozenset(), repr=False)
    wheel: str = ""
    quarantine: str = ""


def look_into(path: Path) -> tuple[Looked, ...]:
    """Every shared library of a folder or an archive, or the one that the path names; in the order of names.

    Raises:
        Unreadable: it is an archive that is damaged.
        OSError: it cannot be read.
    """
    if path.is_dir():
        return look_around(path)
    if is_archive(path):
        from envgen.binary.archive import read_archive  # noqa: PLC0415 - its readers take long to import

        return of_members(read_archive(path), path.name)
    siblings = path.parent.iterdir() if path.parent.is_dir() else ()
    beside = frozenset(each.name.lower() for each in siblings if is_binary_name(each.name))
    return (_look_at(path, path.name, beside),)


def look_around(folder: Path) -> tuple[Looked, ...]:
    """Every shared library of a folder and of those in it, in the order of names.

    Raises:
        OSError: the folder cannot be read.
    """
    next(folder.iterdir(), None)  # what comes next passes over a folder that is shut
    named = sorted(path for path in folder.rglob("*") if is_binary_name(path.name) and path.is_file())
    paths = list({path.resolve(): path for path in reversed(named)}.values())[::-1]  # libone.so may be libone.so.1
    beside = frozenset(path.name.lower() for path in named)
    return tuple(_look_at(path, path.relative_to(folder).as_posix(), beside) for path in paths)


def of_members(members: Iterable[Member], archive: str) -> tuple[Looked, ...]:
    """The members of an archive, with what it says beside them."""
    found = sorted(members, key=lambda member: member.name)
    beside = frozenset(member.name.rsplit("/", 1)[-1].lower() for member in found)
    wheel = printable(archive) if archive.endswith(".whl") else ""
    return tuple(Looked(each.name, each.binaries, each.unreadable, beside, wheel) for each in found)


def _look_at(path: Path, file: str, beside: frozenset[str]) -> Looked:
    shown = printable(file)
    quarantine = quarantine_of(path)
    try:
        binaries = read_binary(path, shown)
        here = frozenset(name for binary in binaries for name in _found_here(binary, path))
        return Looked(shown, binaries, beside=beside | here, quarantine=quarantine)
    except Unreadable as reason:
        return Looked(shown, unreadable=reason.what, beside=beside, quarantine=quarantine)


def _found_here(binary: Binary, path: Path) -> Iterator[str]:
    """The needed libraries that the loader of this machine finds, of those that lie elsewhere."""
    if binary.macho:
        yield from (name.rsplit("/", 1)[-1].lower() for name in binary.needed if name[:1] == "/" and _is_file(name))
    if binary.elf:
        own = [folder.replace("$ORIGIN", str(path.parent)) for folder in (*binary.elf.rpath, *binary.elf.runpath)]
        system = [folder.format(machine=binary.machine) for folder in _SYSTEM] if sys.platform == "linux" else []
        folders = [folder for folder in (*own, *system) if folder.startswith("/")]
        names = [name for name in binary.needed if "/" not in name]
        yield from (name.lower() for name in names if any(_is_file(f"{folder}/{name}") for folder in folders))


def _is_file(path: str) -> bool:
    """A path that stands in a file may be one that no file can have."""
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False
