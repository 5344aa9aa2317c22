"""Whether device code is compiled, and with which nvcc."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from envgen.cell import Cell, SmArch
from envgen.environment.venv import VenvEnvironment
from envgen.lock import Lock, read_configuration
from envgen.lock.pylock import LockedPackage
from envgen.machine import this_machine
from envgen.run.job import Job
from envgen.run.rungs.toolchain import device_plan
from envgen.spec.matrix import Build, DeviceCode, Extension, Limits, Toolkit

CELL = Cell.parse("py312-torch2.13-cu130-debian12-x86_64")
ASKED = (SmArch.parse("7.5"), SmArch.parse("12.0+PTX"))


def job(folder: Path, *packages: str) -> Job:
    """Of a cell that takes nvcc from the wheels in its lock."""
    locked = tuple(LockedPackage(name, "13.0.88", f"{name}.whl", "", "") for name in packages)
    lock, machine, configuration = (
        Lock(folder / "pylock.toml", locked, "", "", ""),
        this_machine(),
        read_configuration(),
    )
    build = Build(device_code=DeviceCode.REQUIRED, cuda_archs=ASKED, toolkit=Toolkit.WHEELS)
    return Job(
        cell=CELL, trace=None, lock=lock, environment=VenvEnvironment(CELL, lock, folder, machine, configuration),
        extension=Extension("mine", folder, None, None, (), build, ("mine",), ()),
        steps=(), variables={}, machine=machine, configuration=configuration, limits=Limits({}), memory=1 << 30,
        folder=folder, builds=folder, source="", compile_jobs=1,
    )  # fmt: skip


def test_before_the_environment_is_made_the_lock_tells_whether_its_wheels_bring_nvcc(tmp_path: Path) -> None:
    plan = device_plan(job(tmp_path, "torch", "nvidia-cuda-nvcc"))
    assert (plan.compiles, plan.archs, plan.note, plan.blocks) == (True, ASKED, "", False)
    plan = device_plan(job(tmp_path, "torch"))
    assert (plan.compiles, plan.blocks) == (False, True)
    assert plan.note == "without device code: the lock has no nvcc 13 from wheels"


@pytest.mark.parametrize("there", [True, False])
def test_once_it_is_made_the_compiler_must_be_there(tmp_path: Path, *, there: bool) -> None:
    library = "Lib" if sys.platform == "win32" else "lib/python3.12"
    home = tmp_path / library / "site-packages" / "nvidia" / "cu13"
    (home / "bin").mkdir(parents=True)
    if there:
        (home / "bin" / "nvcc").touch()
    plan = device_plan(job(tmp_path, "torch", "nvidia-cuda-nvcc"))
    assert plan.cuda_home == (home if there else None)
