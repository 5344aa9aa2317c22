"""A file on a server as if it lay here: seekable, and read in ranges."""

from __future__ import annotations

import errno
import io
import re

from envgen.index.access import IndexFault
from envgen.index.client import Answer, Client
from envgen.index.reasons import refused

_TAIL = 72 << 10  # bytes; the longest end record of a zip file and, of a small wheel, all its directory
_FIRST_BLOCK = 64 << 10  # bytes read ahead at first; doubled as long as the reading goes on
_LARGEST_BLOCK = 4 << 20
_LARGEST_BLOCK_OF_WHOLE = 32 << 20  # an index may take seconds for each request, however little is asked for
_LARGEST_READ = 64 << 20  # of one call; a damaged directory may ask for anything


class RangeFile(io.RawIOBase):
    """Reads what is asked for and a little ahead; holds the file's tail and one block.

    The content cannot be checked against the hash of the whole file; that it stays one and the same file while it is
    read is checked by its size and its entity tag.

    Args:
        url: without credentials.
        subject: what the file is and where, for faults.
        size: bytes, where the index states it; saves a request.
    """

    def __init__(self, client: Client, url: str, subject: str, size: int | None) -> None:
        super().__init__()
        self._client = client
        self._url = url
        self._subject = subject
        self._etag = ""
        self._position = 0
        self._total = size
        if size is None:
            self._fetch(0, 1)
        if not self._size:
            raise ValueError("an empty file")
        self._tail_start = max(0, self._size - _TAIL)
        self._tail = self._fetch(self._tail_start, self._size)
        self._block_start, self._block = 0, b""
        self._region, self._ahead, self._most_ahead = (0, 0), _FIRST_BLOCK, _LARGEST_BLOCK

    def expect(self, start: int, stop: int, whole: bool) -> None:
        """Says that the next reads stay between two offsets, and whether all of that will be wanted."""
        self._region = (start, stop)
        self._ahead = _LARGEST_BLOCK if whole else _FIRST_BLOCK
        self._most_ahead = _LARGEST_BLOCK_OF_WHOLE if whole else _LARGEST_BLOCK

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise OSError(errno.EINVAL, "before the start of the file")  # as files do, and zipfile expects
        self._position = start + offset
        return self._position

    def read(self, size: int = -1, /) -> bytes:
        stop = self._size if size < 0 else min(self._position + size, self._size)
        if stop - self._position > _LARGEST_READ:
            raise ValueError("more than a sound wheel needs at once")
        content = bytearray()
        while self._position < stop:
            start, block = self._block_here(stop)
            piece = block[self._position - start : stop - start]
            content += piece
            self._position += len(piece)
        return bytes(content)

    @property
    def _size(self) -> int:
        assert self._total is not None
        return self._total

    def _block_here(self, stop: int) -> tuple[int, bytes]:
        """Where a block that holds the position starts, and the block."""
        here = self._position
        if here >= self._tail_start:
            return self._tail_start, self._tail
        if not self._block_start <= here < self._block_start + len(self._block):
            start, end = self._region
            ahead = min(here + self._ahead, end) if start <= here else stop
            self._block = self._fetch(here, min(max(ahead, stop), self._tail_start))
            self._block_start = here
            self._ahead = min(2 * self._ahead, self._most_ahead)
        return self._block_start, self._block

    def _fetch(self, start: int, stop: int) -> bytes:
        headers = {"Range": f"bytes={start}-{stop - 1}", "Accept-Encoding": "identity"}
        if self._etag and not self._etag.startswith("W/"):
            headers["If-Range"] = self._etag
        answer = self._client.get(self._url, self._subject, stop - start, headers, body_of=(206,))
        self._check(answer, start, stop)
        return answer.content

    def _check(self, answer: Answer, start: int, stop: int) -> None:
        if answer.status == 200:
            raise self._changed() if self._etag else self._no_ranges()
        if answer.status == 416:
            raise self._changed()
        if answer.status != 206:
            raise refused(self._subject, answer.status)
        stated = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", answer.headers.get("content-range", "").strip())
        first, last, total = (int(number) for number in stated.groups()) if stated else (0, 0, 0)
        etag = answer.headers.get("etag", "")
        if stated and (total != (self._total or total) or (self._etag and etag != self._etag)):
            raise self._changed()
        if (first, last) != (start, stop - 1) or not stated or len(answer.content) != stop - start:
            raise IndexFault(
                f"Cannot read {self._subject}: the server answers with another range than the one asked for.",
                "Use an index that serves ranges as the standard has them.",
            )
        self._total, self._etag = total, etag

    def _no_ranges(self) -> IndexFault:
        return IndexFault(
            f"Cannot read {self._subject}: the server does not serve ranges, so only names and sizes are known.",
            "Use an index that serves ranges.",
        )

    def _changed(self) -> IndexFault:
        return IndexFault(
            f"Cannot read {self._subject}: it is not the file that the index listed, or changed while it was read.",
            "Try again; the index is being changed, or a proxy before it mixes files up.",
        )


class LocalFile(io.FileIO):
    """A file on disk, read the same way."""

    def expect(self, start: int, stop: int, whole: bool) -> None:
        """There is nothing to read ahead."""
