"""Facts of libraries: made by the compiler here, and written by hand for the other systems."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from envgen.cell import Arch, OsFamily
from envgen.inspection import Binary, read_binaries
from envgen.machine import this_machine
from tests.inspection.binaries import container, entry, macho, pe

FATBIN = container(entry(90), entry(100, ptx=True))
X86_64_MACHINE, ARM64_MACHINE, I386_MACHINE = 0x8664, 0xAA64, 0x14C
X86_64_CPU, ARM64_CPU, POWERPC_CPU = 0x1000007, 0x100000C, 0x1000012


def read(folder: Path, name: str, content: bytes) -> Binary:
    (folder / name).write_bytes(content)
    (binary,) = read_binaries(folder)
    return binary


@pytest.fixture(scope="module")
def elf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of this machine that needs libm."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not compiler:
        pytest.skip("no C compiler here")
    folder = tmp_path_factory.mktemp("elf")
    (folder / "one.c").write_text("#include <math.h>\ndouble one(double x) { return cos(x); }\n", encoding="utf-8")
    library = folder / "libone.so"
    flags = ["-shared", "-fPIC", "-fno-builtin", "-Wl,--no-as-needed"]
    subprocess.run([compiler, *flags, folder / "one.c", "-lm", "-o", library], check=True)
    return library


def test_an_elf(elf: Path) -> None:
    (binary,) = read_binaries(elf.parent)
    assert (binary.file, binary.family, binary.arch) == ("libone.so", OsFamily.LINUX, this_machine().arch)
    assert any(name.startswith("libm.so") for name in binary.needed)
    assert binary.code == ()
    assert binary.cuda is None
    assert not binary.unreadable


def test_an_elf_with_device_code_in_its_section(elf: Path, tmp_path: Path) -> None:
    objcopy = shutil.which("objcopy")
    if not objcopy:
        pytest.skip("no objcopy here")
    (tmp_path / "fatbin").write_bytes(FATBIN)
    made = tmp_path / "made" / "libcuda_part.so.1"
    made.parent.mkdir()
    subprocess.run([objcopy, "--add-section", f".nv_fatbin={tmp_path / 'fatbin'}", elf, made], check=True)
    (binary,) = read_binaries(made.parent)
    assert binary.facts() == {
        "file": "libcuda_part.so.1", "needed": list(binary.needed), "device_code": ["sm_90", "compute_100"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("machine", "arch"), [(X86_64_MACHINE, Arch.X86_64), (ARM64_MACHINE, Arch.AARCH64), (I386_MACHINE, None)]
)
def test_a_pe(machine: int, arch: Arch | None, tmp_path: Path) -> None:
    binary = read(tmp_path, "one.pyd", pe(machine, ["c10.dll", "cudart64_13.dll"], FATBIN))
    assert (binary.family, binary.arch) == (OsFamily.WINDOWS, arch)
    assert binary.needed == ("c10.dll", "cudart64_13.dll")
    assert binary.cuda == "cudart64_13.dll"
    assert " ".join(map(str, binary.code)) == "sm_90 compute_100"


def test_a_pe_without_device_code(tmp_path: Path) -> None:
    assert read(tmp_path, "one.dll", pe(X86_64_MACHINE, ["c10.dll"])).code == ()


@pytest.mark.parametrize(("cpu", "arch"), [(X86_64_CPU, Arch.X86_64), (ARM64_CPU, Arch.AARCH64), (POWERPC_CPU, None)])
def test_a_macho(cpu: int, arch: Arch | None, tmp_path: Path) -> None:
    binary = read(tmp_path, "one.dylib", macho(cpu, ["@rpath/libc10.dylib", "/usr/lib/libSystem.B.dylib"]))
    assert (binary.family, binary.arch) == (OsFamily.MACOS, arch)
    assert binary.needed == ("@rpath/libc10.dylib", "/usr/lib/libSystem.B.dylib")


@pytest.mark.parametrize("content", [b"", b"text\n", b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\x7fELF" + bytes(60)])
def test_what_is_no_library_is_said(content: bytes, tmp_path: Path) -> None:
    binary = read(tmp_path, "one.so", content)
    assert binary.unreadable
    assert binary.facts()["unreadable"] == binary.unreadable


WHOLE = pe(X86_64_MACHINE, ["c10.dll"], FATBIN)


@pytest.mark.parametrize("kept", [0.01, 0.1, 0.5, 0.9, 0.999])
def test_a_library_that_is_cut_short_is_said(kept: float, elf: Path, tmp_path: Path) -> None:
    whole_ones = {"one.so": elf.read_bytes(), "one.dll": WHOLE, "one.dylib": macho(ARM64_CPU, ["libc10.dylib"])}
    for name, whole in whole_ones.items():
        folder = tmp_path / name
        folder.mkdir()
        assert "cut short" in read(folder, name, whole[: int(len(whole) * kept)]).unreadable


def test_a_program_is_no_library(elf: Path, tmp_path: Path) -> None:
    (elf.parent / "main.c").write_text("int main(void) { return 0; }\n", encoding="utf-8")
    compile_ = ["cc", "-no-pie", elf.parent / "main.c", "-o", tmp_path / "main.so"]
    subprocess.run(compile_, check=True)
    (binary,) = read_binaries(tmp_path)
    assert binary.unreadable == "it is no shared library"


def test_only_libraries_are_read_in_the_order_of_their_names(elf: Path, tmp_path: Path) -> None:
    for name in ("b/libb.so", "a/liba.so.1.2", "c.pyd", "a/__init__.py", "notes.txt", "libs/README"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        shutil.copy(elf, file)
    (tmp_path / "folder.so").mkdir()
    assert [binary.file for binary in read_binaries(tmp_path)] == ["a/liba.so.1.2", "b/libb.so", "c.pyd"]
