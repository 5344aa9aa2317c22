"""What stops a refresh until somebody has looked: facts that rules rely on changed in a way that wheels seldom do."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from packaging.version import Version

from envgen.cell import PythonVersion
from envgen.compat.published import TORCH, TORCH_TENSORRT, torch_releases, torch_tensorrt_releases
from envgen.compat.records import Platform, TorchRelease
from envgen.compat.snapshot import Snapshot
from envgen.compat.words import listed, pythons
from envgen.refresh.packages import Known
from envgen.refresh.requirements import asked, cuda_asked


@dataclass(frozen=True)
class Finding:
    """A reason to look before the new facts are taken.

    Attributes:
        guard: which one found it, as packages.yaml names it under `known`.
        package: whose new snapshot is held back.
        release: package and version.
        files: how many it is about; 0 where it is not about files.
    """

    guard: str
    package: str
    release: str
    sentence: str
    files: int = 0


Snapshots = Mapping[str, Snapshot]
_Releases = Mapping[Version, TorchRelease]


def findings(old: Snapshots, new: Snapshots, known: Collection[Known]) -> tuple[Finding, ...]:
    """Everything that the guards find in new snapshots beside the old ones, but for what is known.

    Args:
        old: by package; also of packages that have no new one.
        new: by package.
    """
    merged = {**old, **new}
    found = [finding for name in new if name in old for finding in files_of(old[name], new[name])]
    if TORCH in new:
        was = torch_releases(old[TORCH]) if TORCH in old else {}
        now = torch_releases(new[TORCH])
        found += [*_abi(was, now), *_sm(was, now), *_triton(was, now), *_metadata(new[TORCH], now)]
    if TORCH in merged and TORCH_TENSORRT in merged and {TORCH, TORCH_TENSORRT} & set(new):
        found += _majors(merged, TORCH_TENSORRT if TORCH_TENSORRT in new else TORCH)
    return tuple(finding for finding in found if Known(finding.guard, finding.release) not in known)


def files_of(old: Snapshot, new: Snapshot) -> Iterator[Finding]:
    """What vanished from an index between two snapshots of it, and what has other content under its old name."""
    had, has = old.files, new.files
    for version, entry in old.releases.items():
        gone = [name for name in entry["files"] if name not in has]
        changed = [
            name for name in entry["files"] if name in has and had[name] and has[name] and had[name] != has[name]
        ]
        release = f"{old.package} {version}"
        if gone:
            whole = "every file of the release" if len(gone) == len(entry["files"]) else some(gone, 1)
            sentence = f"{release}: {whole} has vanished from the index."
            yield Finding("vanished", old.package, release, sentence, len(gone))
        if changed:
            sentence = f"{release}: {some(changed, 1)} has other content than it had."
            yield Finding("changed", old.package, release, sentence, len(changed))


def _abi(was: _Releases, now: _Releases) -> Iterator[Finding]:
    for platform in Platform:
        before: bool | None = None
        for version, release in now.items():
            wheels = release.wheels.get(platform)
            if wheels is None or wheels.cxx11_abi is None:
                continue
            judged = version in was and _abi_of(was[version], platform) == wheels.cxx11_abi
            if was and before not in (None, wheels.cxx11_abi) and not judged:
                name = f"torch {version}"
                words = "new" if wheels.cxx11_abi else "old"
                yield Finding(
                    "abi",
                    TORCH,
                    name,
                    f"{name} for {platform.words} has libstdc++'s {words} ABI, unlike those before it.",
                )
            before = wheels.cxx11_abi


def _abi_of(release: TorchRelease, platform: Platform) -> bool | None:
    wheels = release.wheels.get(platform)
    return wheels.cxx11_abi if wheels else None


def _sm(was: _Releases, now: _Releases) -> Iterator[Finding]:
    seen = {sm for release in was.values() for wheels in release.wheels.values() for sm in wheels.sm}
    for version, release in now.items():
        new = sorted({sm for wheels in release.wheels.values() for sm in wheels.sm} - seen) if seen else []
        if new:
            name = f"torch {version}"
            sentence = f"{name} is built for {listed(sm.sm for sm in new)}, which no release before was."
            yield Finding("sm", TORCH, name, sentence)


def _triton(was: _Releases, now: _Releases) -> Iterator[Finding]:
    platform = Platform.LINUX_X86_64
    for version, release in now.items():
        without = _without_triton(release, platform)
        new = without - _without_triton(was[version], platform) if version in was else without
        if was and new:
            name = f"torch {version}"
            sentence = f"{name} leaves triton out for Python {pythons(new)} on {platform.words}, by a marker."
            yield Finding("triton", TORCH, name, sentence)


def _without_triton(release: TorchRelease, platform: Platform) -> frozenset[PythonVersion]:
    wheels = release.wheels.get(platform)
    return frozenset(wheels.without_triton) if wheels else frozenset()


def _metadata(snapshot: Snapshot, now: _Releases) -> Iterator[Finding]:
    """On Linux on x86_64 the metadata of every release so far named the CUDA of the binary."""
    platform = Platform.LINUX_X86_64
    for version, release in now.items():
        wheels = release.wheels.get(platform)
        requires = snapshot.releases[version].get("inside", {}).get("requires")
        if wheels is None or wheels.cuda is None or requires is None:
            continue
        claimed = cuda_asked(asked(requires, platform, wheels.pythons[0]))
        if claimed and claimed != wheels.cuda:
            name = f"torch {version}"
            sentence = f"{name} for {platform.words} asks for {claimed} in its metadata and is built for {wheels.cuda}."
            yield Finding("cuda-metadata", TORCH, name, sentence)


def _majors(snapshots: Snapshots, held: str) -> Iterator[Finding]:
    platform = Platform.LINUX_X86_64
    torches = torch_releases(snapshots[TORCH])
    for version, release in torch_tensorrt_releases(snapshots[TORCH_TENSORRT]).items():
        fitting = [torch for torch in torches if release.torch.contains(torch)]
        torch = torches[max(fitting)].wheels.get(platform) if fitting else None
        own = release.wheels.get(platform)
        if torch and own and torch.cuda and own.cuda and torch.cuda.major != own.cuda.major:
            name = f"torch-tensorrt {version}"
            sentence = (
                f"{name} is built for {own.cuda}, and torch {max(fitting)}, which it asks for, for {torch.cuda}"
                f" on {platform.words}."
            )
            yield Finding("cuda-majors", held, name, sentence)


def some(things: Collection[object], shown: int = 3) -> str:
    """The first few of many: `2.0.0, 2.1.0, 2.2.0 and 27 more`."""
    ordered = list(things)
    if len(ordered) <= shown:
        return listed(ordered)
    return f"{', '.join(map(str, ordered[:shown]))} and {len(ordered) - shown} more"
