"""Plans: the head, which `trtexec --getPlanVersionOnly` reads too, and hints from the body, which nobody documents."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from packaging.version import Version

from envgen.binary.content import Unreadable, printable
from envgen.cell import SmArch
from envgen.engine.facts import Plan
from envgen.engine.passage import RAW, Bytes, pieces

_HEAD = struct.Struct("<8sQQ4B4s")  # magic and a zero, layout, size, release, tag of the platform
_BODY_MARK = b"ptrt"
_BODY_WITHIN = 512  # bytes from the plan's begin on
_BODY_SIZE = 420
_VALUE = re.compile(rb"([\x02\x07\x08\x09])\x80\x01\x00", re.DOTALL)  # a kind, and the sign that a value follows
_KINDS = {2: struct.Struct("<B"), 7: struct.Struct("<i"), 8: struct.Struct("<Q"), 9: struct.Struct("<q")}
_BYTE = 2
_GPU_AT = {1: 1, 2: 13}  # layout to the place of the GPU's major among the numbers that are no bytes
_ELF = b"\x7fELF"
_ELF_HEAD = struct.Struct("<4s3xBB7xHHI24xI")  # 64 bits, little endian: OS ABI and its version, type, machine, flags
_CUDA = 190  # machine
_HOSTS = (62, 183)  # machines: x86-64, aarch64
_SHARED = 3  # type
_NEW_FLAGS = 8  # version of CUDA's ABI since which the architecture stands in the second byte of the flags


def read_plan(content: Bytes, *, alone: bool = True) -> Plan:
    """What a plan says of itself.

    Args:
        content: the plan, from its first byte on.
        alone: whether the content is to be this plan and nothing else; kernels are looked for only then.

    Raises:
        Unreadable: it is none, or its head is not all there.
    """
    if content.size < _HEAD.size:
        raise Unreadable(f"it is cut short: the head of an engine has {_HEAD.size} bytes, and it has {content.size}")
    magic, layout, announced, major, minor, patch, build, tag = _HEAD.unpack(content.read(0, _HEAD.size))
    if magic != RAW:
        raise Unreadable("it does not begin as a TensorRT engine does")
    serialization, body, gpu = _body(content, layout)
    present = content.size if alone else min(content.size, announced)
    code, host_code, unread = _code(content) if alone else ((), False, "")
    return Plan(
        tensorrt=Version(f"{major}.{minor}.{patch}.{build}"),
        layout=layout,
        announced=announced,
        present=present,
        tag=printable(tag.rstrip(b"\0").decode("latin-1")),
        serialization=serialization,
        body=body,
        gpu=gpu,
        code=code,
        host_code=host_code,
        unread=unread,
    )


def _body(content: Bytes, layout: int) -> tuple[int | None, Version | None, SmArch | None]:
    """The number of the format, the release, and the GPU; None for what is not where it was seen."""
    begin = content.read(0, min(content.size, _BODY_WITHIN + _BODY_SIZE))
    at = begin.find(_BODY_MARK, _HEAD.size, _BODY_WITHIN)
    if at < 0 or at + 12 > len(begin):
        return None, None, None
    first, second = struct.unpack_from("<II", begin, at + 4)
    values = list(_values(begin[at + 12 : at + _BODY_SIZE]))
    release = [number for kind, number in values[:4] if kind == _BYTE]
    numbers = [number for kind, number in values if kind != _BYTE]
    body = Version(".".join(map(str, release))) if len(release) == 4 else None
    place = _GPU_AT.get(layout, len(numbers))
    gpu = _gpu(*numbers[place : place + 2]) if len(numbers) > place + 1 else None
    return first or second or None, body, gpu


def _values(begin: bytes) -> Iterator[tuple[int, int]]:
    """Kind and value of the numbers."""
    at = 0
    while found := _VALUE.search(begin, at):
        kind = found[1][0]
        form = _KINDS[kind]
        at = found.end() + form.size
        if at <= len(begin):
            yield kind, form.unpack_from(begin, found.end())[0]


def _gpu(major: int, minor: int) -> SmArch | None:
    return SmArch(major, minor) if 5 <= major <= 99 and 0 <= minor <= 9 else None


def _code(content: Bytes) -> tuple[tuple[SmArch, ...], bool, str]:
    """The GPUs that kernels in it are for, whether a library for the processor is in it, and what ended the search."""
    architectures: set[SmArch] = set()
    host_code, unread = False, ""
    try:
        for _, piece in pieces(content, _ELF_HEAD.size):
            for version, form, machine, flags in _elves(piece):
                host_code |= machine in _HOSTS and form == _SHARED
                number = flags >> 8 & 0xFF if version >= _NEW_FLAGS else flags & 0xFF
                if machine == _CUDA and (gpu := _gpu(*divmod(number, 10))):
                    architectures.add(gpu)
    except Unreadable as reason:
        unread = reason.what
    return tuple(sorted(architectures)), host_code, unread


def _elves(piece: bytes) -> Iterator[tuple[int, int, int, int]]:
    """The version of the ABI, type, machine and flags of whatever begins as an ELF file does."""
    at = piece.find(_ELF)
    while 0 <= at <= len(piece) - _ELF_HEAD.size:
        _, _, version, form, machine, _, flags = _ELF_HEAD.unpack_from(piece, at)
        yield version, form, machine, flags
        at = piece.find(_ELF, at + len(_ELF))
