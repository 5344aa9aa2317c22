"""Facts of libraries: made by the compiler here, and written by hand for the other systems."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from envgen.binary import Binary, Format, Unreadable, printable, read_binary
from envgen.cell import Arch
from envgen.machine import this_machine
from tests.binary.made import container, entry, macho, pe

FATBIN = container(entry(90), entry(100, ptx=True))
X86_64_MACHINE, ARM64_MACHINE, I386_MACHINE = 0x8664, 0xAA64, 0x14C
X86_64_CPU, ARM64_CPU, POWERPC_CPU = 0x1000007, 0x100000C, 0x1000012


def read(content: bytes, file: str = "one.so") -> Binary:
    (binary,) = read_binary(content, file)
    return binary


def codes(binary: Binary) -> str:
    return " ".join(map(str, binary.device.code)) if binary.device else ""


@pytest.fixture(scope="module")
def elf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of this machine that needs libm."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not compiler or sys.platform != "linux":
        pytest.skip("no C compiler for ELF here")
    folder = tmp_path_factory.mktemp("elf")
    (folder / "one.c").write_text("#include <math.h>\ndouble one(double x) { return cos(x); }\n", encoding="utf-8")
    library = folder / "libone.so"
    flags = ["-shared", "-fPIC", "-fno-builtin", "-Wl,--no-as-needed"]
    subprocess.run([compiler, *flags, folder / "one.c", "-lm", "-o", library], check=True)
    return library


def test_an_elf(elf: Path) -> None:
    (binary,) = read_binary(elf)
    assert (binary.file, binary.format, binary.arch) == ("libone.so", Format.ELF, this_machine().arch)
    assert (binary.bits, binary.device) == (64, None)
    assert any(name.startswith("libm.so") for name in binary.needed)
    assert "cos" in binary.imports
    assert "one" in binary.exports
    assert binary.elf
    assert any(need.version.startswith("GLIBC_2.") for need in binary.elf.version_needs)
    assert binary.elf.exec_stack is False


def test_an_elf_with_device_code_in_its_section(elf: Path, tmp_path: Path) -> None:
    objcopy = shutil.which("objcopy")
    if not objcopy:
        pytest.skip("no objcopy here")
    (tmp_path / "fatbin").write_bytes(FATBIN)
    made = tmp_path / "libcuda_part.so.1"
    subprocess.run([objcopy, "--add-section", f".nv_fatbin={tmp_path / 'fatbin'}", elf, made], check=True)
    (binary,) = read_binary(made)
    assert codes(binary) == "sm_90 compute_100"


@pytest.mark.parametrize(
    ("machine", "arch"), [(X86_64_MACHINE, Arch.X86_64), (ARM64_MACHINE, Arch.AARCH64), (I386_MACHINE, None)]
)
def test_a_pe(machine: int, arch: Arch | None) -> None:
    binary = read(pe(machine, ["c10.dll", "cudart64_13.dll"], FATBIN))
    assert (binary.format, binary.arch) == (Format.PE, arch)
    assert binary.needed == ("c10.dll", "cudart64_13.dll")
    assert codes(binary) == "sm_90 compute_100"


def test_a_pe_without_device_code() -> None:
    assert read(pe(X86_64_MACHINE, ["c10.dll"])).device is None


@pytest.mark.parametrize(("cpu", "arch"), [(X86_64_CPU, Arch.X86_64), (ARM64_CPU, Arch.AARCH64), (POWERPC_CPU, None)])
def test_a_macho(cpu: int, arch: Arch | None) -> None:
    binary = read(macho(cpu, ["@rpath/libc10.dylib", "/usr/lib/libSystem.B.dylib"]))
    assert (binary.format, binary.arch) == (Format.MACHO, arch)
    assert binary.needed == ("@rpath/libc10.dylib", "/usr/lib/libSystem.B.dylib")


@pytest.mark.parametrize("content", [b"", b"text\n", b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\x7fELF" + bytes(60)])
def test_what_is_no_library_is_said(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"^(it|its) "):
        read(content)
    (tmp_path / "one.so").write_bytes(content)
    with pytest.raises(Unreadable, match=r"^(it|its) "):
        read_binary(tmp_path / "one.so")


WHOLE = pe(X86_64_MACHINE, ["c10.dll"], FATBIN)


@pytest.mark.parametrize("kept", [0.01, 0.1, 0.5, 0.9, 0.999])
def test_a_library_that_is_cut_short_is_said(kept: float, elf: Path) -> None:
    for whole in (elf.read_bytes(), WHOLE, macho(ARM64_CPU, ["libc10.dylib"])):
        with pytest.raises(Unreadable, match=r"cut short|empty|neither ELF"):
            read(whole[: int(len(whole) * kept)])


def test_a_program_is_no_library(elf: Path, tmp_path: Path) -> None:
    (elf.parent / "main.c").write_text("int main(void) { return 0; }\n", encoding="utf-8")
    compile_ = ["cc", "-no-pie", elf.parent / "main.c", "-o", tmp_path / "main.so"]
    subprocess.run(compile_, check=True)
    with pytest.raises(Unreadable, match="it is no shared library"):
        read_binary(tmp_path / "main.so")


def test_what_of_a_foreign_text_is_shown() -> None:
    assert printable("lib/größe.so") == "lib/größe.so"
    assert printable("lib\x1b[31m\n\u202e.so") == "lib\\x1b[31m\\n\\u202e.so"
    assert printable("x\n" * 9, most=3) == "x\\nx..."
