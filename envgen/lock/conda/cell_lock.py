"""One platform of a conda lock, as the ladder reads any lock."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from packaging.utils import canonicalize_name

from envgen.lock.conda.document import BUILD, read_lockfile
from envgen.lock.conda.header import Header
from envgen.lock.pep751 import BuildRequirement
from envgen.lock.pylock import Lock, LockedPackage


def cell_lock(path: Path, platform: str, names: Mapping[str, str]) -> Lock:
    """The packages of a platform, under the names they have on the Python package index.

    Args:
        names: name on the Python package index to name in the channel, where they differ.

    Raises:
        DamagedCondaLockError: the file is no conda lock.
    """
    of_it = [entry for entry in read_lockfile(path).package if entry.platform == platform]
    entries = [entry for entry in of_it if not entry.categories & BUILD]
    build: dict[str, BuildRequirement] = {
        canonicalize_name(entry.name): BuildRequirement(
            version=entry.version, url=os.path.expandvars(entry.url), sha256=entry.hash.sha256 or ""
        )
        for entry in of_it
        if entry.categories & BUILD
    }
    pypi = {conda: name for name, conda in names.items()}
    packages = tuple(
        LockedPackage(
            name=canonicalize_name(pypi.get(entry.name, entry.name)),
            version=entry.version,
            file=PurePosixPath(urlsplit(entry.url).path).name,
            location=entry.url,
            sha256=entry.hash.sha256 or "",
        )
        for entry in sorted(entries, key=lambda entry: (entry.manager, entry.name))
    )
    header = Header.read(path.read_text(encoding="utf-8"))
    named = [(package.location, package.sha256) for package in packages]
    content = "".join(f"{url} {digest}\n" for url, digest in [*named, *((b.url, b.sha256) for b in build.values())])
    return Lock(
        path=path,
        packages=packages,
        request=header.requests.get(platform, "") if header else "",
        sha256=hashlib.sha256(content.encode()).hexdigest(),  # of this platform: what others have is not its matter
        uv="",
        edited=header is None,
        build=build,
    )
