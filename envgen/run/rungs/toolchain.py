"""What a build is told: whether to compile device code, with which nvcc, for which GPUs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from envgen.cell import SmArch
from envgen.run.job import Job
from envgen.spec.matrix import DeviceCode, Toolkit


@dataclass(frozen=True)
class DevicePlan:
    """What happens with the extension's CUDA units.

    Attributes:
        cuda_home: where nvcc is; None when device code is not compiled.
        archs: what to compile for.
        note: why device code is not compiled although the cell is a CUDA cell.
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
    """Decides for one cell; the environment must have been made."""
    wanted = job.extension.build.device_code
    if job.cell.cuda.is_cpu or wanted is DeviceCode.NONE:
        return DevicePlan(None)
    home, reason = _cuda_home(job)
    if home is None:
        return DevicePlan(None, note=f"without device code: {reason}", blocks=wanted is DeviceCode.REQUIRED)
    return DevicePlan(home, job.extension.build.cuda_archs)


def _cuda_home(job: Job) -> tuple[Path | None, str]:
    major = job.cell.cuda.major
    if job.extension.build.toolkit is Toolkit.WHEELS:
        site = job.environment.site_packages()
        home = site / "nvidia" / f"cu{major}" if site else None
        if home and any((home / "bin").glob("nvcc*")):
            return home, ""
        return None, f"the lock has no nvcc {major} from wheels"
    toolkit = job.machine.toolkit_for(job.cell.cuda)
    return (toolkit.home, "") if toolkit else (None, f"no nvcc {major} on this machine")


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
