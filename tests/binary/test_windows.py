"""DLLs made by MinGW, and what is wrong with each of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from envgen.binary import Binary, read_binary
from envgen.binary.crt import crt_flavours
from envgen.binary.findings import findings
from envgen.binary.look import look_into
from tests.binary.foreign import WindowsCompiler

pytestmark = pytest.mark.cross
RELEASE = {
    "VCRUNTIME140.dll": ["memcpy"],
    "api-ms-win-crt-heap-l1-1-0.dll": ["malloc"],
    "python312.dll": ["Py_Initialize"],
}
DEBUG = {"VCRUNTIME140D.dll": ["memcpy"], "ucrtbased.dll": ["malloc"]}
TORCH = {"torch_cpu.dll": ["of_torch"], "KERNEL32.dll": ["GetTickCount"]}


def read(path: Path) -> Binary:
    (binary,) = read_binary(path)
    return binary


def causes(path: Path) -> list[tuple[str, str]]:
    (looked,) = look_into(path)
    return [(finding.cause, finding.rule) for finding in findings(looked)]


def test_a_release(windows: WindowsCompiler) -> None:
    made = windows.dll("release.pyd", RELEASE)
    binary = read(made)
    assert (binary.machine, binary.bits, binary.name) == ("x86_64", 64, "release.pyd")
    assert set(binary.needed) == set(RELEASE)
    assert binary.imports == {"memcpy", "malloc", "Py_Initialize"}
    assert binary.exports == {"run"}
    assert binary.pe
    assert binary.pe.crt == ("/MD",)
    assert binary.pe.linker.startswith("2.")  # as binutils numbers itself
    assert causes(made) == []


def test_a_debug_build(windows: WindowsCompiler) -> None:
    made = windows.dll("debug.dll", DEBUG)
    pe = read(made).pe
    assert pe
    assert pe.crt == ("/MDd",)
    assert ("win-crt-mismatch", "binary-debug-crt") in causes(made)


def test_a_static_runtime_beside_torch(windows: WindowsCompiler) -> None:
    made = windows.dll("static.dll", TORCH)
    pe = read(made).pe
    assert pe
    assert pe.crt == ("/MT",)
    assert causes(made) == [("win-crt-mismatch", "binary-static-crt")]


def test_a_static_runtime_is_harmless_alone_and_behind_the_stable_abi(windows: WindowsCompiler) -> None:
    assert causes(windows.dll("alone.dll", {"KERNEL32.dll": ["GetTickCount"]})) == []
    assert causes(windows.dll("stable.dll", {"torch_cpu.dll": ["aoti_torch_get_dim"]})) == []


def test_32_bits(windows32: WindowsCompiler) -> None:
    made = windows32.dll("narrow.dll", {}, bare=False)
    binary = read(made)
    assert (binary.machine, binary.arch, binary.bits) == ("i386", None, 32)
    assert causes(made) == [("machine-arch-mismatch", "binary-32-bit")]


def test_a_library_that_is_missing(windows: WindowsCompiler) -> None:
    made = windows.dll("needy.dll", {**RELEASE, "helper.dll": ["help"]})
    assert causes(made) == [("win-dll-not-found", "binary-missing-library")]
    (finding,) = findings(look_into(made)[0])
    assert finding.evidence["library"] == "helper.dll"
    made.with_name("Helper.dll").write_bytes(made.read_bytes())  # Windows does not tell cases apart
    assert causes(made) == []


def test_mingws_own_runtime(windows: WindowsCompiler) -> None:
    pe = read(windows.dll("own.dll", {}, bare=False)).pe
    assert pe
    assert pe.crt in (("msvcrt",), ("ucrt",))


@pytest.mark.parametrize("kept", [0.2, 0.6, 0.95])
def test_a_dll_that_is_cut_short(kept: float, windows: WindowsCompiler) -> None:
    made = windows.dll("cut.dll", RELEASE)
    made.write_bytes(made.read_bytes()[: int(made.stat().st_size * kept)])
    assert causes(made) == [("binary-damaged", "binary-unreadable")]


@pytest.mark.parametrize(
    ("dlls", "flavours"),
    [
        ("vcruntime140.dll msvcp140.dll api-ms-win-crt-runtime-l1-1-0.dll", "/MD"),
        ("VCRUNTIME140_1.dll MSVCP140_ATOMIC_WAIT.dll", "/MD"),
        ("msvcr120.dll", "/MD"),
        ("msvcr120d.dll", "/MDd"),
        ("MSVCP140D.dll vcruntime140_1d.dll ucrtbased.dll", "/MDd"),
        ("vcruntime140.dll vcruntime140d.dll", "/MDd /MD"),
        ("msvcrt.dll kernel32.dll", "msvcrt"),
        ("api-ms-win-crt-heap-l1-1-0.dll", "ucrt"),
        ("kernel32.dll dbghelp.dll", "/MT"),
        ("", "/MT"),
    ],
)
def test_runtimes_by_their_names(dlls: str, flavours: str) -> None:
    assert " ".join(crt_flavours(dlls.split())) == flavours
