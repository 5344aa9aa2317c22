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
# kind, version, header bytes, payload bytes, compressed bytes, -, minor, major, arch, -, flags
ENTRY = struct.Struct("<HHIQIIHHIQQ")
PTX, ELF = 1, 2
SUFFIXES = {0x100000: "a", 0x200000: "f"}


@dataclass(frozen=True, order=True)
class DeviceCode:
    """One architecture (`90` is sm_90), as PTX or as machine code.

    Attributes:
        suffix: `a` when it uses features of exactly this architecture, `f` of its family, otherwise empty.
    """

    arch: int
    ptx: bool
    suffix: str = ""

    def __str__(self) -> str:
        return f"{'compute' if self.ptx else 'sm'}_{self.arch}{self.suffix}"

    def runs_on(self, gpu: int) -> bool:
        """Whether a GPU of compute capability 9.0 (`90`) runs it: of the same major and no older, or newer for PTX."""
        if self.suffix == "a":
            return gpu == self.arch
        anything_newer = self.ptx and not self.suffix
        return gpu >= self.arch and (anything_newer or gpu // 10 == self.arch // 10)


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
        kind, _, header, payload, _, _, _, _, arch, _, flags = ENTRY.unpack_from(section, at)
        if header < ENTRY.size:
            return
        if kind in (PTX, ELF):
            suffix = next((letter for flag, letter in SUFFIXES.items() if flags & flag), "")
            yield DeviceCode(arch, kind == PTX, suffix)
        at += header + payload
