"""The facts of one file, whatever its format."""

from __future__ import annotations

import mmap
import re
from pathlib import Path
from typing import IO

from envgen.binary import elf, macho, pe
from envgen.binary.content import Content, Unreadable
from envgen.binary.facts import Binary

ZIPS = (b"PK\3\4", b"PK\5\6")
_BINARY = re.compile(r"\.(?:so|pyd|dll|dylib)$|\.so\.[\d.]+$", re.IGNORECASE | re.ASCII)
_BEGIN = 4  # bytes that tell the format


def read_binary(source: Path | bytes, file: str = "") -> tuple[Binary, ...]:
    """The facts of a shared library, one for each machine that it is for.

    Args:
        source: where it lies, or its bytes. What lies on disk is mapped, not read as a whole.
        file: what to call it; the name of its file when not given.

    Raises:
        Unreadable: it is no shared library, or a damaged one.
    """
    if isinstance(source, bytes):
        return _read(Content(source), file)
    name = file or source.name
    try:
        with source.open("rb") as stream:
            return read_file(stream, name)
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from None


def read_file(stream: IO[bytes], file: str) -> tuple[Binary, ...]:
    """As `read_binary`, of an open file.

    Raises:
        Unreadable: it is no shared library, or a damaged one.
        OSError: it cannot be mapped.
    """
    if not stream.seek(0, 2):
        raise Unreadable("it is empty")
    mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    return _read(Content(mapped), file)  # unmapped with the last view of it, which an error may still hold


def looks_like_binary(begin: bytes) -> bool:
    """Whether the first four bytes of a file are those of an ELF, PE or Mach-O file."""
    return begin[:2] == pe.MAGIC or begin[:4] in (elf.MAGIC, *macho.THIN, *macho.SWAPPED, *macho.FAT)


def is_binary_name(name: str) -> bool:
    """Whether a file is a shared library by its name."""
    return bool(_BINARY.search(name))


def is_archive(path: Path) -> bool:
    """Whether a file is an archive that `read_archive` reads.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        begin = stream.read(264)
    return begin.startswith((*ZIPS, b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")) or begin[257:262] == b"ustar"


def _read(content: Content, file: str) -> tuple[Binary, ...]:
    begin = content.read(0, min(_BEGIN, content.size))
    if begin == elf.MAGIC:
        return (elf.read_elf(content, file),)
    if begin[:2] == pe.MAGIC:
        return (pe.read_pe(content, file),)
    if begin in (*macho.THIN, *macho.SWAPPED, *macho.FAT):
        return macho.read_macho(content, file)
    if begin.startswith((b"version https://git-lfs", b"vers")):
        raise Unreadable("it is a text, perhaps a pointer of git-lfs in place of the file")
    raise Unreadable("it is neither ELF nor PE nor Mach-O" if begin else "it is empty")
