"""conda-lock.yml: its models, its text and its entries are conda-lock's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from envgen.errors import LockError
from envgen.lock.conda.extra import part
from envgen.lock.conda.request import PlatformRequest

if TYPE_CHECKING:
    from conda_lock.lockfile.v2prelim.models import LockedDependency, Lockfile
    from rattler import RepoDataRecord

FILE = "conda-lock.yml"
SOURCE = "matrix.yaml"
MAIN = frozenset({"main"})  # an entry without a category would vanish from the file
BUILD = frozenset({"build"})  # what source distributions are built with; no program installs this category unasked
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CDumper", yaml.Dumper)


class DamagedCondaLockError(LockError):
    """A file is no conda lock."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path} is not a usable conda lock: {why}.", "Delete it and run `envgen lock` again.")


def entry_of(record: RepoDataRecord, platform: str, channels: Sequence[str]) -> LockedDependency:
    """A solved record as an entry of a lock; credentials in a channel's address stay variables.

    Raises:
        LockError: the channel does not tell its MD5, which the format demands.
    """
    models = part("conda_lock.lockfile.v2prelim.models")
    name = record.name.normalized
    if record.md5 is None:
        raise LockError(
            f"{record.url} has no MD5 in its channel, and conda-lock.yml cannot be written without it.",
            "Use a channel that tells it, or another build of the package.",
        )
    entry: LockedDependency = models.LockedDependency(
        name=name,
        version=str(record.version),
        manager="conda",
        platform=platform,
        categories=set(MAIN),
        dependencies=_dependencies(record.depends),
        url=part("conda_lock.models.channel").normalize_url_with_placeholders(record.url, channels=_channels(channels)),
        hash=models.HashModel(md5=record.md5.hex(), sha256=record.sha256.hex() if record.sha256 else None),
    )
    return entry


def _dependencies(depends: Iterable[str]) -> dict[str, str]:
    """Name to version, as conda-lock writes them: without builds, several of one name joined."""
    found: dict[str, str] = {}
    for text in depends:
        spec = part("conda_lock.interfaces.vendored_conda").MatchSpec(text)
        version = str(spec.version or "")
        known = found.get(spec.name)
        found[spec.name] = f"{known},{version}" if known and version else (known or version)
    return found


def lockfile_of(entries: Sequence[LockedDependency], channels: Sequence[str], hashes: Mapping[str, str]) -> Lockfile:
    """A lock of all platforms.

    Args:
        hashes: platform to what conda-lock calls the content hash of its input.
    """
    models = part("conda_lock.lockfile.v2prelim.models")
    lockfile: Lockfile = models.Lockfile(
        package=list(entries),
        metadata=models.LockMeta(
            content_hash=dict(sorted(hashes.items())),
            channels=_channels(channels),
            platforms=sorted(hashes),
            sources=[SOURCE],
        ),
    )
    return lockfile


def text_of(lockfile: Lockfile) -> str:
    """The file's text: what conda-lock's `write_conda_lock_file` writes below its comment, in a fifth of the time."""
    lockfile.alphasort_inplace()
    lockfile.filter_virtual_packages_inplace()
    text: str = yaml.dump(lockfile.to_v1().dict_for_output(), Dumper=_Dumper, sort_keys=False)
    return text


def read_lockfile(path: Path) -> Lockfile:
    """A conda lock, whoever wrote it.

    Raises:
        DamagedCondaLockError: it cannot be read, or is none.
    """
    models = part("conda_lock.lockfile.v1.models")
    later = part("conda_lock.lockfile.v2prelim.models")
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader, in C
        lockfile: Lockfile = later.lockfile_v1_to_v2(models.Lockfile.model_validate(content))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise DamagedCondaLockError(path, _one_line(error)) from None
    return lockfile


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200].rstrip(".")


def content_hashes(platforms: Iterable[PlatformRequest], channels: Sequence[str]) -> dict[str, str]:
    """Platform to conda-lock's content hash of what was asked, its virtual packages left out."""
    specs = part("conda_lock.models.lock_spec")
    asked = {platform.subdir: [_versioned(spec) for spec in platform.specs] for platform in platforms}
    specification = specs.LockSpecification(dependencies=asked, channels=_channels(channels), sources=[])
    hashes: dict[str, str] = part("conda_lock.content_hash").compute_content_hashes(specification, None)
    return hashes


def _channels(names: Sequence[str]) -> list[Any]:
    return [part("conda_lock.models.channel").Channel.from_string(name) for name in names]


def _versioned(spec: str) -> Any:
    name, _, rest = spec.partition(" ")
    version, _, build = rest.partition(" ")
    return part("conda_lock.models.lock_spec").VersionedDependency(
        name=name, version=version or "*", build=build or None
    )
