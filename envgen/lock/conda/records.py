"""A conda lock as the installer takes it: records for rattler, lines for pip."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from envgen.errors import LockError
from envgen.lock.conda.document import BUILD, DamagedCondaLockError, read_lockfile
from envgen.lock.conda.extra import part

if TYPE_CHECKING:
    from conda_lock.lockfile.v2prelim.models import LockedDependency
    from rattler import RepoDataRecord

CONDA, PIP = "conda", "pip"


def records_of(path: Path, platform: str) -> list[RepoDataRecord]:
    """The conda packages of a platform; variables in addresses (credentials) are filled in.

    Raises:
        DamagedCondaLockError: the file is no conda lock, or has nothing for the platform.
    """
    entries = [entry for entry in read_lockfile(path).package if (entry.platform, entry.manager) == (platform, CONDA)]
    if not entries:
        raise DamagedCondaLockError(path, f"it has nothing for {platform}")
    return [_record(entry, path) for entry in entries]


def check_local_files(records: Iterable[RepoDataRecord]) -> None:
    """Compares the packages of local channels with their hashes, which the installer does for downloads only.

    Raises:
        LockError: a file is not there, or is not what was locked.
    """
    for record in records:
        address = urlsplit(record.url)
        if address.scheme != "file":
            continue
        wanted = ("sha256", record.sha256) if record.sha256 else ("md5", record.md5)
        try:
            with Path(url2pathname(address.path)).open("rb") as file:
                found = hashlib.file_digest(file, wanted[0]).digest()
        except OSError as error:
            raise LockError(f"{record.url} cannot be read: {error.strerror}.", "Is its channel still there?") from None
        if found != wanted[1]:
            raise LockError(
                f"{record.url} is not the file that was locked: its {wanted[0]} is {found.hex()}.",
                "Find out who changed it before you lock again with `envgen lock --manager conda --upgrade`.",
            )


def pip_lines(path: Path, platform: str) -> list[str]:
    """The packages of a platform that pip installs: an address and a hash each."""
    of_it = [entry for entry in read_lockfile(path).package if (entry.platform, entry.manager) == (platform, PIP)]
    entries = [entry for entry in of_it if not entry.categories & BUILD]
    return [f"{entry.name} @ {os.path.expandvars(entry.url)} --hash=sha256:{entry.hash.sha256}" for entry in entries]


def _record(entry: LockedDependency, path: Path) -> RepoDataRecord:
    rattler = part("rattler")
    url = os.path.expandvars(entry.url)
    folder, _, file = url.rpartition("/")
    channel, _, subdir = folder.rpartition("/")
    stem = file.removesuffix(".conda").removesuffix(".tar.bz2")
    if stem == file or stem.count("-") < 2:
        raise DamagedCondaLockError(path, f"{url} is no conda package")
    build = stem.rpartition("-")[2]
    number = build.rpartition("_")[2]
    record = rattler.PackageRecord(
        name=entry.name,
        version=entry.version,
        build=rattler.BuildString(build),
        build_number=int(number) if number.isdigit() else 0,
        subdir=subdir,
        depends=[f"{name} {version}".strip() for name, version in entry.dependencies.items()],
        md5=bytes.fromhex(entry.hash.md5),
        sha256=bytes.fromhex(entry.hash.sha256) if entry.hash.sha256 else None,
        noarch="generic" if subdir == "noarch" else None,
        python_site_packages_path=_free_threaded_folder(entry, build),
    )
    found: RepoDataRecord = rattler.RepoDataRecord(record, file, url, channel)
    return found


def _free_threaded_folder(entry: LockedDependency, build: str) -> str | None:
    """Where a Python without the global lock has its packages, which a lock does not tell: `lib/python3.14t/...`."""
    if entry.name != "python" or not build.endswith("t") or entry.platform.startswith("win"):
        return None
    major, minor = entry.version.split(".")[:2]
    return f"lib/python{major}.{minor}t/site-packages"
