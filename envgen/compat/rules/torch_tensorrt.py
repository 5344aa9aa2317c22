"""Rules about torch-tensorrt, which ties one minor of torch to a range of TensorRT and one CUDA major."""

from __future__ import annotations

from dataclasses import dataclass

from packaging.version import Version

from envgen.cell import FAMILY, Cell, Cuda, TensorRt
from envgen.compat.builds import torch_builds
from envgen.compat.facts import Facts
from envgen.compat.records import Platform, TorchTensorRtRelease, TorchTensorRtWheels
from envgen.compat.rules.rule import Finding, Rule, fits, impossible, missing, unknown
from envgen.compat.rules.system import glibc_floor
from envgen.compat.rules.tensorrt import with_torch_tensorrt
from envgen.compat.words import build_of, listed, pythons, specifier


@dataclass(frozen=True)
class _Pair:
    """The torch-tensorrt for a cell's torch, and its wheels for the cell's platform."""

    torch: Version
    release: TorchTensorRtRelease
    wheels: TorchTensorRtWheels

    @property
    def name(self) -> str:
        return f"torch-tensorrt {self.release.version}"


@with_torch_tensorrt
def _wheel(cell: Cell, facts: Facts, _: TensorRt) -> Finding:
    torch = facts.newest_patch(cell.torch)
    if torch is None:
        return _not_known(cell)
    release = facts.torch_tensorrt_for(torch)
    if release is None:
        return _no_release(torch, facts)
    name, platform = f"torch-tensorrt {release.version}", Platform.of_cell(cell)
    wheels = release.wheels.get(platform)
    if wheels is None:
        has = listed(sorted(known.words for known in release.wheels))
        return missing(f"{name} has no wheel for {platform.words}; it has them for {has}.", facts.tensorrt_source)
    if cell.python in wheels.pythons:
        return fits(f"{name} has a wheel for Python {cell.python} on {platform.words}.", facts.tensorrt_source)
    if cell.python.minor > facts.newest_python.minor:
        return unknown(f"Python {cell.python} is newer than the facts, so torch-tensorrt's wheels are not known.")
    return missing(
        f"{name} has no wheel for Python {cell.python}; it has them for {pythons(wheels.pythons)}.",
        facts.tensorrt_source,
    )


@with_torch_tensorrt
def _pair(cell: Cell, facts: Facts, tensorrt: TensorRt) -> Finding:
    pair = _pair_of(cell, facts)
    if pair is None:
        return _not_known(cell)
    version = facts.newest_tensorrt(tensorrt) or tensorrt.release.version
    if _takes(pair, version):
        return fits(f"{pair.name} takes TensorRT {version}.", facts.tensorrt_source)
    # The pair of the newest torch may still get a patch that takes a TensorRT which came after the facts.
    if facts.newer_tensorrt(tensorrt) and pair.release.version == max(facts.torch_tensorrt):
        return unknown(
            f"{pair.name} asks for TensorRT {_asks(pair)}, and TensorRT {tensorrt} is newer than the facts.",
            facts.tensorrt_source,
        )
    return impossible(
        f"{pair.name}, the one for torch {pair.torch}, needs TensorRT {_asks(pair)}, not {version}.",
        facts.tensorrt_source,
    )


@with_torch_tensorrt
def _cuda(cell: Cell, facts: Facts, _: TensorRt) -> Finding:
    pair = _pair_of(cell, facts)
    if pair is None:
        return _not_known(cell)
    if pair.wheels.cuda is None:
        return unknown(f"The wheels of {pair.name} do not say which CUDA they are built for.", facts.tensorrt_source)
    built = f"{pair.name} on the default index is built for {build_of(pair.wheels.cuda)}"
    if pair.wheels.cuda.major == cell.cuda.major:
        return fits(f"{built}, the same major as torch's CUDA {cell.cuda.dotted}.", facts.tensorrt_source)
    if cell.cuda.is_cpu:
        return impossible(f"{built}, and the cell's torch for the CPU.", facts.tensorrt_source)
    return impossible(
        f"{built}, and the cell's torch for {build_of(cell.cuda)}: one process would hold two CUDA runtimes."
        f"{_fitting_builds(cell, facts, pair.wheels.cuda)}",
        facts.tensorrt_source,
    )


@with_torch_tensorrt
def _system(cell: Cell, facts: Facts, _: TensorRt) -> Finding:
    pair = _pair_of(cell, facts)
    if pair is None:
        return _not_known(cell)
    what = f"{pair.name} on {cell.arch.value}"
    note = " (measured: its file name asks for less)" if pair.wheels.glibc_measured else ""
    found = glibc_floor(cell, facts, what, pair.wheels.glibc, facts.tensorrt_source, note=note)
    return found or fits(f"{what} asks nothing of {cell.os} that the facts know of.")


def _pair_of(cell: Cell, facts: Facts) -> _Pair | None:
    torch = facts.newest_patch(cell.torch)
    release = facts.torch_tensorrt_for(torch) if torch else None
    wheels = release.wheels.get(Platform.of_cell(cell)) if release else None
    return _Pair(torch, release, wheels) if torch and release and wheels else None


def _takes(pair: _Pair, tensorrt: Version) -> bool:
    if len(pair.wheels.tensorrt):
        return pair.wheels.tensorrt.contains(tensorrt, prereleases=True)
    return tensorrt.release[:2] == Version(pair.release.built_for).release[:2]


def _asks(pair: _Pair) -> str:
    return specifier(pair.wheels.tensorrt) or f"{pair.release.built_for}, for which it was built"


def _no_release(torch: Version, facts: Facts) -> Finding:
    newest = max(facts.torch_tensorrt)
    if torch.release[:2] > newest.release[:2]:
        return unknown(
            f"No torch-tensorrt for torch {torch} is known yet; the newest is {newest}.", facts.tensorrt_source
        )
    return missing(f"No torch-tensorrt on the default index takes torch {torch}.", facts.tensorrt_source)


def _not_known(cell: Cell) -> Finding:
    return unknown(f"No torch-tensorrt for torch {cell.torch} on this platform is known.")


def _fitting_builds(cell: Cell, facts: Facts, built_for: Cuda) -> str:
    """Names the builds of torch with the CUDA major that the pair was built for."""
    builds = torch_builds(cell, facts)
    fitting = [cuda for cuda in builds.cuda if cuda.major == built_for.major] if builds else []
    return f" torch's build for {listed(fitting)} fits." if fitting else ""


TORCH_TENSORRT_WHEEL = Rule(
    "torch-tensorrt-wheel",
    "Has torch a torch-tensorrt with a wheel for the Python on the platform?",
    ("python", "torch", "tensorrt", FAMILY, "arch"),
    _wheel,
)
TORCH_TENSORRT_PAIR = Rule(
    "torch-tensorrt-pair", "Does that torch-tensorrt take this TensorRT?", ("torch", "tensorrt", FAMILY, "arch"), _pair
)
TORCH_TENSORRT_CUDA = Rule(
    "torch-tensorrt-cuda",
    "Is it built for the CUDA major of torch?",
    ("torch", "cuda", "tensorrt", FAMILY, "arch"),
    _cuda,
)
TORCH_TENSORRT_SYSTEM = Rule(
    "torch-tensorrt-system",
    "Does it load with the system's glibc?",
    ("torch", "tensorrt", "os", "arch"),
    _system,
)
