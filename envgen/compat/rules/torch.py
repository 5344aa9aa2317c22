"""Rules about torch: does the release, its wheel and its CUDA build exist, and does the system carry it."""

from __future__ import annotations

from packaging.version import Version

from envgen.cell import FAMILY, Arch, Cell, OsFamily, Release
from envgen.compat.builds import TorchBuilds, Where, torch_builds
from envgen.compat.facts import Facts
from envgen.compat.records import IndexPromise, Platform, TorchWheels
from envgen.compat.rules.rule import Finding, Rule, all_of, fits, impossible, missing, unknown
from envgen.compat.rules.system import glibc_floor, libstdcxx_floor
from envgen.compat.words import build_of, cuda_names, known_releases, listed, pythons


def torch_release(label: Release, facts: Facts) -> Finding:
    """Whether a torch exists, as far as the facts know."""
    version = facts.newest_patch(label)
    if version:
        stands = f"torch {label} stands for {version}, its newest patch." if label.is_minor else ""
        return fits(stands or f"torch {version} exists.", facts.torch_source)
    if facts.newer_torch(label):
        newest = facts.torch_versions()[-1]
        return unknown(
            f"torch {label} is newer than the newest known one, {newest}: nothing is known of it.", facts.torch_source
        )
    return missing(f"torch {label} does not exist; {known_releases(facts.torch, label)}.", facts.torch_source)


def _torch_platform(cell: Cell, facts: Facts) -> Finding:
    builds = torch_builds(cell, facts)
    if builds is None:
        return no_such_torch(cell)
    platform = Platform.of_cell(cell)
    if builds.default:
        return fits(f"torch {builds.version} has wheels for {platform.words}.", facts.torch_source)
    sentence = f"torch {builds.version} has no wheel for {platform.words}"
    last = [version for version, release in facts.torch.items() if platform in release.wheels]
    if last:
        return missing(f"{sentence}; the last release that has one is {last[-1]}.", facts.torch_source)
    return missing(f"{sentence}, and no release on the default index has one.", facts.torch_source)


def _torch_python(cell: Cell, facts: Facts) -> Finding:
    builds = torch_builds(cell, facts)
    if builds is None or builds.default is None:
        return no_such_torch(cell)
    if cell.python in builds.default.pythons:
        return fits(_wheel_exists(cell, builds, builds.default), facts.torch_source)
    if cell.python.minor > facts.newest_python.minor:
        return unknown(
            f"Python {cell.python} is newer than the newest one known to torch's wheels, {facts.newest_python}.",
            facts.torch_source,
        )
    on = "" if _same_everywhere(builds, facts) else f" on {Platform.of_cell(cell).words}"
    return missing(
        f"torch {builds.version} has no wheel for Python {cell.python}{on};"
        f" it has them for {pythons(builds.default.pythons)}.{_older_patch(cell, builds, facts)}",
        facts.torch_source,
    )


def _torch_system(cell: Cell, facts: Facts) -> Finding:
    builds = torch_builds(cell, facts)
    if builds is None or builds.default is None:
        return no_such_torch(cell)
    wheels, what = builds.default, f"torch {builds.version}"
    if cell.os.family is OsFamily.MACOS and wheels.macos:
        floor = wheels.macos_by_python.get(cell.python, wheels.macos)
        sentence = f"{what} for Python {cell.python} needs macOS {floor}, and the cell has macOS {cell.os.release}."
        return (fits if floor <= Version(cell.os.release) else impossible)(sentence, facts.torch_source)
    found = [
        glibc_floor(cell, facts, what, wheels.glibc, facts.torch_source),
        libstdcxx_floor(cell, facts, builds.version),
    ]
    return all_of(found) or fits(f"{what} asks nothing of {cell.os} that the facts know of.")


def _torch_cuda(cell: Cell, facts: Facts) -> Finding:
    builds = torch_builds(cell, facts)
    if builds is None or builds.default is None:
        return no_such_torch(cell)
    build = f"torch {builds.version} for {Platform.of_cell(cell).words}"
    if builds.where(cell.cuda) is Where.DEFAULT:
        return fits(f"{build} on the default index is built for {build_of(cell.cuda)}.", facts.torch_source)
    if cell.os.family is OsFamily.MACOS:
        return missing(f"{build} has no CUDA build.", facts.torch_source)
    if seen := builds.further(cell.cuda, cell.python):
        return fits(f"{build} has its build for {build_of(cell.cuda)} on {seen.source.text}.", seen.source)
    if builds.promise is None:
        return _without_promise(cell, facts, builds, build)
    promised = cell.cuda.is_cpu or cell.cuda in builds.promise.cuda
    return _promised(cell, builds.promise, build) if promised else _not_promised(cell, facts, builds, build)


def _torch_triton(cell: Cell, facts: Facts) -> Finding:
    """Only ever a remark: torch without triton works, but for torch.compile on a GPU."""
    builds = torch_builds(cell, facts)
    if builds is None or builds.default is None:
        return no_such_torch(cell)
    if cell.python not in builds.default.without_triton:
        return fits(f"Nothing in the metadata of torch {builds.version} keeps triton from Python {cell.python}.")
    return fits(
        f"The metadata of torch {builds.version} leaves triton out for Python {cell.python} on"
        f" {Platform.of_cell(cell).words}: torch.compile has no GPU backend.",
        facts.torch_source,
    )


def _promised(cell: Cell, promise: IndexPromise, build: str) -> Finding:
    where = f"{build} has its build for {build_of(cell.cuda)} on PyTorch's own index"
    if promise.pythons and cell.python not in promise.pythons:
        return unknown(f"{where}, whose list does not name Python {cell.python}.", promise.source)
    return fits(f"{where}.", promise.source)


def _without_promise(cell: Cell, facts: Facts, builds: TorchBuilds, build: str) -> Finding:
    """No list of PyTorch's own index names the release on this architecture."""
    if not any(minor == builds.minor for minor, _ in facts.promised):
        return unknown(f"Which builds PyTorch's own index has of {build} is not known yet.", facts.torch_source)
    return _not_promised(cell, facts, builds, build)


def _not_promised(cell: Cell, facts: Facts, builds: TorchBuilds, build: str) -> Finding:
    seen = facts.unlisted.get((builds.minor, cell.arch, cell.cuda))
    if seen:
        return unknown(f"{build} may have a build for {build_of(cell.cuda)}: it was seen, but no list names it.", seen)
    if builds.default and builds.default.cuda is None:
        return unknown(f"What {build} on the default index is built for could not be read.", facts.torch_source)
    promise = builds.promise or facts.promised[builds.minor, Arch.X86_64]
    others = f"it has them for {cuda_names(builds.cuda)}" if builds.cuda else "it has none for any CUDA"
    return missing(f"{build} has no build for {build_of(cell.cuda)}; {others}.", promise.source, facts.torch_source)


def no_such_torch(cell: Cell) -> Finding:
    """What there is to say of a torch that the rule on its existence has judged."""
    return unknown(f"Nothing is known of torch {cell.torch} here.")


def _wheel_exists(cell: Cell, builds: TorchBuilds, wheels: TorchWheels) -> str:
    tags = [tag for tag, again in wheels.build_tags.items() if cell.python in again]
    again = f", published again under build tag {listed(tags)}" if tags else ""
    return f"torch {builds.version} has a wheel for Python {cell.python}{again}."


def _same_everywhere(builds: TorchBuilds, facts: Facts) -> bool:
    """Whether the release has the same Pythons on every platform it has wheels for."""
    return len({wheels.pythons for wheels in facts.torch[builds.version].wheels.values()}) == 1


def _older_patch(cell: Cell, builds: TorchBuilds, facts: Facts) -> str:
    """Names the newest other patch of the minor that has the wheel which this one lacks."""
    platform = Platform.of_cell(cell)
    for version in reversed(facts.torch_versions()):
        wheels = facts.torch[version].wheels.get(platform)
        if version.release[:2] == builds.version.release[:2] and wheels and cell.python in wheels.pythons:
            return f" torch {version} has one: name it exactly to use it."
    return ""


TORCH_RELEASE = Rule(
    "torch-release", "Does this torch exist?", ("torch",), lambda cell, facts: torch_release(cell.torch, facts)
)
TORCH_PLATFORM = Rule("torch-platform", "Has it wheels for the platform?", ("torch", FAMILY, "arch"), _torch_platform)
TORCH_PYTHON = Rule(
    "torch-python", "Has it a wheel for this Python there?", ("python", "torch", FAMILY, "arch"), _torch_python
)
TORCH_SYSTEM = Rule(
    "torch-system",
    "Does that wheel load with the system's glibc and libstdc++, or macOS?",
    ("python", "torch", "os", "arch"),
    _torch_system,
)
TORCH_CUDA = Rule(
    "torch-cuda",
    "Has it a build for this CUDA, and on which index?",
    ("python", "torch", "cuda", FAMILY, "arch"),
    _torch_cuda,
)
TORCH_TRITON = Rule(
    "torch-triton", "Does torch bring triton for torch.compile?", ("python", "torch", FAMILY, "arch"), _torch_triton
)
