"""The GPU code in a binary's `.nv_fatbin` section: which architectures, as machine code (SASS) or as PTX.

Layout as the CUDA runtime reads it: containers that begin with a magic number, each with a header, then entries, each
with a header that names its kind and architecture. The code itself may be compressed; the headers never are.
Source: the open readers of the format (cuda-elf and cricket), checked against `cuobjdump -lelf -lptx`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from envgen.binary.content import Content
from envgen.cell import SmArch

MAGIC = struct.pack("<I", 0xBA55ED50)
CONTAINER = struct.Struct("<IHHQ")  # magic, version, header bytes, content bytes
# kind, version, header bytes, payload bytes, compressed bytes, -, minor, major, arch, -, flags
ENTRY = struct.Struct("<HHIQIIHHIQQ")
PTX, ELF = 1, 2
SUFFIXES = {0x100000: "a", 0x200000: "f"}
COMPRESSED = 0x2000 | 0x8000  # by LZ4, by zstd
_MOST_PARTS = 1 << 20  # in all of libtorch_cuda there are some ten thousand


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


def covers(held: Iterable[DeviceCode], gpu: SmArch) -> bool:
    """Whether any of the device code runs on a GPU."""
    return any(code.runs_on(10 * gpu.major + gpu.minor) for code in held)


@dataclass(frozen=True)
class DeviceFacts:
    """The GPU code of a binary.

    Attributes:
        code: the architectures, sorted.
        parts: how many pieces of code there are.
        compressed: how many of them are compressed; their architectures are known, their content is not read.
        damaged: whether headers of the code could not be read, so there may be more of it.
    """

    code: tuple[DeviceCode, ...] = ()
    parts: int = 0
    compressed: int = 0
    damaged: bool = False


def device_facts(section: Content) -> DeviceFacts | None:
    """What an `.nv_fatbin` section holds; None when it holds no container.

    Args:
        section: its bytes; reading ends where they are damaged.
    """
    if section.find(MAGIC) < 0:
        return None
    codes, parts, compressed, damaged = set(), 0, 0, False
    for entry in _entries(section):
        if entry is None or parts == _MOST_PARTS:
            damaged = True
            continue
        code, is_compressed = entry
        codes.add(code)
        parts += 1
        compressed += is_compressed
    return DeviceFacts(tuple(sorted(codes)), parts, compressed, damaged)


def _entries(section: Content) -> Iterator[tuple[DeviceCode, bool] | None]:
    """Each piece of code, and whether it is compressed; None for what cannot be read."""
    at = section.find(MAGIC)
    while at >= 0:
        if at + CONTAINER.size > section.size:
            yield None
            return
        _, _, header, content = section.unpack(CONTAINER, at)
        end = min(at + header + content, section.size)
        yield from _container(section, at + header, end)
        if at + header + content > section.size:
            yield None
        at = section.find(MAGIC, max(end, at + len(MAGIC)))


def _container(section: Content, at: int, end: int) -> Iterator[tuple[DeviceCode, bool] | None]:
    while at + ENTRY.size <= end:
        kind, _, header, payload, _, _, _, _, arch, _, flags = section.unpack(ENTRY, at)
        if header < ENTRY.size:
            yield None
            return
        if kind in (PTX, ELF):
            suffix = next((letter for flag, letter in SUFFIXES.items() if flags & flag), "")
            yield DeviceCode(arch, kind == PTX, suffix), bool(flags & COMPRESSED)
        at += header + payload
