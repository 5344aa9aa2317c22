"""What an index says of one package: its files, and nothing that is not on the page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from packaging.tags import Tag
from packaging.utils import (
    BuildTag,
    InvalidSdistFilename,
    InvalidWheelFilename,
    NormalizedName,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

_ARCHIVES = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".egg", ".exe")


@dataclass(frozen=True)
class File:
    """One file of a package on one index.

    Attributes:
        version: None where the name does not follow the standard.
        index: `default`, or the address of the index or folder it stands on, without credentials.
        url: without credentials.
        sha256: as the index states it; ranges of a file cannot be checked against it.
        size: bytes.
        requires_python: empty when nothing is said.
        metadata: whether its METADATA is offered beside it (PEP 658).
    """

    name: str
    version: Version | None
    index: str
    url: str
    sha256: str | None = None
    size: int | None = None
    requires_python: str = ""
    yanked: bool = False
    metadata: bool = False
    uploaded: datetime | None = None

    @property
    def is_wheel(self) -> bool:
        return self.name.endswith(".whl")

    @property
    def tags(self) -> frozenset[Tag]:
        """The tags in a wheel's name; none for other files."""
        return self._wheel[1]

    @property
    def build(self) -> BuildTag:
        """The build tag in a wheel's name; the empty one otherwise."""
        return self._wheel[0]

    @cached_property
    def _wheel(self) -> tuple[BuildTag, frozenset[Tag]]:
        try:
            return parse_wheel_filename(self.name)[2:]
        except InvalidWheelFilename:
            return (), frozenset()


@dataclass(frozen=True)
class Listing:
    """The files of one package on one index.

    Attributes:
        index: as in its files.
        files: ascending by version, then by name.
        sha256: of what the page says of its files, their addresses aside; the same for the same files.
        changed: False when the index answered that nothing has changed since the cached page.
    """

    package: str
    index: str
    files: tuple[File, ...]
    etag: str | None = None
    last_modified: str | None = None
    sha256: str = ""
    changed: bool = True

    @classmethod
    def of(
        cls,
        package: str,
        index: str,
        files: Iterable[File],
        etag: str | None = None,
        last_modified: str | None = None,
        changed: bool = True,
    ) -> Listing:
        """A listing with its files in order, each once, and its hash."""
        once = {file.name: file for file in reversed(list(files))}
        ordered = tuple(sorted(once.values(), key=lambda file: (file.version or Version("0.dev0"), file.name)))
        return cls(package, index, ordered, etag, last_modified, _hash(ordered), changed)


def is_archive(name: str) -> bool:
    """Whether a file may hold a package."""
    return name.endswith(_ARCHIVES)


def named(name: str) -> tuple[NormalizedName, Version] | tuple[None, None]:
    """The package and the version that a file's name states; nothing when it does not follow the standard."""
    try:
        return parse_wheel_filename(name)[:2] if name.endswith(".whl") else parse_sdist_filename(name)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None, None


def _hash(files: Iterable[File]) -> str:
    said = [[f.name, f.sha256, f.size, f.requires_python, f.yanked, f.metadata, str(f.uploaded or "")] for f in files]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
