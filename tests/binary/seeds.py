"""Sound files of every kind, for damaging."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import tarfile
import zipfile
from pathlib import Path

from tests.binary.foreign import MacCompiler
from tests.binary.made import container, entry, macho, pe

_SOURCE = """\
#include <math.h>
#include <stdio.h>
extern int other(int);
__thread int mine;
double PyInit_one(double x) { mine = other(3); printf("%f", cos(x)); return cos(x); }
const char text[] = "__pybind11_internals_v5_gcc__";
"""


def sound_files(folder: Path) -> list[bytes]:
    """ELF of 64 bits made by the compiler here, stripped and not; PE, Mach-O, universal, zip and tar by hand.

    Where clang and lld are here, the dylib has symbols and a signature.
    """
    (folder / "one.c").write_text(_SOURCE, encoding="utf-8")
    made = folder / "one.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-fno-builtin", folder / "one.c", "-lm", "-o", made], check=True)
    elf = made.read_bytes()
    fatbin = container(entry(80), entry(90, ptx=True, packed=True))
    dll = pe(0x8664, ["c10.dll", "torch_cpu.dll", "python312.dll", "VCRUNTIME140.dll"], fatbin)
    dylib = _signed(folder) or macho(0x100000C, ["@rpath/libc10.dylib", "/usr/lib/libSystem.B.dylib"])
    return [elf, _without_sections(elf), dll, dylib, _universal(dylib), _zip(elf, dll, dylib), _tar(elf, dll)]


def _signed(folder: Path) -> bytes:
    """One with symbols and a signature, where there is a compiler for it."""
    clang = shutil.which("clang") or shutil.which("clang-14")
    linker = shutil.which("ld64.lld") or shutil.which("ld64.lld-14")
    if not (clang and linker):
        return b""
    return MacCompiler(Path(clang), Path(linker), folder).dylib("one.dylib", "-rpath", "@loader_path").read_bytes()


def _without_sections(elf: bytes) -> bytes:
    changed = bytearray(elf)
    struct.pack_into("<Q", changed, 40, 0)
    struct.pack_into("<HH", changed, 60, 0, 0)
    return bytes(changed)


def _universal(dylib: bytes) -> bytes:
    table, place = struct.pack(">II", 0xCAFEBABE, 2), -(-len(dylib) // 4096) * 4096
    for number, cpu in enumerate((0x1000007, 0x100000C)):
        table += struct.pack(">IIIII", cpu, 0, 4096 + place * number, len(dylib), 12)
    return table.ljust(4096, b"\0") + dylib.ljust(place, b"\0") + dylib


def _zip(*members: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, member in enumerate(members):
            archive.writestr(f"package/part{number}.so", member)
        archive.writestr("package/__init__.py", "")
    return target.getvalue()


def _tar(*members: bytes) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for number, member in enumerate(members):
            info = tarfile.TarInfo(f"package/part{number}.so")
            info.size = len(member)
            archive.addfile(info, io.BytesIO(member))
    return target.getvalue()
