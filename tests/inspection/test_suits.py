"""Whether binaries suit a cell."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from envgen.binary import Binary, DeviceCode, DeviceFacts, Format, MachoFacts
from envgen.cell import Arch, Cell, SmArch
from envgen.inspection import Looked, judge_binaries, unasked_code

CELL = Cell.parse("py312-torch2.13-cu130-debian12-x86_64")
PLAIN = Looked("plain.so", (Binary("plain.so", Format.ELF, "x86_64", Arch.X86_64, 64),))
SM90, SM90A, SM100 = DeviceCode(90, ptx=False), DeviceCode(90, ptx=False, suffix="a"), DeviceCode(100, ptx=False)


def holding(*code: DeviceCode) -> Looked:
    device = DeviceFacts(tuple(sorted(code)), len(code))
    return Looked("kernels.so", (Binary("kernels.so", Format.ELF, "x86_64", Arch.X86_64, 64, device=device),))


def made(file: str, form: Format, *machines: tuple[str, Arch | None]) -> Looked:
    return Looked(file, tuple(Binary(file, form, machine, arch, 64) for machine, arch in machines))


def sentences(binaries: Sequence[Looked], archs: str = "", gpus: Sequence[str] = ()) -> list[str]:
    expected = [SmArch.parse(text) for text in archs.split()]
    return [finding.sentence for finding in judge_binaries(CELL, binaries, expected_archs=expected, gpus=gpus)]


def test_what_suits_has_no_findings() -> None:
    assert sentences([PLAIN]) == []
    assert sentences([PLAIN, holding(SM90, SM100)], "9.0 10.0", ["9.0"]) == []
    assert sentences([holding(SM90)], "9.0", ["12.0", "9.0"]) == []  # one of several GPUs is enough


@pytest.mark.parametrize(
    ("binary", "sentence"),
    [
        (Looked("x.so", unreadable="it is cut short"), "x.so cannot be read: it is cut short."),
        (made("x.pyd", Format.PE, ("x86_64", Arch.X86_64)), "x.pyd is built for windows, and linux is needed"),
        (made("x.so", Format.ELF, ("aarch64", Arch.AARCH64)), "x.so is built for aarch64, and x86_64 is needed"),
        (made("x.so", Format.ELF, ("s390x", None)), "x.so is built for s390x, and x86_64 is needed"),
    ],
)
def test_another_machine(binary: Looked, sentence: str) -> None:
    assert sentences([PLAIN, binary]) == [sentence]


MAC = Cell.parse("py312-torch2.13-cpu-macos13-aarch64")
ARM64, INTEL = ("arm64", Arch.AARCH64), ("x86_64", Arch.X86_64)


def on_macos(minimum: str, *machines: tuple[str, Arch | None]) -> list[str]:
    binaries = [
        Binary("x.so", Format.MACHO, machine, arch, 64, macho=MachoFacts(minimum_os=minimum))
        for machine, arch in machines
    ]
    return [each.cause for each in judge_binaries(MAC, [Looked("x.so", tuple(binaries))])]


def test_a_slice_for_the_cell_is_enough() -> None:
    assert on_macos("11.0", INTEL, ARM64) == []
    assert on_macos("11.0", INTEL) == ["machine-arch-mismatch"]


@pytest.mark.parametrize(("minimum", "loads"), [("", True), ("13.0", True), ("13.6", True), ("14.0", False)])
def test_the_oldest_macos(minimum: str, loads: bool) -> None:
    assert on_macos(minimum, ARM64) == ([] if loads else ["mac-deployment-target"])


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


def test_device_code_that_nobody_asked_for_is_told_and_is_no_fault() -> None:
    asked = [SmArch.parse("9.0"), SmArch.parse("10.0+PTX")]
    assert unasked_code([PLAIN, holding(SM90, SM100)], asked) == ()
    more = [holding(SM90), holding(SM90A, SM100, DeviceCode(100, ptx=True))]
    assert unasked_code(more, asked) == (SM90A,)
    assert sentences(more, "9.0 10.0+PTX") == []


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
