"""Who gets which device: the choice is pure, the locks are the system's."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from run.project import wait_until

from envgen.binary import DeviceCode
from envgen.cell import Cell
from envgen.machine import Gpu
from envgen.run.leases import LOCKS, covered, fitting, leased, lock_folder, none_fitting
from envgen.run.process import Interrupt, Interrupted

CELL = "py312-torch2.13-cu130-ubuntu24.04-x86_64"
FIRST = Gpu("Stand-in A", "8.0", 1 << 33, 0, "GPU-a")
SECOND = Gpu("Stand-in B", "9.0", 1 << 34, 1, "GPU-b")
BOTH = (FIRST, SECOND)
HOLDER = """\
import sys
from envgen.machine import Gpu
from envgen.run.leases import leased
from envgen.run.process import Interrupt
with leased([Gpu("it", "9.0", 1, 0, uuid) for uuid in sys.argv[1:]], Interrupt(), print) as lease:
    print(lease.gpu.uuid, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def _own_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LOCKS, str(tmp_path / "locks"))


@pytest.mark.parametrize(
    ("held", "found"),
    [
        ([DeviceCode(80, ptx=False)], (FIRST,)),
        ([DeviceCode(90, ptx=False)], (SECOND,)),
        ([DeviceCode(80, ptx=True)], BOTH),
        ([DeviceCode(120, ptx=True)], BOTH),  # runs on neither: the check says so
        ([], BOTH),
    ],
)
def test_devices_that_the_code_runs_on(held: list[DeviceCode], found: tuple[Gpu, ...]) -> None:
    assert covered(BOTH, held) == found


def holder(*uuids: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, *uuids], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


@pytest.mark.parametrize(
    ("axis", "found"),
    [("", BOTH), ("-gpu_9.0", (SECOND,)), ("-gpu_sm80", (FIRST,)), ("-gpu_sm_90a", (SECOND,)), ("-gpu_12.0", ())],
)
def test_a_cell_that_names_a_gpu_takes_one_of_that_capability(axis: str, found: tuple[Gpu, ...]) -> None:
    assert fitting(BOTH, Cell.parse(CELL + axis)) == found


def test_why_no_device_fits() -> None:
    cell = Cell.parse(f"{CELL}-gpu_12.0")
    assert none_fitting(BOTH, cell) == ("the cell names a GPU of 12.0, and here is Stand-in A (8.0), Stand-in B (9.0)")
    forbidden = (Gpu("Stand-in A", "8.0", 1, 0, "GPU-a", "prohibited"),)
    assert fitting(forbidden, Cell.parse(CELL)) == ()
    assert none_fitting(forbidden, cell) == "device 0 (Stand-in A) cannot be used: its compute mode is prohibited"


def test_processes_take_one_device_each_and_a_third_waits() -> None:
    uuids = [gpu.uuid for gpu in BOTH]
    first, second = holder(*uuids), None
    try:
        assert line(first) == "GPU-a"
        second = holder(*uuids)
        assert line(second) == "GPU-b"
        told: list[str] = []
        got: list[str] = []

        def third() -> None:
            with leased(BOTH, Interrupt(), told.append) as lease:
                got.append(lease.gpu.uuid)
                assert lease.waited > 0

        waiting = threading.Thread(target=third)
        waiting.start()
        wait_until(lambda: told)
        assert told == ["another rung is on device 0 (Stand-in A) and one on device 1 (Stand-in B)"]
        assert got == []
        second.kill()  # the lock goes with its process, whatever ends it
        waiting.join(30)
        assert got == ["GPU-b"]
    finally:
        for process in (first, second):
            if process:
                process.kill()
                process.communicate()


def test_a_device_is_free_again_and_threads_are_as_strange_to_each_other_as_processes() -> None:
    with leased(BOTH, Interrupt(), pytest.fail) as one, leased(BOTH, Interrupt(), pytest.fail) as other:
        assert (one.gpu, other.gpu) == BOTH
    with leased(BOTH, Interrupt(), pytest.fail) as again:
        assert again.gpu is FIRST


def test_waiting_ends_when_the_user_asks_to_stop() -> None:
    interrupt = Interrupt()
    with (
        leased([FIRST], Interrupt(), pytest.fail),
        pytest.raises(Interrupted),
        leased([FIRST], interrupt, lambda reason: interrupt.set()),
    ):
        pytest.fail("it got a device that is held")


def test_another_user_can_lock_what_one_user_made(tmp_path: Path) -> None:
    with leased([FIRST], Interrupt(), pytest.fail):
        (lock,) = (tmp_path / "locks").iterdir()
        assert lock.name == "GPU-a.lock"
        assert sys.platform == "win32" or lock.stat().st_mode & 0o777 == 0o666


def test_without_a_home_the_locks_lie_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.delenv(LOCKS)
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: blocked)
    assert lock_folder().name == "envgen-devices"
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: tmp_path / "cache")
    assert lock_folder() == tmp_path / "cache" / "devices"
