"""Installed files against the list that the package came with."""

from __future__ import annotations

import base64
import csv
import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from envgen.doctor.observed import Distribution, FilesCheck

LIBRARY_SUFFIXES = (".so", ".pyd", ".dll", ".dylib")
BLOCK = 1 << 20
_Owners = dict[str, dict[str, str]]  # file to package to hash


@dataclass(frozen=True)
class Entry:
    """A line of RECORD; no size and no hash for files that are made at the installation."""

    name: str
    digest: str
    size: int | None


def check_files(packages: Iterable[Distribution], *, thorough: bool) -> tuple[FilesCheck, ...]:
    """The files of packages against their RECORDs; one without a list is left out.

    Args:
        packages: those that may write into the same folders.
        thorough: compare hashes too, which reads every file.
    """
    records = {found: tuple(entries(found)) for found in packages}
    owners = _owners(records)
    return tuple(
        _check(found, record, owners[found.folder], thorough=thorough) for found, record in records.items() if record
    )


def _check(found: Distribution, record: Sequence[Entry], owners: _Owners, *, thorough: bool) -> FilesCheck:
    # conda rewrites prefixes inside files: their sizes and hashes are those of another place.
    compared = () if found.installer == "conda" else record
    return FilesCheck(
        package=found.name,
        missing=tuple(entry.name for entry in record if entry.digest and not (found.folder / entry.name).exists()),
        changed=tuple(entry.name for entry in compared if _differs(found.folder, entry, thorough=thorough)),
        unlisted=tuple(_unlisted(found.folder, record, owners)),
        shared=_shared(found, record, owners),
        libraries=sum(is_library(entry.name) for entry in record),
        hashed=thorough,
    )


def _owners(records: Mapping[Distribution, Sequence[Entry]]) -> Mapping[Path, _Owners]:
    """By folder and file, the packages that list it, each with the hash that it gives."""
    owners: defaultdict[Path, _Owners] = defaultdict(dict)
    for found, record in records.items():
        for entry in record:
            owners[found.folder].setdefault(entry.name, {})[found.name] = entry.digest
    return owners


def entries(found: Distribution) -> Iterator[Entry]:
    """The lines of a package's RECORD; none when it has none, or none that can be read."""
    try:
        text = (found.info / "RECORD").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    try:
        for name, digest, size in csv.reader(text.splitlines()):
            if not name.endswith(".pyc") and _is_inside(found.folder, name):
                yield Entry(name, digest, int(size) if size.isascii() and size.isdigit() else None)
    except (ValueError, csv.Error):
        return


def _is_inside(folder: Path, name: str) -> bool:
    """Whether a file of a list lies in the environment: programs are two or three folders up from the packages."""
    top = folder.parents[min(2, len(folder.parents) - 1)]
    return Path(os.path.normpath(folder / name)).is_relative_to(top)


def _differs(folder: Path, entry: Entry, *, thorough: bool) -> bool:
    path = folder / entry.name
    try:
        if not path.is_file():
            return False
        if entry.size is not None and path.stat().st_size != entry.size:
            return True
        return bool(thorough and entry.digest) and _digest(path, entry.digest) != entry.digest
    except OSError:
        return False


def _digest(path: Path, wanted: str) -> str:
    name = wanted.partition("=")[0]
    if name not in hashlib.algorithms_available:
        return wanted
    digest = hashlib.new(name, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return f"{name}={base64.urlsafe_b64encode(digest.digest()).rstrip(b'=').decode()}"


def _unlisted(folder: Path, record: Sequence[Entry], owners: _Owners) -> Iterator[str]:
    """Libraries in the package's own folders that no package lists: another release left them."""
    tops = {entry.name.split("/")[0] for entry in record if "/" in entry.name}
    for top in sorted(tops - {"..", "nvidia"}):  # the folder nvidia belongs to many packages
        for where, _, files in os.walk(folder / top):
            names = (Path(where, file).relative_to(folder).as_posix() for file in sorted(files) if is_library(file))
            yield from (name for name in names if name not in owners)


def _shared(found: Distribution, record: Sequence[Entry], owners: _Owners) -> dict[str, str]:
    """Files that another package lists with another content: the one that was installed last has it."""
    return {
        entry.name: other
        for entry in record
        for other, digest in owners[entry.name].items()
        if other != found.name and digest and entry.digest and digest != entry.digest
    }


def is_library(name: str) -> bool:
    """Whether a file name is that of a shared library."""
    return name.endswith(LIBRARY_SUFFIXES) or ".so." in name
