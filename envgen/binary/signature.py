"""The code signature of a Mach-O file: whether its form is valid, and the file still what was signed.

Who signed is not checked, which only macOS can; that the pages have the hashes that were signed is. Layout: Apple's
cs_blobs.h; numbers are big-endian.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from envgen.binary.content import Content, Unreadable

_SUPERBLOB, _DIRECTORY, _CMS = 0xFADE0CC0, 0xFADE0C02, 0xFADE0B01
_BLOB = struct.Struct(">II")  # magic, length
_INDEX = struct.Struct(">II")  # kind, offset
# version, flags, hashes at, identifier at, special hashes, hashes, bytes hashed, bytes of a hash, its kind, -, page
_CODE_DIRECTORY = struct.Struct(">IIIIIIIBBBB")
_AD_HOC = 0x2
_MOST_BLOBS = 64
_MOST_DIRECTORIES = 6  # one, and an alternative for each of five slots


class _Hash(Protocol):
    def digest(self) -> bytes: ...


_HASHES: dict[int, Callable[[bytes], _Hash]] = {
    1: lambda page: hashlib.sha1(page, usedforsecurity=False),
    2: hashlib.sha256,
    3: hashlib.sha256,  # of which the first 20 bytes are kept
    4: hashlib.sha384,
}


@dataclass(frozen=True)
class Signature:
    """`none`, `ad hoc`, `signed` or `damaged`; why it is damaged."""

    kind: str
    fault: str = ""


NONE = Signature("none")


def check_signature(content: Content, offset: int, size: int) -> Signature:
    """What is to be said of a signature.

    Args:
        content: the whole slice.
        offset: where the signature begins in it.
        size: its bytes, with the space left behind it.
    """
    try:
        return _check(content, content.part(offset, size), offset)
    except Unreadable:
        return Signature("damaged", "the file ends before its signature does")


def _check(content: Content, blobs: Content, signed_until: int) -> Signature:
    magic, length = blobs.unpack(_BLOB, 0)
    if magic != _SUPERBLOB or length > blobs.size:
        return Signature("damaged", "what stands in its place is no signature")
    (count,) = blobs.unpack(struct.Struct(">I"), 8)
    if not 0 < count <= _MOST_BLOBS:
        return Signature("damaged", "it has no parts")
    ad_hoc, directories = True, 0
    for _, offset in blobs.records(_INDEX, 12, count):
        magic, length = blobs.unpack(_BLOB, offset)
        blob = blobs.part(offset, length)
        if magic == _CMS and length > _BLOB.size:
            ad_hoc = False
        if magic == _DIRECTORY:
            directories += 1
            if directories > _MOST_DIRECTORIES:
                return Signature("damaged", "it has more lists of hashes than macOS takes")
            if fault := _wrong(content, blob, signed_until):
                return Signature("damaged", fault)
    if not directories:
        return Signature("damaged", "it has no list of hashes")
    return Signature("ad hoc" if ad_hoc else "signed")


def _wrong(content: Content, directory: Content, signed_until: int) -> str:
    """What is wrong with a list of hashes; nothing when the file is what was signed."""
    fields = directory.unpack(_CODE_DIRECTORY, 8)
    _, _, hashes_at, _, _, count, limit, size, kind, _, page = fields
    if limit != signed_until:
        return "it was made for a file of another length"
    if kind not in _HASHES or not 12 <= page <= 16:
        return ""  # a kind of hash that is newer than this
    pages = -(-limit // (1 << page))
    if count != pages or size * count + hashes_at > directory.size:
        return "it has not one hash for each page of the file"
    for number, (digest, expected) in enumerate(
        _digests(content, directory, hashes_at, count, limit, size, kind, page)
    ):
        if digest[:size] != expected:
            return f"page {number} of {count} is not what was signed: the file was changed after it was signed"
    return ""


def _digests(
    content: Content, directory: Content, at: int, count: int, limit: int, size: int, kind: int, page: int
) -> Iterator[tuple[bytes, bytes]]:
    """Of each page, its hash and the one that was signed."""
    make, step = _HASHES[kind], 1 << page
    for number in range(count):
        start = number * step
        content_of_page = content.read(start, min(step, limit - start))
        yield make(content_of_page).digest(), directory.read(at + number * size, size)
