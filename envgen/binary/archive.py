"""The binaries in a wheel or another archive, one after the other, without unpacking it.

An archive may say anything: no name in it is ever a path on this machine, no member is larger than a limit, and no
table of contents is read that no sound archive has.
"""

from __future__ import annotations

import io
import lzma
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from envgen.binary.content import Unreadable, printable
from envgen.binary.facts import Binary
from envgen.binary.read import ZIPS, is_binary_name, read_file

LARGEST_MEMBER = 4 << 30  # bytes; the largest library of torch has half of it
_LARGEST_READ = 16 << 20  # bytes of one read by an archive's own reader: a table of contents, or an extended header
_HARMLESS = 64 << 20  # bytes, however they are packed
_HIGHEST_RATIO = 200  # libraries full of zeros have a tenth of it
_LARGEST_STREAM = 16 << 30  # bytes of a whole tar, unpacked
_LARGEST_ZIP = 16 << 30  # bytes of all libraries of a zip, unpacked
_MOST_LIBRARIES = 10_000
_CHUNK = 1 << 20
# What Python's own readers of archives raise for one that is damaged.
DAMAGES = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError,
    OverflowError,
    NotImplementedError,  # a compression that zipfile has not
    RuntimeError,  # an encrypted member
)  # fmt: skip


@dataclass(frozen=True)
class Member:
    """One file of an archive, by the name that it has in it.

    Attributes:
        binaries: one for each machine that it is for; none when it cannot be read.
        unreadable: why it cannot be read.
    """

    name: str
    binaries: tuple[Binary, ...] = ()
    unreadable: str = ""


def read_archive(source: Path | bytes) -> Iterator[Member]:
    """Each shared library in a zip (a wheel is one) or a tar, as it comes.

    Args:
        source: where it lies, or its bytes.

    Raises:
        Unreadable: it is no archive, or a damaged one; what was read before that stands.
    """
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as stream:
            is_zip = stream.read(4) in ZIPS
            stream.seek(0)
            yield from _read_zip(stream) if is_zip else _read_tar(stream)
    except DAMAGES as error:
        raise Unreadable(f"it is a damaged archive, or none ({printable(str(error)) or 'it ends too early'})") from None


def read_member(stream: Readable, name: str, size: int) -> Member:
    """What a member of an archive is.

    Args:
        stream: its content, unpacked while it is read.
        size: how many bytes the archive says it has.
    """
    shown = printable(name)
    if size > LARGEST_MEMBER:
        return Member(shown, unreadable=f"it has {size} bytes, more than a library has")
    try:
        with tempfile.TemporaryFile() as copy:
            _copy(stream, copy, size)
            return Member(shown, read_file(copy, shown))
    except Unreadable as reason:
        return Member(shown, unreadable=reason.what)
    except DAMAGES as error:
        return Member(
            shown, unreadable=f"it is damaged in the archive ({printable(str(error)) or 'it ends too early'})"
        )


class Readable(Protocol):
    """What a member's content is read from."""

    def read(self, size: int, /) -> bytes: ...


class Careful(io.RawIOBase):
    """A stream whose reader cannot be made to hold more than a sound archive needs."""

    def __init__(self, stream: IO[bytes], most: int) -> None:
        super().__init__()
        self._stream = stream
        self._left = most

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._stream.seekable()

    def tell(self) -> int:
        return self._stream.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def read(self, size: int = -1, /) -> bytes:
        if size > _LARGEST_READ:
            raise ValueError("its table of contents is larger than that of any sound archive")
        content = self._stream.read(size if size >= 0 else _LARGEST_READ)
        self._left -= len(content)
        if self._left < 0:
            raise ValueError("it unpacks to more than any sound archive")
        return content


def _read_zip(stream: IO[bytes]) -> Iterator[Member]:
    with zipfile.ZipFile(Careful(stream, _LARGEST_STREAM)) as archive:
        if any(info.filename.endswith(".tar.zst") for info in archive.infolist()):
            raise Unreadable("it is a conda package, compressed as envgen does not read it; unpack it (`cph x FILE`)")
        libraries = [info for info in archive.infolist() if is_binary_name(info.filename)]
        _check_number(len(libraries), sum(info.file_size for info in libraries))
        for info in libraries:
            if info.file_size > max(_HARMLESS, _HIGHEST_RATIO * info.compress_size):
                yield Member(printable(info.filename), unreadable="it is packed as no library can be")
                continue
            try:
                with archive.open(info) as content:
                    yield read_member(content, info.filename, info.file_size)
            except DAMAGES as error:
                yield Member(
                    printable(info.filename), unreadable=f"it is damaged in the archive ({printable(str(error))})"
                )


def _copy(stream: Readable, copy: IO[bytes], size: int) -> None:
    """Copies a member that gives no more bytes than the archive says it has."""
    left = size
    while content := stream.read(_CHUNK):
        left -= len(content)
        if left < 0:
            raise ValueError("it unpacks to more than the archive says")
        copy.write(content)
    copy.flush()


def _check_number(libraries: int, size: int) -> None:
    if libraries > _MOST_LIBRARIES or size > _LARGEST_ZIP:
        raise Unreadable(f"it has {libraries} libraries of {size} bytes, more than any sound archive")


def _read_tar(stream: IO[bytes]) -> Iterator[Member]:
    with _unpacked(stream) as plain, tarfile.open(fileobj=Careful(plain, _LARGEST_STREAM), mode="r|") as archive:
        number = 0
        for info in archive:
            number += is_binary_name(info.name)
            _check_number(number, 0)
            content = archive.extractfile(info) if info.isreg() and is_binary_name(info.name) else None
            if content:
                yield read_member(content, info.name, info.size)


def _unpacked(stream: IO[bytes]) -> IO[bytes]:
    """The tar in its compression; the standard library would read ahead to find it out."""
    import bz2  # noqa: PLC0415 - only for tars
    import gzip  # noqa: PLC0415

    begin = stream.read(6)
    stream.seek(0)
    if begin.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=stream)  # type: ignore[return-value]
    if begin.startswith(b"BZh"):
        return bz2.BZ2File(stream)
    return lzma.LZMAFile(stream) if begin == b"\xfd7zXZ\0" else stream
