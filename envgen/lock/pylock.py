"""Reading a lock: PEP 751 files, with envgen's own `[tool.envgen]` table."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from packaging.utils import canonicalize_name

from envgen.errors import LockError
from envgen.lock.pep751 import BuildRequirement, Origin, Own, Package, Source, parse_document


@dataclass(frozen=True)
class LockedPackage:
    """One package of a lock and the file that is installed for it; `size` in bytes where known."""

    name: str
    version: str
    file: str
    location: str
    sha256: str
    size: int | None = None


@dataclass(frozen=True)
class Lock:
    """A cell's lock.

    Attributes:
        request: hash over everything that was asked of the resolver; an equal request keeps its lock.
        sha256: hash of the file.
        uv: the uv that resolved it, and that installs it in an image.
        source: the extension's source distribution, where the matrix names one.
        made_at: when its packages were chosen.
        origin: where they were looked for; None in a lock that does not say.
        edited: whether it is not what envgen wrote.
        instead: a sentence for each other lock of the cell that was there and is not used.
        build: by name, what the source stubs among its packages are built with.
        new: whether it was made just now, and not kept.
        replaced: the lock that a new one took the place of, if there was one.
    """

    path: Path
    packages: tuple[LockedPackage, ...]
    request: str
    sha256: str
    uv: str
    source: Source | None = None
    made_at: datetime | None = None
    origin: Origin | None = None
    edited: bool = False
    instead: tuple[str, ...] = ()
    build: Mapping[str, BuildRequirement] = field(default_factory=dict)
    new: bool = field(default=False, compare=False)
    replaced: Lock | None = field(default=None, compare=False)

    @property
    def versions(self) -> dict[str, str]:
        return {package.name: package.version for package in self.packages}

    def version(self, name: str) -> str | None:
        return self.versions.get(canonicalize_name(name))

    @property
    def download_bytes(self) -> int:
        """The size of all files whose size is known."""
        return sum(package.size or 0 for package in self.packages)

    @property
    def local_files(self) -> tuple[LockedPackage, ...]:
        """Packages that come from this machine's own folders: nobody else can install them from this lock."""
        return tuple(package for package in self.packages if package.location.startswith("file:"))

    @property
    def local_places(self) -> tuple[str, ...]:
        """The addresses of all files of this machine that an installation reads, with those that build."""
        places = (*(package.location for package in self.packages), *(each.url for each in self.build.values()))
        return tuple(place for place in places if place.startswith("file:"))


class DamagedLockError(LockError):
    """A file is no lock, or one without what makes it exact.

    Args:
        why: what is wrong with it, without a full stop.
    """

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} is not a usable lock: {why}.", "Delete it and run `envgen lock` again.")
        self.why = why


def read_lock(path: Path) -> Lock:
    """Reads and checks a lock file.

    Raises:
        DamagedLockError: it cannot be read, is not TOML, not a PEP 751 lock, or a package has no sha256.
    """
    try:
        data = path.read_bytes()
        document = parse_document(data.decode("utf-8"))
        own = document.tool.envgen
        packages = tuple(_package(entry, own, path.parent) for entry in document.packages)
    except LockError as error:
        raise DamagedLockError(path, error.what.rstrip(".")) from None
    except (OSError, ValueError) as error:
        raise DamagedLockError(path, str(error)) from None
    return Lock(
        path, packages, own.request, hashlib.sha256(data).hexdigest(), own.uv, own.source,
        own.made_at, own.origin, edited=own.content != document.digest, build=own.build,
    )  # fmt: skip


def _package(entry: Package, own: Own, folder: Path) -> LockedPackage:
    file = entry.installed
    return LockedPackage(
        name=canonicalize_name(entry.name),
        version=entry.version,
        file=file.file_name,
        location=file.url or (folder / file.path).resolve().as_uri(),
        sha256=file.hashes.sha256,
        size=own.sizes.get(file.file_name) if file.size is None else file.size,
    )
