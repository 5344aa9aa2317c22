"""The bytes of an engine, wherever they lie: as they are, or written in base64; read piece by piece."""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from typing import Protocol

from envgen.binary.content import Content, Unreadable

RAW = b"ftrt\0\0\0\0"
BASE64 = b"ZnRydAAAAAA"  # RAW in base64, without the letters that hold bits of what follows
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_FOLLOWING = bytes(range(0x80, 0xC0))  # of UTF-8: the second byte of two
_PIECE = 3 << 20  # bytes; a multiple of three, which base64 writes in four letters


class Bytes(Protocol):
    """A part of a file that is read by offset."""

    @property
    def size(self) -> int: ...

    def read(self, at: int, size: int) -> bytes: ...


class Passage:
    """What a text in base64 stands for.

    Args:
        letters: the text; nothing of it is held before it is read.
    """

    def __init__(self, letters: Content) -> None:
        self._letters = letters
        whole = letters.size // 4 * 4
        end = letters.read(max(whole - 2, 0), min(whole, 2))
        self.size = whole // 4 * 3 - end.count(b"=")

    def read(self, at: int, size: int) -> bytes:
        """Some bytes.

        Raises:
            Unreadable: they are not all there, or are no base64.
        """
        if at < 0 or size < 0 or at + size > self.size:
            raise Unreadable(f"it is cut short: {at + size} bytes of it are asked for and it has {self.size}")
        begin, end = at // 3 * 4, -(-(at + size) // 3) * 4
        try:
            plain = binascii.a2b_base64(self._letters.read(begin, end - begin), strict_mode=True)
        except binascii.Error:
            raise Unreadable(f"its base64 is damaged near letter {begin}") from None
        if len(plain) < at % 3 + size:
            raise Unreadable(f"its base64 is damaged near letter {begin}")
        return plain[at % 3 : at % 3 + size]


class Recoded:
    """Bytes that a pickle of protocol 2 holds as a text, in which all from 128 on are written in two.

    Args:
        text: UTF-8; only its beginning is to be read.
    """

    def __init__(self, text: Content) -> None:
        self._text = text
        self.size = sum(len(piece.translate(None, _FOLLOWING)) for _, piece in pieces(text, 0))

    def read(self, at: int, size: int) -> bytes:
        """Some bytes.

        Raises:
            Unreadable: they are not all there, or the text is none of bytes.
        """
        begin = self._text.read(0, min(2 * (at + size), self._text.size))
        try:
            plain = begin.decode("utf-8", "ignore").encode("latin-1")
        except UnicodeEncodeError:
            raise Unreadable("the text that holds it is damaged") from None
        if len(plain) < at + size:
            raise Unreadable(f"it is cut short: {at + size} bytes of it are asked for and it has {self.size}")
        return plain[at : at + size]


def pieces(content: Bytes, overlap: int) -> Iterator[tuple[int, bytes]]:
    """All of it, piece by piece: where a piece begins, and its bytes; each repeats the end of the one before.

    Args:
        overlap: bytes that are repeated, so that nothing of that size lies between two pieces.
    """
    at = 0
    while at < content.size:
        begin = max(at - overlap, 0)
        end = min(at + _PIECE, content.size)
        yield begin, content.read(begin, end - begin)
        at = end


def letters_from(content: Content, at: int) -> int:
    """How many letters of base64 stand from an offset on."""
    end = at
    while end < content.size:
        piece = content.read(end, min(1 << 16, content.size - end))
        if others := piece.translate(None, _LETTERS):
            return end + piece.index(others[:1]) - at
        end += len(piece)
    return end - at
