"""The GPU code in a binary's `.nv_fatbin` section: which architectures, as machine code (SASS) or as PTX.

Layout as the CUDA runtime reads it: containers that begin with a magic number, each with a header, then entries, each
with a header that names its kind and architecture. The code itself may be compressed; the headers never are.
Source: the open readers of the format (cuda-elf and cricket), checked against `cuobjdump -lelf -lptx`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MAGIC = struct.pack("<I", 0xBA55ED50)
CONTAINER = struct.Struct("<IHHQ")  # magic, version, header bytes, content bytes
ENTRY = struct.Struct(
    "<HHIQIIHHI"
)  # kind, version, header bytes, payload bytes, compressed bytes, -, minor, major, arch
PTX, ELF = 1, 2


@dataclass(frozen=True, order=True)
class DeviceCode:
    """One architecture (`90` is sm_90), as PTX or as machine code."""

    arch: int
    ptx: bool

    def __str__(self) -> str:
        return f"{'compute' if self.ptx else 'sm'}_{self.arch}"


def device_code(section: bytes) -> tuple[DeviceCode, ...]:
    """The architectures in the bytes of an `.nv_fatbin` section, sorted; damaged parts end the reading."""
    return tuple(sorted(set(_entries(section))))


def _entries(section: bytes) -> Iterator[DeviceCode]:
    at = section.find(MAGIC)
    while at >= 0 and at + CONTAINER.size <= len(section):
        _, _, header, content = CONTAINER.unpack_from(section, at)
        end = min(at + header + content, len(section))
        yield from _container(section, at + header, end)
        at = section.find(MAGIC, max(end, at + len(MAGIC)))


def _container(section: bytes, at: int, end: int) -> Iterator[DeviceCode]:
    while at + ENTRY.size <= end:
        kind, _, header, payload, _, _, _, _, arch = ENTRY.unpack_from(section, at)
        if header < ENTRY.size:
            return
        if kind in (PTX, ELF):
            yield DeviceCode(arch, ptx=kind == PTX)
        at += header + payload
