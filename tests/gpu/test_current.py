"""`--environment current` with a selection, and rungs that are required: what must not be taken for green."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from run.project import TinyProject, at, cell_id

from envgen.results import Outcome, Rung

from .project import gpu_project
from .stand_in import StandInDriver

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the stand-in is made for Linux")

SELECT = """\
select:
  gpu: [{cuda: cu130}]
  others: [{cuda: cpu}]
"""


@pytest.fixture
def here(tmp_path: Path, driver: StandInDriver) -> TinyProject:
    """A project on a machine with GPUs, and an interpreter that has torch for CUDA 13.0 already."""
    project = gpu_project(tmp_path, driver)
    wheel = next((tmp_path / "wheels").glob("*.whl"))
    matrix = project.folder / "matrix.yaml"
    text = matrix.read_text().replace("cuda: [cu130]", "cuda: [cpu, cu130]")
    kernel = next(line for line in text.splitlines() if line.startswith("  kernel: {"))
    matrix.write_text(text.replace(kernel, "") + SELECT)
    return TinyProject(project.folder, {**project.environ, "PYTHONPATH": str(wheel)})


def run(project: TinyProject, *arguments: str, **variables: str) -> tuple[int, str]:
    done = project.envgen("run", "--environment", "current", *arguments, **variables)
    return done.returncode, done.stdout + done.stderr


CELL = cell_id(cuda="cu130")


def test_the_interpreter_is_a_cell_of_the_selection(here: TinyProject) -> None:
    code, said = run(here, "--select", "gpu", "--require", "kernel")
    assert code == 0, said
    assert f"This interpreter is {CELL}, of the selection gpu." in said
    result = here.result(CELL)
    assert (result.environment, result.reached) == ("current", Rung.KERNEL)
    assert at(result, Rung.LOCKED).outcome is Outcome.NOT_RUN
    code, said = run(here, "--select", "gpu", "--resume")
    assert code == 0, said
    assert "kernel passed" in said
    assert "(kept)" in said


def test_an_interpreter_that_is_not_selected_is_run_and_said(here: TinyProject) -> None:
    code, said = run(here, "--select", "others")
    assert code == 0, said
    remark = f"This interpreter is {CELL}, which is not among what was asked for (others: 1 cell); it is run as it is."
    assert remark in said
    assert remark in json.loads((here.run_folder() / "report.json").read_text())["run"]["remarks"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--select", "gpus"], 2, "has no selection 'gpus'"),
        (["--where", "torch>=99"], 4, "torch>=99"),
        (["py30-*"], 4, "No cell is 'py30-*'"),
    ],
)
def test_a_selection_that_is_wrong_stays_an_error(
    here: TinyProject, arguments: list[str], code: int, words: str
) -> None:
    ended, said = run(here, *arguments)
    assert (ended, words in said) == (code, True), said
    assert not (here.folder / ".envgen" / "runs").exists()


def test_a_gpu_job_without_its_gpu_is_not_green(here: TinyProject) -> None:
    code, said = run(here, "--select", "gpu", "--require", "kernel", STAND_IN_DRIVER="none")
    assert code == 4
    assert (
        "error: kernel was required, and passed in none of 1 cell: no GPU here: the CUDA driver lists no device.\n"
        "Run where it can pass, or without `--require kernel`." in said
    )
    assert run(here, "--select", "gpu", STAND_IN_DRIVER="none")[0] == 0


def test_a_rung_that_no_ladder_has_cannot_be_required(here: TinyProject) -> None:
    assert run(here, "--require", "kernels")[0] == 2


def test_an_interpreter_that_cannot_build_is_said_and_is_not_green(here: TinyProject) -> None:
    matrix = here.folder / "matrix.yaml"
    matrix.write_text(matrix.read_text().replace("requires: []", "requires: [no-such-builder]"))
    code, said = run(here)
    assert code == 4
    reason = f"the build requires `no-such-builder`, which this interpreter lacks: `{sys.executable} -m pip install"
    assert f"built not run: {reason}" in said
    assert f"error: Not one of 1 cell could be run here: {reason}" in said


def test_nothing_is_asked_of_the_network(here: TinyProject) -> None:
    """In a network of its own, where not even this machine answers."""
    if os.system("unshare -rn true 2>/dev/null") != 0:  # noqa: S605
        pytest.skip("needs unshare, and the right to use it")
    unshared = here.folder / "envgen-alone"
    program = Path(sys.executable).with_name("envgen")
    unshared.write_text(f'#!/bin/sh\nexec unshare -rn {program} "$@"\n')
    unshared.chmod(0o755)
    done = subprocess.run(
        [unshared, "run", "-e", "current", "--select", "gpu", "--require", "kernel"], cwd=here.folder,
        env=dict(here.environ), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def nox(project: TinyProject, *arguments: str, **variables: str) -> tuple[int, str]:
    pytest.importorskip("nox")
    shutil.copy(Path(__file__).resolve().parents[2] / "noxfile.py", project.folder)
    done = subprocess.run(
        [sys.executable, "-m", "nox", "-s", "gpu", *arguments], cwd=project.folder,
        env={**project.environ, **variables}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_the_session_of_a_gpu_machine(here: TinyProject) -> None:
    code, said = nox(here)
    assert code == 0, said
    assert here.result(CELL, "gpu").reached is Rung.KERNEL
    assert "machine: " in said
    assert "2 x " not in said  # two that differ
    assert "Stand-in 0 (8.0, 9 GB), Stand-in 1 (9.0, 17 GB); driver 580.95.05 for CUDA up to 13.2" in said
    code, said = nox(here, "--", "--require", "engine", "--resume")
    assert code == 1
    assert "Session gpu aborted: engine was required, and passed in none of 1 cell" in said
    assert "(kept)" in said


def test_the_session_is_not_green_without_a_gpu(here: TinyProject) -> None:
    code, said = nox(here, STAND_IN_DRIVER="none")
    assert code == 1
    assert "Session gpu aborted: kernel was required, and passed in none of 1 cell: no GPU here" in said
