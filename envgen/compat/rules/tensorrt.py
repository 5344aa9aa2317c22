"""Rules about TensorRT: does the release exist, has it wheels for the cell, and does the system carry them."""

from __future__ import annotations

from collections.abc import Callable

from packaging.version import Version

from envgen.cell import FAMILY, Cell, OsFamily, Release, TensorRt
from envgen.compat.facts import Facts
from envgen.compat.records import Bindings, Platform, TensorRtRelease
from envgen.compat.rules.rule import Finding, Rule, fits, impossible, missing, unknown, unsupported
from envgen.compat.rules.system import glibc_floor
from envgen.compat.words import known_releases, listed, pythons, tensorrt

_WHY_NOT = {
    "placeholder": "is a placeholder on the index that fails on purpose",
    "installer": "is on the index only as an installer that runs pip in its setup script, which no lock can hold",
}


def with_tensorrt(find: Callable[[Cell, Facts, TensorRt], Finding]) -> Callable[[Cell, Facts], Finding]:
    """A rule about TensorRT has nothing to ask of a cell without it."""

    def found(cell: Cell, facts: Facts) -> Finding:
        return find(cell, facts, cell.tensorrt) if cell.tensorrt else fits("The cell has no TensorRT.")

    return found


def with_torch_tensorrt(find: Callable[[Cell, Facts, TensorRt], Finding]) -> Callable[[Cell, Facts], Finding]:
    """A rule about torch-tensorrt has nothing to ask of a cell whose TensorRT only runs engines."""

    @with_tensorrt
    def found(cell: Cell, facts: Facts, label: TensorRt) -> Finding:
        if label.is_full:
            return find(cell, facts, label)
        return fits(f"The cell has no torch-tensorrt: a {label.flavour} runtime only runs engines made elsewhere.")

    return found


def tensorrt_release(label: TensorRt, facts: Facts) -> Finding:
    """Whether a TensorRT exists that can be installed, as far as the facts know."""
    release, named = label.release, tensorrt(label.release, label.flavour)
    version = facts.newest_tensorrt(label)
    if version:
        stands = f"{named} stands for {version}, its newest patch." if release.is_minor else ""
        return fits(stands or f"{tensorrt(version, label.flavour)} exists.", facts.tensorrt_source)
    known, only_names = facts.tensorrt[label.flavour], facts.not_installable[label.flavour]
    if facts.newer_tensorrt(label):
        return unknown(
            f"{named} is newer than the newest known one, {max(known)}: nothing is known of it.", facts.tensorrt_source
        )
    only_named = max((name for name in only_names if release.covers(name)), default=None)
    if only_named:
        why = _WHY_NOT[only_names[only_named]]
        return missing(f"{tensorrt(only_named, label.flavour)} {why}.", facts.tensorrt_source)
    return missing(f"{named} does not exist; {known_releases(known, release)}.", facts.tensorrt_source)


@with_tensorrt
def _tensorrt_release(_: Cell, facts: Facts, label: TensorRt) -> Finding:
    return tensorrt_release(label, facts)


@with_tensorrt
def _tensorrt_cuda(cell: Cell, facts: Facts, label: TensorRt) -> Finding:
    if cell.cuda.is_cpu:
        why = "" if label.is_full else ", whose memory on the GPU its engines read and write"
        return impossible(f"TensorRT needs a CUDA build of torch{why}, and the cell has the CPU build.")
    release = _release(label, facts)
    if release is None:
        return _no_such_tensorrt(label)
    known = sorted({major for other in facts.tensorrt[label.flavour].values() for major in other.lines})
    named = tensorrt(release.version, label.flavour)
    if cell.cuda.major in release.lines:
        return fits(f"{named} has wheels for CUDA {cell.cuda.major}.", facts.tensorrt_source)
    if cell.cuda.major > known[-1]:
        return unknown(f"CUDA {cell.cuda.major} is newer than any that TensorRT is known to have wheels for.")
    return missing(
        f"{named} has no wheels for CUDA {cell.cuda.major} that the facts know of;"
        f" it has them for CUDA {listed(sorted(release.lines))}.",
        facts.tensorrt_source,
    )


@with_tensorrt
def _tensorrt_wheel(cell: Cell, facts: Facts, label: TensorRt) -> Finding:
    release = _release(label, facts)
    line = release.lines.get(cell.cuda.major) if release else None
    if release is None or line is None:
        return _no_such_tensorrt(label)
    name = tensorrt(release.version, label.flavour) + ("" if release.whole else f" for CUDA {cell.cuda.major}")
    platform = Platform.of_cell(cell)
    if platform not in line:
        return missing(
            f"{name} has no wheels for {platform.words}; it has them for"
            f" {listed(sorted(known.words for known in line))}.{_other_patch(cell, facts, label)}",
            facts.tensorrt_source,
        )
    if cell.python in line[platform].pythons:
        return fits(f"{name} has a wheel for Python {cell.python} on {platform.words}.", facts.tensorrt_source)
    if cell.python.minor > facts.newest_python.minor:
        return unknown(f"Python {cell.python} is newer than the facts, so TensorRT's wheels for it are not known.")
    return missing(
        f"{name} has no wheel for Python {cell.python}; it has them for {pythons(line[platform].pythons)}."
        f"{_other_patch(cell, facts, label)}",
        facts.tensorrt_source,
    )


@with_tensorrt
def _tensorrt_system(cell: Cell, facts: Facts, label: TensorRt) -> Finding:
    bindings = _bindings(cell, facts, label)
    if bindings is None:
        return _no_such_tensorrt(label)
    what = f"{tensorrt(facts.newest_tensorrt(label), label.flavour)} on {cell.arch.value}"
    found = glibc_floor(cell, facts, what, bindings.glibc, facts.tensorrt_source)
    return found or fits(f"{what} asks nothing of {cell.os} that the facts know of.")


@with_tensorrt
def _tensorrt_stack(cell: Cell, facts: Facts, label: TensorRt) -> Finding:
    version = facts.newest_tensorrt(label) or label.release.version
    system, (refused, since) = facts.systems.get(cell.os), facts.stacks.refused
    asking = facts.stacks.of_tensorrt(version) if label.is_full and cell.os.family is OsFamily.LINUX else None
    if asking is None or system is None or system.glibc is None:
        named = tensorrt(version, label.flavour, begins=False)
        return fits(f"No library of {named} is known to ask for an executable stack.")
    library, source = asking
    asks = f"{library} of TensorRT {version} asks for an executable stack"
    if system.glibc < refused:
        return fits(
            f"{asks}, which {cell.os} gives it: glibc refuses since {refused}, and it has {system.glibc}.",
            source,
            since,
        )
    return unsupported(
        f"{asks}, which glibc refuses since {refused}, and {cell.os} has {system.glibc}: no engine can be built, unless"
        " somebody clears that flag of the library (`patchelf --clear-execstack`).",
        source,
        since,
        system.source,
    )


def _release(label: TensorRt, facts: Facts) -> TensorRtRelease | None:
    version = facts.newest_tensorrt(label)
    return facts.tensorrt[label.flavour][version] if version else None


def _bindings(cell: Cell, facts: Facts, label: TensorRt) -> Bindings | None:
    release = _release(label, facts)
    return release.lines.get(cell.cuda.major, {}).get(Platform.of_cell(cell)) if release else None


def _no_such_tensorrt(label: TensorRt) -> Finding:
    return unknown(f"Nothing is known of TensorRT {label} here.")


def _other_patch(cell: Cell, facts: Facts, label: TensorRt) -> str:
    """Names the newest other patch of the minor that has the wheel which this one lacks."""
    releases = facts.tensorrt[label.flavour]
    for version in sorted(releases, reverse=True):
        if _same_minor(version, label.release.version):
            bindings = releases[version].lines.get(cell.cuda.major, {}).get(Platform.of_cell(cell))
            if bindings and cell.python in bindings.pythons:
                other = TensorRt(Release(str(version)), label.flavour)
                return f" TensorRT {other} has one: name it exactly to use it."
    return ""


def _same_minor(one: Version, other: Version) -> bool:
    return one.release[:2] == other.release[:2]


TENSORRT_RELEASE = Rule("tensorrt-release", "Does this TensorRT exist?", ("tensorrt",), _tensorrt_release)
TENSORRT_CUDA = Rule("tensorrt-cuda", "Has it wheels for the CUDA major?", ("cuda", "tensorrt"), _tensorrt_cuda)
TENSORRT_WHEEL = Rule(
    "tensorrt-wheel",
    "Has it a wheel for the Python on the platform?",
    ("python", "cuda", "tensorrt", FAMILY, "arch"),
    _tensorrt_wheel,
)
TENSORRT_SYSTEM = Rule(
    "tensorrt-system",
    "Does that wheel load with the system's glibc?",
    ("cuda", "tensorrt", "os", "arch"),
    _tensorrt_system,
)
TENSORRT_STACK = Rule(
    "tensorrt-stack",
    "Does the system give it an executable stack, if it asks for one?",
    ("tensorrt", "os"),
    _tensorrt_stack,
)
