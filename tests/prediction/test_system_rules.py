"""What the rules on systems, CUDA and other machines say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from envgen.binary import Binary, DeviceCode, DeviceFacts, ElfFacts, Format, MachoFacts, Marks, PeFacts, VersionNeed
from envgen.cell import Arch, Cuda, Os, SmArch
from envgen.compat.records import Platform
from envgen.compat.toolchain import DriverVersion
from envgen.diagnose import Cause
from envgen.prediction import Target, Verdict, predict
from prediction.conftest import World

ELF = Binary("x.so", Format.ELF, "x86_64", Arch.X86_64, 64, elf=ElfFacts())
DLL = Binary("x.pyd", Format.PE, "x86_64", Arch.X86_64, 64, pe=PeFacts(crt=("/MD",)))
DYLIB = Binary("x.so", Format.MACHO, "arm64", Arch.AARCH64, 64, macho=MachoFacts(signature="ad hoc"))


def needing(*versions: str) -> Binary:
    return replace(ELF, elf=ElfFacts(version_needs=tuple(VersionNeed("libc.so.6", each) for each in versions)))


def elsewhere(world: World, platform: Platform, os: str | None = None) -> Target:
    target = world.target("2.9.0")
    return Target.make(
        target.torch, target.python, platform, world.knowledge.facts, cuda=Cuda(), os=Os.parse(os) if os else None
    )


def causes(world: World, binary: Binary, target: Target) -> list[str]:
    return [each.cause for each in predict(binary, target, world.knowledge).failures]


@pytest.mark.parametrize("platform", [Platform.WIN_AMD64, Platform.LINUX_AARCH64, Platform.MACOS_ARM64])
def test_another_machine_is_all_that_is_said(world: World, platform: Platform) -> None:
    assert causes(world, needing("GLIBC_2.99"), elsewhere(world, platform)) == [Cause.MACHINE_ARCH_MISMATCH]


def test_32_bits_are_another_machine(world: World) -> None:
    binary = replace(ELF, machine="i386", arch=None, bits=32)
    assert causes(world, binary, world.target("2.9.0")) == [Cause.MACHINE_ARCH_MISMATCH]


@pytest.mark.parametrize(
    ("needs", "os", "expected"),
    [
        ("GLIBC_2.32", "debian12", []),
        ("GLIBC_2.32", "ubuntu20.04", [Cause.GLIBC_TOO_OLD]),
        ("GLIBC_ABI_DT_RELR", "ubuntu22.04", [Cause.GLIBC_TOO_OLD]),
        ("GLIBC_PRIVATE", "ubuntu20.04", []),
        ("GLIBCXX_3.4.30", "debian12", []),
        ("GLIBCXX_3.4.32", "debian12", [Cause.LIBSTDCXX_TOO_OLD]),
        ("CXXABI_1.3.15", "ubuntu22.04", [Cause.LIBSTDCXX_TOO_OLD]),
        ("CXXABI_1.3", "rhel8", []),
    ],
)
def test_versions_of_the_systems_libraries(world: World, needs: str, os: str, expected: list[str]) -> None:
    assert causes(world, needing(needs), world.target("2.9.0", os=os)) == expected


def test_where_any_system_is_meant_a_newer_library_is_a_condition(world: World) -> None:
    prediction = predict(needing("GLIBC_2.32"), world.target("2.9.0"), world.knowledge)
    assert prediction.verdict is Verdict.LOADS
    (condition,) = prediction.conditions
    assert condition.sentence.startswith("glibc 2.32 or newer (")
    assert "ubuntu22.04" in condition.sentence
    assert predict(needing("GLIBC_2.17"), world.target("2.9.0"), world.knowledge).conditions == ()


def test_a_system_that_the_facts_do_not_know(world: World) -> None:
    target = world.target("2.9.0", os="opensuse15.6")
    assert predict(needing("GLIBC_2.32"), target, world.knowledge).verdict is Verdict.UNKNOWN


def test_an_executable_stack(world: World) -> None:
    binary = world.compile("void f() {}", "x.so", "-Wl,-z,execstack")
    assert causes(world, binary, world.target("2.9.0", os="debian13")) == [Cause.EXEC_STACK]
    assert causes(world, binary, world.target("2.9.0", os="debian12")) == []


@pytest.mark.parametrize(
    ("library", "cuda", "expected"),
    [
        ("libcudart.so.12", "cu126", []),
        ("libcudart.so.12", "cu130", [Cause.CUDA_RUNTIME_MISSING]),
        ("libcudart.so.11.0", "cu118", []),
        ("libcudart.so.13", "cpu", [Cause.CUDA_RUNTIME_MISSING]),
        ("libcusparse.so.12", "cu130", []),
    ],
)
def test_the_cuda_runtime(world: World, library: str, cuda: str, expected: list[str]) -> None:
    binary = replace(ELF, needed=(library,))
    target = world.target("2.9.0", cuda=cuda)
    assert causes(world, binary, target) == expected
    assert causes(world, binary, replace(target, libraries=frozenset({library}))) == []


def test_driver_and_gpu_where_the_target_names_them(world: World) -> None:
    code = DeviceFacts((DeviceCode(80, ptx=False), DeviceCode(90, ptx=False)), 2)
    binary = replace(ELF, needed=("libcudart.so.12",), device=code)
    target = world.target("2.9.0", cuda="cu126")
    assert causes(world, binary, target) == []
    old = replace(target, driver=DriverVersion.parse("470.57.02"))
    assert causes(world, binary, old) == [Cause.DRIVER_MISSING_OR_TOO_OLD]
    assert causes(world, binary, replace(target, gpu=SmArch.parse("8.6"))) == []
    assert causes(world, binary, replace(target, gpu=SmArch.parse("12.0"))) == [Cause.GPU_ARCH_MISSING]


def test_the_c_runtime_of_windows(world: World) -> None:
    target = elsewhere(world, Platform.WIN_AMD64)
    debug = replace(DLL, needed=("VCRUNTIME140D.dll", "ucrtbased.dll"))
    assert causes(world, debug, target) == [Cause.WIN_CRT_MISMATCH]
    assert causes(world, replace(DLL, needed=("VCRUNTIME140.dll",)), target) == []


def test_the_python_dll_of_windows(world: World) -> None:
    target = elsewhere(world, Platform.WIN_AMD64)
    assert causes(world, replace(DLL, needed=("python312.dll",)), target) == []
    assert causes(world, replace(DLL, needed=("python3.dll",)), target) == []
    assert causes(world, replace(DLL, needed=("python311.dll",)), target) == [Cause.PYTHON_ABI_MISMATCH]


def test_macos(world: World) -> None:
    newer = replace(DYLIB, macho=MachoFacts(minimum_os="15.0", signature="ad hoc"))
    assert causes(world, newer, elsewhere(world, Platform.MACOS_ARM64, "macos14")) == [Cause.MAC_DEPLOYMENT_TARGET]
    assert causes(world, newer, elsewhere(world, Platform.MACOS_ARM64, "macos15")) == []
    assert predict(newer, elsewhere(world, Platform.MACOS_ARM64), world.knowledge).conditions
    unsigned = replace(DYLIB, macho=MachoFacts(signature="none"))
    assert causes(world, unsigned, elsewhere(world, Platform.MACOS_ARM64)) == [Cause.MAC_CODE_SIGNING]


def test_a_static_cuda_runtime_needs_a_driver_of_its_toolkit(world: World) -> None:
    binary = replace(ELF, device=DeviceFacts((DeviceCode(90, ptx=False),), 1), marks=Marks(toolkit="13.0"))
    target = replace(world.target("2.9.0", cuda="cu130"), driver=DriverVersion.parse("550"))
    assert causes(world, binary, target) == [Cause.DRIVER_MISSING_OR_TOO_OLD]
