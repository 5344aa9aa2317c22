"""From snapshots of packages to the records that rules judge by."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from envgen.cell import Cuda, Flavour, GrammarError, PythonVersion, SmArch
from envgen.compat.records import (
    Bindings,
    Platform,
    SeenBuild,
    Stub,
    TensorRtRelease,
    TorchRelease,
    TorchTensorRtRelease,
    TorchTensorRtWheels,
    TorchWheels,
)
from envgen.compat.snapshot import Snapshot

TORCH = "torch"
TORCH_TENSORRT = "torch-tensorrt"
TENSORRT = {flavour: "tensorrt" if flavour is Flavour.FULL else f"tensorrt-{flavour}" for flavour in Flavour}
BY_NAME = "seen by its file name"  # kind of a source: nothing inside the file was read
_PART = re.compile(rf"(?P<package>{'|'.join(TENSORRT.values())})-cu(?P<major>\d+)(?:-bindings|-libs)?")
_CUDA_MAJOR = re.compile(r"-cu(\d\d)\b")


def judged_by(packages: Iterable[str]) -> tuple[str, ...]:
    """The packages whose snapshots the rules need: torch, and TensorRT of every flavour with its parts.

    Some parts, as `tensorrt-cu13`, are only a name between `tensorrt` and the others; a lock has to know them.

    Args:
        packages: all of which there are snapshots; each CUDA of which there is a part needs bindings and libraries.
    """
    known = [match for match in map(_PART.fullmatch, packages) if match]
    parts = {match[0] for match in known}
    parts |= {match.expand(rf"\g<package>-cu\g<major>-{kind}") for match in known for kind in ("bindings", "libs")}
    return (TORCH, TORCH_TENSORRT, *TENSORRT.values(), *sorted(parts))


def installed_tensorrt(versions: Mapping[str, str]) -> tuple[Flavour, str] | None:
    """The flavour and the release of the TensorRT among packages; where there are several, the one that can most.

    Which packages a TensorRT came by varies: all of it in one, a frame around bindings and libraries, or these alone.
    Bindings and libraries are of one release, but may differ in their build.

    Args:
        versions: package to version.
    """
    for flavour, package in TENSORRT.items():
        names = re.compile(rf"{package}(-cu\d+)?(-bindings|-libs)?")
        found = sorted((name.endswith("-libs"), version) for name, version in versions.items() if names.fullmatch(name))
        if found:
            return flavour, found[0][1]
    return None


def torch_releases(snapshot: Snapshot) -> dict[Version, TorchRelease]:
    """Every release of torch that has a wheel, ascending."""
    newest = _newest(snapshot)
    releases = {}
    for version, entry in _final(snapshot):
        inside = entry.get("inside", {})
        triton = any(line.startswith("triton") for line in inside.get("requires", ()))
        wheels = {
            Platform(name): _torch_wheels(wheel, newest, triton=triton) for name, wheel in entry["wheels"].items()
        }
        accepted = tuple(inside.get("arch_list_accepts", ()))
        releases[version] = TorchRelease(version, wheels, inside.get("cpp_flag"), accepted)
    return releases


def torch_tensorrt_releases(snapshot: Snapshot) -> dict[Version, TorchTensorRtRelease]:
    """Every release of torch-tensorrt whose metadata is known, ascending."""
    newest = _newest(snapshot)
    releases = {}
    for version, entry in _final(snapshot):
        inside = entry.get("inside", {})
        if "torch" not in inside:
            continue  # its metadata could not be read: which torch it is for is not known
        wheels = {Platform(name): _torch_tensorrt_wheels(wheel, newest) for name, wheel in entry["wheels"].items()}
        takes, built_for = SpecifierSet(inside["torch"]), inside.get("built_for_tensorrt", "")
        releases[version] = TorchTensorRtRelease(version, takes, built_for, wheels)
    return releases


def tensorrt_releases(snapshots: Mapping[str, Snapshot], flavour: Flavour) -> dict[Version, TensorRtRelease]:
    """Every TensorRT of a flavour that can be installed, ascending: whole wheels, or libraries and bindings of a line.

    Args:
        snapshots: by package; of the flavour `tensorrt` itself, each `tensorrt-cuNN-bindings` and `tensorrt-cuNN-libs`.
    """
    package = TENSORRT[flavour]
    parts = [match for match in map(_PART.fullmatch, snapshots) if match and match["package"] == package]
    majors = sorted({int(match["major"]) for match in parts})
    releases = {}
    for version, entry in snapshots[package].releases.items():
        if version.pre or version.is_devrelease:
            continue
        if entry.get("wheels"):
            major = _cuda_major(entry.get("inside", {}).get("requires", ()))
            lines = {major: _bindings(entry)} if major else {}
            releases[version] = TensorRtRelease(version, whole=True, metapackage="", lines=lines)
        elif stands_for := _declared(entry):
            lines, stubs = {}, set()
            for major in majors:
                libs = snapshots[f"{package}-cu{major}-libs"].releases.get(version, {})
                bindings = snapshots[f"{package}-cu{major}-bindings"].releases.get(version)
                if bindings is not None:
                    lines[major] = _beside(_bindings(bindings), _bindings(libs))
                    stubs |= set() if libs.get("wheels") else {major}
            releases[version] = TensorRtRelease(version, False, stands_for, lines, frozenset(stubs))
    return releases


def stubs(snapshots: Mapping[str, Snapshot]) -> dict[str, dict[Version, Stub]]:
    """By package, its source distributions that were looked into, ascending."""
    return {name: found for name, snapshot in snapshots.items() if (found := dict(_stubs(snapshot)))}


def _stubs(snapshot: Snapshot) -> Iterator[tuple[Version, Stub]]:
    for version, entry in snapshot.releases.items():
        inside = entry.get("inside", {})
        if "build" in inside:
            yield version, Stub(tuple(map(_normal, inside["requires"])), tuple(inside["build"]))


def _normal(line: str) -> str:
    requirement = Requirement(line)
    requirement.name = canonicalize_name(requirement.name)
    return str(requirement)


def not_installable(snapshot: Snapshot) -> dict[Version, str]:
    """TensorRT releases that are only a name: `placeholder`, or `installer` (runs pip in its setup)."""
    return {
        version: "installer" if entry["inside"].get("runs_pip") else "placeholder"
        for version, entry in snapshot.releases.items()
        if "read" in entry.get("inside", {}) and not entry["wheels"] and not _declared(entry)
    }


def seen_builds(snapshots: Iterable[Snapshot]) -> dict[tuple[Version, Platform], dict[Cuda, SeenBuild]]:
    """The builds of torch on the user's further indexes, by their file names; the first index that has one is named."""
    seen: defaultdict[tuple[Version, Platform], dict[Cuda, SeenBuild]] = defaultdict(dict)
    for snapshot in snapshots:
        newest, source = _newest(snapshot), replace(snapshot.source, kind=BY_NAME)
        for version, entry in snapshot.releases.items():
            cuda = _local(version)
            if cuda is None:
                continue  # a variant of something else (`+rocm6.2`), or one whose CUDA its name does not tell
            for name, wheel in entry.get("wheels", {}).items():
                build = SeenBuild(pythons_of(wheel["pythons"], newest), source)
                seen[Version(version.public), Platform(name)].setdefault(cuda, build)
    return dict(seen)


def pythons_of(texts: Iterable[str], newest: int) -> tuple[PythonVersion, ...]:
    """The Pythons of wheels; `3.12+` (stable ABI, or no ABI at all) stands for every one up to the newest known.

    Args:
        newest: minor of the newest Python that any wheel of the snapshot names.
    """
    pythons: set[PythonVersion] = set()
    for text in texts:
        if not text.endswith("+"):
            pythons.add(PythonVersion.parse(text))
            continue
        first = PythonVersion.parse(text.removesuffix("+"))
        pythons |= {
            PythonVersion(minor, first.free_threaded) for minor in range(first.minor, max(first.minor, newest) + 1)
        }
    return tuple(sorted(pythons))


def _final(snapshot: Snapshot) -> Iterator[tuple[Version, Mapping[str, Any]]]:
    for version, entry in snapshot.releases.items():
        if entry.get("wheels") and not version.is_prerelease:
            yield version, entry


def _newest(snapshot: Snapshot) -> int:
    texts = (
        text
        for entry in snapshot.releases.values()
        for wheel in entry.get("wheels", {}).values()
        for text in wheel["pythons"]
    )
    return max((PythonVersion.parse(text.removesuffix("+")).minor for text in texts), default=0)


def _torch_wheels(entry: Mapping[str, Any], newest: int, *, triton: bool) -> TorchWheels:
    inside = entry.get("inside", {})
    macos = _version(inside.get("macos") or entry.get("macos"))
    named = {PythonVersion.parse(p): Version(floor) for p, floor in entry.get("macos_by_python", {}).items()}
    return TorchWheels(
        pythons=pythons_of(entry["pythons"], newest),
        cuda=_cuda(inside.get("cuda")),
        mb=entry.get("mb") or inside.get("mb"),
        glibc=_glibc(entry),
        macos=macos,
        macos_by_python={python: floor for python, floor in named.items() if macos and floor > macos},
        sm=tuple(SmArch.parse(text) for text in inside.get("sm", ())),
        build_tags={tag: pythons_of(pythons, newest) for tag, pythons in entry.get("build_tags", {}).items()},
        without_triton=pythons_of(inside.get("without_triton", ()), newest) if triton else (),
        cxx11_abi=inside.get("cxx11_abi"),
    )


def _torch_tensorrt_wheels(entry: Mapping[str, Any], newest: int) -> TorchTensorRtWheels:
    inside = entry.get("inside", {})
    named, glibc = _version(entry.get("glibc")), _glibc(entry)
    return TorchTensorRtWheels(
        pythons=pythons_of(entry["pythons"], newest),
        cuda=_cuda(inside.get("cuda")),
        glibc=glibc,
        glibc_measured=bool(named and glibc and glibc > named),
        tensorrt=SpecifierSet(inside.get("tensorrt", "")),
    )


def _glibc(entry: Mapping[str, Any]) -> Version | None:
    """What a wheel needs: its name's promise, or more where its library asks for more."""
    floors = (entry.get("glibc"), entry.get("inside", {}).get("glibc_needed"))
    return max((Version(floor) for floor in floors if floor), default=None)


def _bindings(entry: Mapping[str, Any]) -> dict[Platform, Bindings]:
    return {
        Platform(platform): Bindings(pythons_of(wheel["pythons"], 0), _version(wheel.get("glibc")))
        for platform, wheel in entry.get("wheels", {}).items()
    }


def _beside(bindings: dict[Platform, Bindings], libs: dict[Platform, Bindings]) -> dict[Platform, Bindings]:
    """Bindings where their libraries are too, with the floors of both; of libraries from a stub none is known."""
    if not libs:
        return bindings
    return {
        platform: Bindings(own.pythons, max(filter(None, (own.glibc, libs[platform].glibc)), default=None))
        for platform, own in bindings.items()
        if platform in libs
    }


def _declared(entry: Mapping[str, Any]) -> str:
    """What a source stub stands for: `tensorrt-cu13`."""
    declared = entry.get("inside", {}).get("requires", ())
    return Requirement(declared[0]).name.replace("_", "-") if declared else ""


def _cuda_major(requires: Iterable[str]) -> int | None:
    return max((int(match[1]) for text in requires if (match := _CUDA_MAJOR.search(text))), default=None)


def _local(version: Version) -> Cuda | None:
    try:
        return Cuda.parse(version.local or "")
    except GrammarError:
        return None


def _cuda(text: str | None) -> Cuda | None:
    return Cuda.parse(text) if text else None


def _version(text: str | None) -> Version | None:
    return Version(text) if text else None
