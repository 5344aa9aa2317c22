"""Small members of a wheel that stays where it is."""

from __future__ import annotations

import email
import io
import lzma
import struct
import zipfile
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from envgen.index.access import IndexFault
from envgen.index.ranges import LocalFile, RangeFile

_LARGEST_MEMBER = 64 << 20  # bytes, unpacked, when no limit is given
_LARGEST_FOLDER = 1 << 30
_BLOCK = 1 << 20
_DAMAGES = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError,
    NotImplementedError,  # a compression that zipfile has not
    RuntimeError,  # an encrypted member
    ValueError,
)  # fmt: skip


class RemoteWheel:
    """A wheel on an index or on disk; nothing is read before it is asked for. Not for several threads at once.

    What is read is checked against the wheel's own checksums, not against the hash that the index states: that would
    take the whole file.

    Args:
        subject: what the wheel is and where, for faults.
        open_file: opens it, when something inside is asked for.
        read_metadata: its METADATA from beside it; None when it is not offered there.
    """

    def __init__(
        self, subject: str, open_file: Callable[[], RangeFile | LocalFile], read_metadata: Callable[[], bytes | None]
    ) -> None:
        self._subject = subject
        self._open_file = open_file
        self._read_metadata = read_metadata

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes a local file; after that nothing more can be read from inside."""
        if "_file" in vars(self):
            self._file.close()

    def names(self) -> tuple[str, ...]:
        """Its members, as they stand in it.

        Raises:
            IndexFault: the wheel cannot be read.
        """
        return tuple(self._archive.namelist())

    @property
    def total(self) -> int:
        """Bytes of the whole wheel.

        Raises:
            IndexFault: it cannot be read.
        """
        with self._sound():
            return self._file.seek(0, io.SEEK_END)

    def size(self, name: str) -> int:
        """Bytes of a member, unpacked.

        Raises:
            IndexFault: the wheel cannot be read, or has no such member.
        """
        return self._member(name).file_size

    def read(self, name: str, limit: int | None = None) -> bytes:
        """A member, unpacked; when it is read to its end, its checksum holds.

        Args:
            limit: bytes; reads and unpacks no more than these take. Needed for a member of more than 64 MiB.

        Raises:
            IndexFault: the wheel cannot be read, has no such member, or one that is too large.
        """
        member = self._member(name)
        if limit is None and member.file_size > _LARGEST_MEMBER:
            raise IndexFault(
                f"{name} in {self._subject} is too large to be read at once ({member.file_size} bytes).",
                "Read its first bytes only.",
            )
        wanted = member.file_size if limit is None else min(limit, member.file_size)
        whole = wanted == member.file_size
        with self._sound():
            self._file.expect(member.header_offset, self._end(member), whole)
            with self._archive.open(member) as stream:
                content = stream.read(wanted)
                if len(content) < wanted or (whole and stream.read(1)):  # at the end zipfile looks at the checksum
                    raise zipfile.BadZipFile
        return content

    def copy(self, name: str, target: BinaryIO) -> None:
        """Unpacks a member of any size into a file; its checksum holds.

        Raises:
            IndexFault: the wheel cannot be read, or has no such member.
            OSError: the file cannot be written.
        """
        member = self._member(name)
        with self._sound():
            self._file.expect(member.header_offset, self._end(member), True)
        target.writelines(self._blocks(member))

    def extract(self, prefix: str, folder: Path) -> None:
        """Unpacks all members under a prefix into a folder, with their paths; those stand together in most wheels.

        Raises:
            IndexFault: the wheel cannot be read, there is nothing there, or too much.
            OSError: a file cannot be written.
        """
        members = [each for each in self._archive.infolist() if each.filename.startswith(prefix) and not each.is_dir()]
        members.sort(key=lambda member: member.header_offset)
        size = sum(member.file_size for member in members)
        if not members or size > _LARGEST_FOLDER:
            raise IndexFault(
                f"{prefix} in {self._subject} is {'too large to be unpacked' if members else 'not there'}.",
                "Look for it by its names.",
            )
        with self._sound():
            self._file.expect(members[0].header_offset, self._end(members[-1]), True)
        for member in members:
            path = folder.joinpath(*(part for part in member.filename.split("/") if part not in ("", ".", "..")))
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as target:
                target.writelines(self._blocks(member))

    def metadata(self) -> Message:
        """METADATA: the file beside the wheel where the index offers it, else the member.

        Raises:
            IndexFault: it cannot be read, or is none.
        """
        content = self._read_metadata()
        if content is None:
            content = self.read(self._metadata_name())
        message = email.message_from_string(content.decode("utf-8", "replace"))
        if not (message["Name"] and message["Version"]):
            raise IndexFault(
                f"The METADATA of {self._subject} has no name and version.", "Tell whoever published the wheel."
            )
        return message

    @cached_property
    def _file(self) -> RangeFile | LocalFile:
        with self._sound():
            return self._open_file()

    @cached_property
    def _archive(self) -> zipfile.ZipFile:
        with self._sound():
            return zipfile.ZipFile(self._file)

    @cached_property
    def _boundaries(self) -> list[int]:
        """Where members start, ascending, and where the last one ends."""
        return sorted({*(member.header_offset for member in self._archive.infolist()), self._archive.start_dir})

    def _blocks(self, member: zipfile.ZipInfo) -> Iterator[bytes]:
        """A member, unpacked bit by bit; what goes wrong with whoever takes the blocks is not the wheel's fault."""
        left = member.file_size
        with self._sound():
            stream = self._archive.open(member)
        with stream:
            while left:
                with self._sound():
                    block = stream.read(min(_BLOCK, left))
                    if not block:
                        raise zipfile.BadZipFile
                left -= len(block)
                yield block
            with self._sound():
                if stream.read(1):  # at the end zipfile looks at the checksum
                    raise zipfile.BadZipFile

    def _member(self, name: str) -> zipfile.ZipInfo:
        try:
            return self._archive.getinfo(name)
        except KeyError:
            raise IndexFault(f"There is no {name} in {self._subject}.", "Look for it by its names.") from None

    def _end(self, member: zipfile.ZipInfo) -> int:
        """Where whatever follows a member starts; zipfile knows the length of its header only after reading it."""
        later = self._boundaries[bisect_right(self._boundaries, member.header_offset) :]
        return later[0] if later else member.header_offset

    def _metadata_name(self) -> str:
        found = [name for name in self.names() if name.endswith(".dist-info/METADATA") and name.count("/") == 1]
        if len(found) != 1:
            raise self._damaged()
        return found[0]

    @contextmanager
    def _sound(self) -> Iterator[None]:
        try:
            yield
        except _DAMAGES:
            raise self._damaged() from None

    def _damaged(self) -> IndexFault:
        return IndexFault(f"{self._subject} is damaged, or no wheel.", "Try again, or tell whoever published it.")
