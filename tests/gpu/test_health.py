"""Devices that hang or fail after a rung, by the driver that stands in for the real one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from envgen.machine import Gpu
from envgen.results import Rung
from envgen.run.health import Health
from envgen.run.process import GUARD, Interrupt, Interrupted

from .stand_in import UUIDS, StandInDriver

CELL = "py312-torch2.13-cu130-ubuntu24.04-x86_64"
FIRST, SECOND = (Gpu(f"Stand-in {index}", "9.0", 1 << 33, index, uuid) for index, uuid in enumerate(UUIDS))


@pytest.fixture
def health(driver: StandInDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Health:
    for name, value in driver.variables.items():
        monkeypatch.setenv(name, value)
    return Health(tmp_path / "run" / "faults", Interrupt(), seconds=2)


def test_a_healthy_device_is_no_fault(health: Health) -> None:
    assert health.examine(FIRST, CELL, Rung.KERNEL) is None
    assert health.still_faulty(FIRST) is None


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("hangs", "a probe of it was still running after 2 s"),
        ("fails", "cuDevicePrimaryCtxRetain returned 719"),
        ("lost", "cuDevicePrimaryCtxRetain returned 46"),
    ],
)
def test_a_fault_is_known_until_the_device_answers_again(
    how: str, why: str, health: Health, driver: StandInDriver
) -> None:
    driver.breaks(0, how)
    fault = health.examine(FIRST, CELL, Rung.KERNEL)
    assert str(fault) == f"device 0 (Stand-in 0) did not answer after the kernel check of {CELL}: {why}"
    assert health.examine(SECOND, CELL, Rung.KERNEL) is None
    later = Health(health.folder, Interrupt(), seconds=2)  # as of a resumed run
    assert later.still_faulty(FIRST) == fault
    driver.mends(0)
    assert later.fault(FIRST) == fault
    assert later.still_faulty(FIRST) is None
    assert later.fault(FIRST) is None


@pytest.mark.parametrize("how", ["taken", "full"])
def test_a_device_that_others_occupy_answers(how: str, health: Health, driver: StandInDriver) -> None:
    driver.breaks(0, how)
    assert health.examine(FIRST, CELL, Rung.KERNEL) is None


def test_a_damaged_record_is_none(health: Health) -> None:
    health.folder.mkdir(parents=True)
    (health.folder / f"{FIRST.uuid}.json").write_text("{")
    assert health.still_faulty(FIRST) is None


def test_a_probe_ends_when_the_user_asks_to_stop(health: Health, driver: StandInDriver) -> None:
    driver.breaks(0, "hangs")
    health.interrupt.set()
    with pytest.raises(Interrupted):
        health.examine(FIRST, CELL, Rung.KERNEL)


# A process that hangs in a driver takes no signal. No such driver is here, so the guard's own signals are taken away.
DEAF = """\
import runpy, sys, psutil
psutil.Process.send_signal = lambda process, number: None
sys.argv = [{guard!r}]
runpy.run_path({guard!r}, run_name="__main__")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="processes are left to Linux's init")
def test_a_process_that_cannot_be_ended_is_named_and_not_waited_for(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    order = {
        "argv": [sys.executable, "-c", "import time; time.sleep(600)"], "cwd": str(tmp_path), "env": {},
        "log": str(tmp_path / "log"), "timeout": 60, "memory": None, "log_limit": 1000,
    }  # fmt: skip
    code = DEAF.format(guard=str(GUARD))
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(order) + "\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    answer = json.loads(done.stdout)
    request.addfinalizer(_end(answer["left"]))
    assert answer["ended"] == "abandoned"  # its order came through a pipe that is closed
    assert answer["returncode"] < 0
    assert len(answer["left"]) == 1


def _end(processes: list[int]) -> Callable[[], None]:
    import psutil

    def end() -> None:
        for process in processes:
            psutil.Process(process).kill()

    return end
