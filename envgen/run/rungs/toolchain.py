"""What a build is told: whether to compile device code, with which nvcc, for which GPUs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from envgen.cell import SmArch
from envgen.compat.architectures import compilable
from envgen.environment import CondaEnvironment
from envgen.run.job import Job
from envgen.spec.matrix import DeviceCode, Toolkit

IN_IMAGE = Path("/usr/local/cuda")  # where an image has it that brings nvcc


@dataclass(frozen=True)
class DevicePlan:
    """What happens with the extension's CUDA units.

    Attributes:
        cuda_home: where nvcc is; None when device code is not compiled.
        archs: what to compile for: of the architectures asked for, those that torch and nvcc know.
        note: what is to be said: why device code is not compiled in a CUDA cell, or not for every architecture.
        blocks: whether the cell is not to be built without it.
    """

    cuda_home: Path | None
    archs: tuple[SmArch, ...] = ()
    note: str = ""
    blocks: bool = False

    @property
    def compiles(self) -> bool:
        return self.cuda_home is not None


def device_plan(job: Job) -> DevicePlan:
    """Decides for one cell. Where nvcc is from wheels is known once the environment is made; that it is, before."""
    wanted = job.extension.build.device_code
    if job.cell.cuda.is_cpu or wanted is DeviceCode.NONE:
        return DevicePlan(None)
    if recipe := job.environment.recipe:
        why = "" if recipe.device_code else "without device code: no image with its nvcc is known"
        return DevicePlan(IN_IMAGE if recipe.device_code else None, recipe.archs, why)
    home, known, reason = _nvcc(job)
    asked = job.extension.build.cuda_archs
    archs = compilable(asked, job.torch_archs, known)
    if home and asked and not archs:
        home, reason = None, f"torch {job.cell.torch} and its nvcc know none of {_listed(asked)}"
    if home is None:
        return DevicePlan(None, note=f"without device code: {reason}", blocks=wanted is DeviceCode.REQUIRED)
    left_out = [arch for arch in asked if arch not in archs]
    return DevicePlan(
        home, archs, f"not for {_listed(left_out)}, which this torch or nvcc does not know" if left_out else ""
    )


def _listed(archs: Sequence[SmArch]) -> str:
    return ", ".join(map(str, archs))


def _nvcc(job: Job) -> tuple[Path | None, frozenset[str] | None, str]:
    """Where nvcc is, the architectures it knows, and why there is none."""
    if isinstance(job.environment, CondaEnvironment):
        home = job.environment.cuda_home
        return home, job.nvcc_archs, "" if home else "the conda environment has no nvcc"
    major = job.cell.cuda.major
    if job.extension.build.toolkit is Toolkit.WHEELS:
        home = _home_of_wheels(job, major)
        return home, job.nvcc_archs, "" if home else f"the lock has no nvcc {major} from wheels"
    toolkit = job.machine.toolkit_for(job.cell.cuda)
    if toolkit is None:
        return None, None, f"no nvcc {major} on this machine"
    return toolkit.home, toolkit.architectures or None, ""


def _home_of_wheels(job: Job, major: int) -> Path | None:
    """Where the compiler's wheels unpack; None where the cell has none. Before they do, the lock tells."""
    site = job.environment.site_packages()
    home = (site or Path()) / "nvidia" / f"cu{major}"
    if site is None:
        return home if job.locked_version("nvidia-cuda-nvcc") else None
    return home if any((home / "bin").glob("nvcc*")) else None


def name_libraries(folder: Path) -> None:
    """Gives the runtime libraries of the compiler wheels the names that linkers look for.

    The wheels hold `libcudart.so.13` only; `-lcudart` finds `libcudart.so`.
    """
    for library in folder.glob("lib*.so.*"):
        plain = folder / f"{library.name.partition('.so.')[0]}.so"
        if not plain.exists():
            plain.symlink_to(library.name)


def build_variables(job: Job, plan: DevicePlan) -> dict[str, str | None]:
    """The environment variables of a build; those of matrix.yaml come last and win."""
    variables: dict[str, str | None] = {
        "ENVGEN_CELL": str(job.cell),
        "ENVGEN_DEVICE_CODE": "1" if plan.compiles else "0",
        "MAX_JOBS": str(job.compile_jobs),
        "PYTHONPATH": None,
        "TORCH_CUDA_ARCH_LIST": ";".join(str(arch) for arch in plan.archs) or None,
        "CUDA_HOME": str(plan.cuda_home) if plan.cuda_home else None,
        "FORCE_CUDA": "1" if plan.compiles else None,
    }
    return variables | dict(job.variables) | dict(job.extension.build.env)
