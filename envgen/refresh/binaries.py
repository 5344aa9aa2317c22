"""Facts of a compiled library, from its first bytes or all of them: what it needs, and what it was made with.

Whole binaries are `envgen.binary`'s matter; here only a part of a library of many megabytes is at hand.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from packaging.version import Version

_ABI_NEW = re.compile(rb"_ZNK?3c10\w*NSt7__cxx1112basic_string")
_ABI_OLD = re.compile(rb"_ZNK?3c10\w*(?:RK|E)Ss")
_GCC = re.compile(rb"GCC: \([^)]*\) (\d+\.\d+\.\d+)")
_SM_LIST = re.compile(rb"(?:sm_\d{2,3}[af]? ?)+(?:compute_\d+[af]? ?)*(?=\0)")
_VERNAUX = struct.Struct("<IHHII")  # hash of the version's name, flags, index, offset of the name, offset of the next
_LAST_GLIBC = 80  # minors that are looked for; 2.42 came in 2025
_LAST_GLIBCXX = 60
_MACOS_VERSION, _MACOS_BUILD = 0x24, 0x32  # LC_VERSION_MIN_MACOSX, LC_BUILD_VERSION
_MACHO_64 = 0xFEEDFACF


def glibc_needed(start: bytes) -> Version | None:
    """The newest glibc version that an ELF library asks for.

    Args:
        start: as much of it as holds the version needs; they stand before the code, the names of the versions often
            behind it, so versions are known here by the hash of their name.
    """
    return _newest_needed(start, "GLIBC_2.", _LAST_GLIBC, "2.")


def glibcxx_needed(start: bytes) -> Version | None:
    """As `glibc_needed`, of libstdc++: `3.4.22`."""
    return _newest_needed(start, "GLIBCXX_3.4.", _LAST_GLIBCXX, "3.4.")


def cxx11_abi(library: bytes) -> bool | None:
    """Whether functions of c10 take libstdc++'s new string; None when the library has no such function."""
    if _ABI_NEW.search(library):
        return True
    return False if _ABI_OLD.search(library) else None


def gcc(library: bytes) -> str | None:
    """The gcc that compiled it: `13.3.1`; of several, the one named first, which compiled its own code."""
    match = _GCC.search(library)
    return match[1].decode() if match else None


def sm_list(start: bytes) -> tuple[str, ...]:
    """The GPU architectures that torch says it was built for: `9.0`; empty when the bytes do not hold the list."""
    lists = [re.findall(r"sm_(\d+)(\d[af]?)", match[0].decode()) for match in _SM_LIST.finditer(start)]
    return tuple(f"{major}.{minor}" for major, minor in max(lists, key=len, default=[]))


def macos_floor(start: bytes) -> str | None:
    """The oldest macOS that a Mach-O library loads on: `14.0`."""
    if len(start) < 32 or struct.unpack_from("<I", start)[0] != _MACHO_64:
        return None
    for command, offset in _load_commands(start):
        if command in (_MACOS_VERSION, _MACOS_BUILD):
            (version,) = struct.unpack_from("<I", start, offset + (8 if command == _MACOS_VERSION else 12))
            return f"{version >> 16}.{version >> 8 & 0xFF}"
    return None


def msvc_linker(start: bytes) -> str | None:
    """The version of Microsoft's linker that made a DLL: `14.42`."""
    if len(start) < 64 or start[:2] != b"MZ":
        return None
    (header,) = struct.unpack_from("<I", start, 60)
    if start[header : header + 4] != b"PE\0\0" or len(start) < header + 28:
        return None
    major, minor = struct.unpack_from("<BB", start, header + 26)
    return f"{major}.{minor}"


def _load_commands(start: bytes) -> Iterator[tuple[int, int]]:
    (count,) = struct.unpack_from("<I", start, 16)
    offset = 32
    for _ in range(count):
        if offset + 16 > len(start):
            return
        command, size = struct.unpack_from("<II", start, offset)
        yield command, offset
        offset += max(size, 8)


def _newest_needed(start: bytes, prefix: str, last: int, version: str) -> Version | None:
    if start[:4] != b"\x7fELF":
        return None
    for minor in range(last, -1, -1):
        if _is_needed(start, _elf_hash(f"{prefix}{minor}")):
            return Version(f"{version}{minor}")
    return None


def _is_needed(start: bytes, digest: int) -> bool:
    """Whether the bytes hold a version need of this hash: the fields beside it must be what they can be."""
    wanted = struct.pack("<I", digest)
    at = start.find(wanted)
    while 0 <= at <= len(start) - _VERNAUX.size:
        _, flags, index, _, following = _VERNAUX.unpack_from(start, at)
        if at % 4 == 0 and flags in (0, 2) and 1 < index < 1024 and following in (0, _VERNAUX.size):
            return True
        at = start.find(wanted, at + 1)
    return False


def _elf_hash(name: str) -> int:
    """As the System V ABI defines it."""
    digest = 0
    for byte in name.encode():
        digest = (digest << 4) + byte
        high = digest & 0xF0000000
        digest = (digest ^ high >> 24) & ~high & 0xFFFFFFFF
    return digest
