"""GPU rungs from the command line, on a machine whose driver is a stand-in: two devices that break when told to."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import pytest
from binary.made import container, entry
from run.project import TinyProject, at

from envgen.results import Outcome, Rung

from .project import gpu_cell, gpu_project
from .stand_in import UUIDS, StandInDriver

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the stand-in is made for Linux")


def kernel(project: TinyProject, kind: str = "good", name: str | None = None) -> tuple[Outcome, str]:
    found = at(project.result(gpu_cell(kind), name), Rung.KERNEL)
    return found.outcome, found.sentence


def test_a_kernel_runs_on_a_device_that_it_sees_alone(tmp_path: Path, driver: StandInDriver) -> None:
    project = gpu_project(tmp_path, driver)
    done = project.envgen("run")
    assert done.returncode == 0, done.stdout + done.stderr
    result = project.result(gpu_cell())
    facts = at(result, Rung.KERNEL).facts
    assert facts["device"] == 0
    assert facts["gpu"] == {
        "index": 0, "name": "Stand-in 0", "uuid": UUIDS[0], "compute_capability": "8.0", "memory_bytes": 1 << 33,
    }  # fmt: skip
    assert result.machine["driver"] == "580.95.05"
    assert len(result.machine["gpus"]) == 2


def test_the_user_says_which_devices_there_are(tmp_path: Path, driver: StandInDriver) -> None:
    project = gpu_project(tmp_path, driver)
    assert project.envgen("run", CUDA_VISIBLE_DEVICES="1").returncode == 0
    assert at(project.result(gpu_cell()), Rung.KERNEL).facts["gpu"]["uuid"] == UUIDS[1]
    done = project.envgen("run", CUDA_VISIBLE_DEVICES="")
    assert done.returncode == 0, done.stderr
    why = "no GPU here: the CUDA driver lists no device, and CUDA_VISIBLE_DEVICES is ''"
    assert kernel(project) == (Outcome.NOT_RUN, why)


def test_cells_side_by_side_are_spread_over_the_devices(tmp_path: Path, driver: StandInDriver) -> None:
    kinds = ("good", "also.good", "third")
    project = gpu_project(tmp_path, driver, kinds)
    matrix = project.folder / "matrix.yaml"
    matrix.write_text(matrix.read_text().replace("kernel: 6s", "kernel: 20s"))
    done = project.envgen("run", "-j", "3", TINY_SECONDS="4")
    assert done.returncode == 0, done.stdout + done.stderr
    facts = [at(project.result(gpu_cell(kind)), Rung.KERNEL).facts for kind in kinds]
    assert {fact["device"] for fact in facts} == {0, 1}
    on_one = sorted((fact["device"], fact["begun"], fact["ended"]) for fact in facts)
    for (device, _, ended), (other, begun, _) in pairwise(on_one):
        assert device != other or ended <= begun  # never two at once on one device


def test_how_long_a_rung_waits_is_said_and_is_no_part_of_its_time(tmp_path: Path, driver: StandInDriver) -> None:
    project = gpu_project(tmp_path, driver, ("good", "third"))
    done = project.envgen("run", "-j", "2", TINY_SECONDS="4", CUDA_VISIBLE_DEVICES="0")
    assert done.returncode == 0, done.stdout + done.stderr  # one waited 4 s and took 4 s, and its limit is 6 s
    assert done.stdout.count("waits: another rung is on device 0 (Stand-in 0)") == 1
    rungs = [at(project.result(gpu_cell(kind)), Rung.KERNEL) for kind in ("good", "third")]
    waited = [rung for rung in rungs if "waited_seconds" in rung.facts]
    assert len(waited) == 1


def test_a_kernel_that_hangs_its_device_is_ended_and_the_device_left_alone(
    tmp_path: Path, driver: StandInDriver
) -> None:
    project = gpu_project(tmp_path, driver, ("hangs", "later"))
    done = project.envgen("run", CUDA_VISIBLE_DEVICES="0")
    assert done.returncode == 1
    outcome, why = kernel(project, "hangs")
    assert outcome is Outcome.FAILED
    assert why == (
        "still running after 6 s while the kernel check ran; ended by its time limit; device 0 (Stand-in 0) does not"
        " answer since: a probe of it was still running after 6 s"
    )
    left_alone = (
        f"device 0 (Stand-in 0) did not answer after the kernel check of {gpu_cell('hangs')}:"
        " a probe of it was still running after 6 s"
    )
    assert kernel(project, "later") == (Outcome.NOT_RUN, left_alone)
    assert (project.run_folder() / "faults" / f"{UUIDS[0]}.json").is_file()
    project.envgen("run", "--resume", CUDA_VISIBLE_DEVICES="0")
    assert kernel(project, "later") == (Outcome.NOT_RUN, left_alone)
    driver.mends(0)
    project.envgen("run", "--resume", CUDA_VISIBLE_DEVICES="0")
    assert kernel(project, "later") == (Outcome.PASSED, "")
    assert not list((project.run_folder() / "faults").glob("*.json"))


def test_another_device_takes_the_cells_of_a_broken_one(tmp_path: Path, driver: StandInDriver) -> None:
    project = gpu_project(tmp_path, driver, ("fails", "good"))
    assert project.envgen("run").returncode == 1
    assert kernel(project, "fails") == (
        Outcome.FAILED,
        "ended with code 1 while the kernel check ran: CUDA error: an illegal memory access was encountered;"
        " device 0 (Stand-in 0) does not answer since: cuDevicePrimaryCtxRetain returned 719",
    )
    assert at(project.result(gpu_cell()), Rung.KERNEL).facts["device"] == 1


def test_a_device_that_the_code_runs_on_is_taken(tmp_path: Path, driver: StandInDriver) -> None:
    project = gpu_project(tmp_path, driver)
    code = ", ".join(map(str, container(entry(90))))
    source = project.folder / "tiny" / "tiny.c"
    section = '__attribute__((used, section(".nv_fatbin"), aligned(8)))'
    source.write_text(f"{source.read_text()}{section} static const unsigned char code[] = {{{code}}};\n")
    assert project.envgen("run").returncode == 0
    assert at(project.result(gpu_cell()), Rung.KERNEL).facts["device"] == 1  # the second is a 9.0, the first an 8.0


def test_a_wrong_result_is_no_fault_of_the_device(tmp_path: Path, driver: StandInDriver) -> None:
    project = gpu_project(tmp_path, driver, ("wrong", "good"))
    assert project.envgen("run").returncode == 1
    assert kernel(project, "wrong")[1].endswith("AssertionError: the result is wrong")
    assert kernel(project) == (Outcome.PASSED, "")


def test_a_check_says_that_it_was_not_run(tmp_path: Path, driver: StandInDriver) -> None:
    project = gpu_project(tmp_path, driver, ("not run", "silent"))
    done = project.envgen("run")
    assert done.returncode == 0, done.stdout
    assert kernel(project, "not run") == (Outcome.NOT_RUN, "nothing to do on this device")
    assert kernel(project, "silent") == (
        Outcome.NOT_RUN, "the kernel check ended with code 77 and gave no reason"
    )  # fmt: skip


def test_a_driver_without_devices(tmp_path: Path, driver: StandInDriver) -> None:
    project = gpu_project(tmp_path, driver)
    assert project.envgen("run", STAND_IN_DRIVER="none").returncode == 0
    assert kernel(project) == (Outcome.NOT_RUN, "no GPU here: the CUDA driver lists no device")
