"""Whether binaries suit a cell."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from envgen.cell import Arch, Cell, OsFamily, SmArch
from envgen.inspection import Binary, judge_binaries
from envgen.binary.fatbin import DeviceCode

CELL = Cell.parse("py312-torch2.13-cu130-debian12-x86_64")
PLAIN = Binary("plain.so", OsFamily.LINUX, Arch.X86_64)
SM90, SM90A, SM100 = DeviceCode(90, ptx=False), DeviceCode(90, ptx=False, suffix="a"), DeviceCode(100, ptx=False)


def holding(*code: DeviceCode) -> Binary:
    return Binary("kernels.so", OsFamily.LINUX, Arch.X86_64, code=code)


def sentences(binaries: Sequence[Binary], archs: str = "", gpus: Sequence[str] = ()) -> list[str]:
    expected = [SmArch.parse(text) for text in archs.split()]
    return [finding.sentence for finding in judge_binaries(CELL, binaries, expected_archs=expected, gpus=gpus)]


def test_what_suits_has_no_findings() -> None:
    assert sentences([PLAIN]) == []
    assert sentences([PLAIN, holding(SM90, SM100)], "9.0 10.0", ["9.0"]) == []


@pytest.mark.parametrize(
    ("binary", "sentence"),
    [
        (Binary("x.so", unreadable="it is cut short"), "x.so cannot be read: it is cut short"),
        (Binary("x.pyd", OsFamily.WINDOWS, Arch.X86_64), "x.pyd is built for windows, the cell is linux"),
        (Binary("x.so", OsFamily.LINUX, Arch.AARCH64), "x.so is built for aarch64, the cell is x86_64"),
        (Binary("x.so", OsFamily.LINUX), "x.so is built for another machine, the cell is x86_64"),
    ],
)
def test_another_machine(binary: Binary, sentence: str) -> None:
    assert sentences([PLAIN, binary]) == [sentence]


def test_nothing_was_built() -> None:
    assert sentences([]) == ["the build left no binary"]


@pytest.mark.parametrize(
    ("code", "archs", "sentence"),
    [
        ([], "9.0", "device code for sm_90 is missing from the binaries; they hold none"),
        ([SM90], "9.0 10.0", "device code for sm_100 is missing from the binaries; they hold sm_90"),
        ([SM90], "9.0+PTX", "device code for compute_90 is missing from the binaries; they hold sm_90"),
        ([SM90], "9.0a", "device code for sm_90a is missing from the binaries; they hold sm_90"),
        ([SM90A], "9.0", "device code for sm_90 is missing from the binaries; they hold sm_90a"),
    ],
)
def test_missing_device_code(code: list[DeviceCode], archs: str, sentence: str) -> None:
    assert sentences([PLAIN, holding(*code)], archs) == [sentence]


def test_device_code_may_lie_in_several_binaries() -> None:
    assert sentences([holding(SM90), holding(SM100), holding(SM90A)], "9.0 9.0a 10.0") == []


@pytest.mark.parametrize(
    ("code", "gpu", "runs"),
    [
        (SM90, "9.0", True),
        (SM90, "8.9", False),
        (SM100, "10.3", True),
        (SM100, "12.0", False),
        (DeviceCode(90, ptx=True), "12.0", True),
        (DeviceCode(90, ptx=True, suffix="a"), "10.0", False),
    ],
)
def test_device_code_for_the_gpus_here(code: DeviceCode, gpu: str, runs: bool) -> None:
    expected = [] if runs else [f"no device code runs on this machine's GPU (sm_{gpu.replace('.', '')})"]
    assert sentences([PLAIN, holding(code)], gpus=[gpu]) == expected
