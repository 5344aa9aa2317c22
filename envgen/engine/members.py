"""The members of a zip with a model in it, none of them unpacked onto the disk by its name, and none trusted."""

from __future__ import annotations

import io
import mmap
import struct
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from envgen.binary.archive import DAMAGES, Careful
from envgen.binary.content import Content, Unreadable, printable

ZIP = b"PK\x03\x04"
_LOCAL = struct.Struct("<4s22xHH")  # sign, sizes of name and extra
_MOST = 100_000  # members
_LARGEST_UNPACKED = 1 << 30  # bytes of all packed members together; torch packs only its own small files
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Member:
    """A member: its bytes, or why it could not be read."""

    name: str
    content: Content | None
    unreadable: str = ""


class _Stream(io.RawIOBase):
    """A content as a file."""

    def __init__(self, content: Content) -> None:
        super().__init__()
        self._content = content
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._content.size}[whence]
        if base + offset < 0:
            raise ValueError("a place before its begin")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        size = min(max(self._content.size - self._at, 0), len(buffer))
        buffer[:size] = self._content.read(self._at, size) if size else b""
        self._at += size
        return size


def members(content: Content) -> Iterator[Member]:
    """The members as the table of contents names them; their checksums are not looked at, as torch does not either.

    Raises:
        Unreadable: it has no table of contents, as a zip that was cut short, or no sound one.
    """
    stream = io.BufferedReader(_Stream(content))
    try:
        # zipfile's reads are through a stream that refuses tables of contents that no sound zip has.
        with zipfile.ZipFile(Careful(stream, max(4 * content.size, 1 << 26))) as archive:
            infos = archive.infolist()
            if len(infos) > _MOST:
                raise Unreadable(f"it has {len(infos)} members, more than any sound one")
            if sum(info.compress_size for info in infos) > content.size:
                raise Unreadable("its members lie upon each other")
            left = _LARGEST_UNPACKED
            for info in infos:
                member = _member(content, archive, info, left)
                if member.content and info.compress_type != zipfile.ZIP_STORED:
                    left -= member.content.size
                yield member
    except DAMAGES as error:
        raise Unreadable(f"its zip is cut short or damaged ({printable(str(error))})") from None


def _member(content: Content, archive: zipfile.ZipFile, info: zipfile.ZipInfo, left: int) -> Member:
    name = printable(info.filename)
    try:
        if info.compress_type != zipfile.ZIP_STORED:
            return _unpacked(archive, info, name, left)
        sign, names, extra = content.unpack(_LOCAL, info.header_offset)
        if sign != ZIP:
            return Member(name, None, "it is not where the table of contents says")
        return Member(name, content.part(info.header_offset + _LOCAL.size + names + extra, info.compress_size))
    except Unreadable as reason:
        return Member(name, None, reason.what)
    except DAMAGES as error:
        return Member(name, None, f"it is damaged in the zip ({printable(str(error))})")


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, left: int) -> Member:
    if info.file_size > left:
        return Member(name, None, f"it has {info.file_size} bytes, packed, which no model has")
    with tempfile.TemporaryFile() as copy:
        number = 0
        with archive.open(info) as stream:
            while piece := stream.read(_CHUNK):
                number += len(piece)
                if number > info.file_size:
                    return Member(name, None, "it unpacks to more than the zip says")
                copy.write(piece)
        copy.flush()
        data = mmap.mmap(copy.fileno(), 0, access=mmap.ACCESS_READ) if number else b""
    return Member(name, Content(data))
