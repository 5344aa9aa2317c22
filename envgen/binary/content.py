"""The bytes of a file that may say anything of itself: whatever is read from them is bounded."""

from __future__ import annotations

import mmap
import re
import struct
from collections.abc import Iterator
from typing import Any

from envgen.errors import EnvgenError

_LONGEST_TEXT = 1 << 16  # bytes of one name; torch's longest symbols have some thousands
_ALL_TEXTS = 1 << 27  # bytes of all names of one binary; those of the largest libraries have a quarter of it


class Unreadable(EnvgenError):  # noqa: N818 - it says what a file is, and ends nothing but its reading
    """A file is no binary, or one that is damaged; `what` completes "... cannot be read: "."""


class Content:
    """A part of a file; offsets count from its start.

    Args:
        data: the file's bytes; nothing of them is copied before it is read.
        start: where the part begins in them.
        size: bytes of the part; all that follow when not given.

    Attributes:
        start: likewise.
        size: bytes of the part.

    Raises:
        Unreadable: the file ends before the part does.
    """

    def __init__(self, data: bytes | mmap.mmap, start: int = 0, size: int | None = None) -> None:
        self._data = data
        self.start = start
        self.size = len(data) - start if size is None else size
        self._texts_left = _ALL_TEXTS
        if start < 0 or self.size < 0 or start + self.size > len(data):
            raise cut_short(start + self.size, len(data))

    def part(self, start: int, size: int) -> Content:
        """A part of this part.

        Raises:
            Unreadable: it is not all there.
        """
        if start < 0 or size < 0 or start + size > self.size:
            raise cut_short(start + size, self.size)
        return Content(self._data, self.start + start, size)

    def unpack(self, form: struct.Struct, at: int) -> tuple[Any, ...]:
        """A record.

        Raises:
            Unreadable: it is not all there.
        """
        if at < 0 or at + form.size > self.size:
            raise cut_short(at + form.size, self.size)
        return form.unpack_from(self._data, self.start + at)

    def records(self, form: struct.Struct, at: int, count: int) -> Iterator[tuple[Any, ...]]:
        """Records that stand one behind the other.

        Raises:
            Unreadable: they are not all there.
        """
        size = form.size * count
        if at < 0 or count < 0 or at + size > self.size:
            raise cut_short(at + size, self.size)
        view = memoryview(self._data)[self.start + at : self.start + at + size]
        try:
            yield from form.iter_unpack(view)
        finally:
            view.release()

    def read(self, at: int, size: int) -> bytes:
        """A copy of some bytes.

        Raises:
            Unreadable: they are not all there.
        """
        if at < 0 or size < 0 or at + size > self.size:
            raise cut_short(at + size, self.size)
        return self._data[self.start + at : self.start + at + size]

    def text(self, at: int) -> str:
        """A text that ends with a zero byte; bytes that are no UTF-8 are escaped.

        Raises:
            Unreadable: it does not lie in this part, has no end, or all texts together are too long.
        """
        if not 0 <= at < self.size:
            raise cut_short(at, self.size)
        begin = self.start + at
        end = self._data.find(b"\0", begin, min(begin + _LONGEST_TEXT, self.start + self.size))
        if end < 0:
            raise Unreadable("a name in it has no end")
        self._texts_left -= end - begin
        if self._texts_left < 0:
            raise Unreadable("its names are longer than those of any sound binary")
        return self._data[begin:end].decode("utf-8", "backslashreplace")

    def matches(self, pattern: re.Pattern[bytes], at: int = 0, *, ends: bool = False) -> Iterator[int]:
        """Where a pattern is found, from an offset on; with `ends`, where each find ends."""
        for match in pattern.finditer(self._data, self.start + max(at, 0), self.start + self.size):
            yield (match.end() if ends else match.start()) - self.start

    def find(self, wanted: bytes, at: int = 0, end: int | None = None) -> int:
        """Where some bytes stand first, from an offset on; -1 when they do not."""
        stop = self.size if end is None else min(end, self.size)
        found = self._data.find(wanted, self.start + max(at, 0), self.start + stop)
        return found - self.start if found >= 0 else -1


def cut_short(wanted: int, there: int) -> Unreadable:
    """The sentence for a file that ends too early."""
    return Unreadable(f"it is cut short or damaged: its headers speak of {wanted} bytes and it has {there}")


def printable(text: str, most: int = 300) -> str:
    """A text from a foreign file on one line, with nothing in it that a terminal obeys."""
    shown = text[:most]
    if not shown.isprintable():  # most are
        shown = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in shown)
    return shown + "..." * (len(text) > most)
