"""Small libraries of every format, written byte by byte."""

from __future__ import annotations

import struct
from collections.abc import Sequence

FLAGS = {"": 0x11, "a": 0x100011, "f": 0x200011}


def entry(
    arch: int, *, ptx: bool = False, suffix: str = "", payload: bytes = b"code", header: int = 64, packed: bool = False
) -> bytes:
    """One entry of a fatbin: its header, and the code as it comes."""
    kind = 1 if ptx else 2
    head = struct.pack(
        "<HHIQIIHHIQQ", kind, 0x101, header, len(payload), 0, 0, 8, 1, arch, 0, FLAGS[suffix] | 0x2000 * packed
    )
    return head.ljust(header, b"\0") + payload


def container(*entries: bytes) -> bytes:
    content = b"".join(entries)
    return struct.pack("<IHHQ", 0xBA55ED50, 1, 16, len(content)) + content


def pe(machine: int, imports: Sequence[str] = (), fatbin: bytes = b"") -> bytes:
    """A 64-bit DLL with an import table and, where there is device code, its section."""
    base = 0x1000
    table = _import_table(imports, base)
    contents = [(b".idata", table), *([(b".nv_fatb", fatbin)] if fatbin else [])]
    headers, raw, bodies = b"", 0x400, b""
    for number, (name, content) in enumerate(contents, 1):
        size = (len(content) + 0x1FF) // 0x200 * 0x200
        where = (len(content), base * number, size, raw, 0, 0, 0, 0, 0x40000040)
        headers += struct.pack("<8sIIIIIIHHI", name, *where)
        bodies += content.ljust(size, b"\0")
        raw += size
    directories = [(0, 0), (base, len(table))] + [(0, 0)] * 14
    optional = struct.pack("<HBBIIIII", 0x20B, 14, 0, 0, 0, 0, 0, 0)
    optional += struct.pack(
        "<QIIHHHHHHIIIIHH", 0x180000000, 0x1000, 0x200, 6, 0, 0, 0, 6, 0, 0, 0x10000, 0x400, 0, 2, 0
    )
    optional += struct.pack("<QQQQII", 0x100000, 0x1000, 0x100000, 0x1000, 0, 16)
    optional += b"".join(struct.pack("<II", *directory) for directory in directories)
    coff = struct.pack("<HHIIIHH", machine, len(contents), 0, 0, 0, len(optional), 0x2022)
    dos = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40)
    return (dos + b"PE\0\0" + coff + optional + headers).ljust(0x400, b"\0") + bodies


def _import_table(names: Sequence[str], base: int) -> bytes:
    """Descriptors, one imported ordinal each, then the names of the libraries."""
    thunks = 20 * (len(names) + 1)
    texts = thunks + 16 * len(names)
    descriptors, lookups, strings = b"", b"", b""
    for number, name in enumerate(names):
        lookup = base + thunks + 16 * number
        descriptors += struct.pack("<IIIII", lookup, 0, 0, base + texts + len(strings), lookup)
        lookups += struct.pack("<QQ", 1 << 63 | 1, 0)
        strings += name.encode() + b"\0"
    return descriptors + bytes(20) + lookups + strings


def macho(cpu: int, libraries: Sequence[str]) -> bytes:
    """A 64-bit dylib that names the libraries it needs."""
    commands = b"".join(_load_dylib(name) for name in libraries)
    return struct.pack("<IIIIIIII", 0xFEEDFACF, cpu, 0, 6, len(libraries), len(commands), 0, 0) + commands


def _load_dylib(name: str) -> bytes:
    text = name.encode() + b"\0"
    size = (24 + len(text) + 7) // 8 * 8
    return (struct.pack("<IIIIII", 0xC, size, 24, 2, 0x10000, 0x10000) + text).ljust(size, b"\0")
