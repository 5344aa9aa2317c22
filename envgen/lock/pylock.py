"""Reading a lock: PEP 751 files, with envgen's own `[tool.envgen]` table."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.tags import Tag
from packaging.utils import canonicalize_name, parse_wheel_filename

from envgen.errors import LockError

# The names that PEP 600 gives a meaning: the oldest glibc of each.
_DATED_MANYLINUX = {"manylinux1": "2_5", "manylinux2010": "2_12", "manylinux2014": "2_17"}


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
        LockError: it cannot be read, is not TOML, not a PEP 751 lock, or a package has no sha256.
    """
    try:
        data = path.read_bytes()
        document = tomllib.loads(data.decode("utf-8"))
        own = document.get("tool", {}).get("envgen", {})
        sizes = own.get("sizes", {})
        packages = tuple(_package(entry, sizes, path.parent) for entry in document["packages"])
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise LockError(f"{path} is not a usable lock: {error!r}.", "Delete it and run `envgen lock` again.") from None
    return Lock(path, packages, own.get("request", ""), hashlib.sha256(data).hexdigest(), own.get("uv", ""))


def installed_file(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a lock says of the file that is installed for a package; a source distribution only without wheels.

    Raises:
        LockError: it is no file.
    """
    if wheels := entry.get("wheels"):
        return max(wheels, key=_specificity)  # all of them fit the cell; the first of equals is installed
    source: Mapping[str, Any] | None = entry.get("archive") or entry.get("sdist")
    if source is None:
        raise LockError(
            f"{entry['name']} is locked as a folder or a repository, which has no hash.",
            "Require a released file of it.",
        )
    return source


def _specificity(wheel: Mapping[str, Any]) -> tuple[object, ...]:
    """The order in which an installer prefers the tags of wheels that all fit, as PyPA's platform tags define it."""
    _, _, build, tags = parse_wheel_filename(file_name(wheel))
    return max(_tag_rank(tag) for tag in tags), build


def _tag_rank(tag: Tag) -> tuple[object, ...]:
    abi = 2 if tag.abi.startswith("cp") else 1 if tag.abi == "abi3" else 0
    minor = int(tag.interpreter[3:] or 0) if tag.interpreter[3:].isdigit() else 0
    platform = _DATED_MANYLINUX.get(tag.platform.split("_")[0], tag.platform)
    floor = tuple(int(number) for number in re.findall(r"\d+", platform)[:2])
    return tag.platform != "any", abi, tag.interpreter.startswith("cp"), minor, floor


def file_name(file: Mapping[str, Any]) -> str:
    """The name of a file in a lock: its own, or the last part of where it is."""
    name: str = file.get("name") or unquote(urlsplit(file.get("url") or file["path"]).path.rsplit("/", 1)[-1])
    return name


def _package(entry: dict[str, Any], sizes: dict[str, int], folder: Path) -> LockedPackage:
    chosen = installed_file(entry)
    location = chosen.get("url") or (folder / chosen["path"]).resolve().as_uri()
    file = file_name(chosen)
    return LockedPackage(
        name=canonicalize_name(entry["name"]),
        version=entry["version"],
        file=file,
        location=location,
        sha256=chosen["hashes"]["sha256"],
        size=chosen.get("size") or sizes.get(file),
    )
