"""Reading a lock: PEP 751 files, with envgen's own `[tool.envgen]` table."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from envgen.errors import LockError


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
    """

    path: Path
    packages: tuple[LockedPackage, ...]
    request: str
    sha256: str
    uv: str

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


def read_lock(path: Path) -> Lock:
    """Reads and checks a lock file.

    Raises:
        LockError: it is not TOML, not a PEP 751 lock, or a package has no sha256.
    """
    data = path.read_bytes()
    try:
        document = tomllib.loads(data.decode("utf-8"))
        own = document.get("tool", {}).get("envgen", {})
        sizes = own.get("sizes", {})
        packages = tuple(_package(entry, sizes, path.parent) for entry in document["packages"])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, StopIteration, AttributeError) as error:
        raise LockError(f"{path} is not a usable lock: {error!r}.", "Delete it and run `envgen lock` again.") from None
    return Lock(path, packages, own.get("request", ""), hashlib.sha256(data).hexdigest(), own.get("uv", ""))


def _package(entry: dict[str, Any], sizes: dict[str, int], folder: Path) -> LockedPackage:
    chosen = (entry.get("wheels") or [entry["sdist"]])[0]
    location = chosen.get("url") or (folder / chosen["path"]).resolve().as_uri()
    file = chosen.get("name") or unquote(urlsplit(location).path.rsplit("/", 1)[-1])
    return LockedPackage(
        name=canonicalize_name(entry["name"]),
        version=entry["version"],
        file=file,
        location=location,
        sha256=chosen["hashes"]["sha256"],
        size=chosen.get("size") or sizes.get(file),
    )
