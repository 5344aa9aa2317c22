"""Files made to exhaust whoever reads them."""

from __future__ import annotations

import struct

import pytest

from envgen.binary import Unreadable, read_binary
from tests.binary.made import macho, pe

BASE = 0x1000


def elf(
    symbols: bytes = b"", texts: bytes = b"\0", extra: bytes = b"", tags: tuple[tuple[int, int], ...] = ()
) -> bytes:
    """A 64-bit library of one segment: header, dynamic section, symbols, texts, and whatever the tags speak of."""
    places = 64 + 2 * 56
    count = 5 + len(tags)
    symbols_at = places + count * 16
    texts_at = symbols_at + len(symbols)
    extra_at = texts_at + len(texts)
    entries = (
        (5, texts_at),
        (10, len(texts)),
        (6, symbols_at),
        *((tag, value + extra_at) for tag, value in tags),
        (0, 0),
    )
    dynamic = b"".join(struct.pack("<QQ", *entry) for entry in entries).ljust(count * 16, b"\0")
    body = dynamic + symbols + texts + extra
    size = places + len(body)
    header = b"\x7fELF\2\1\1".ljust(16, b"\0") + struct.pack(
        "<HHIQQQIHHHHHH", 3, 0x3E, 1, 0, 64, 0, 0, 64, 56, 2, 64, 0, 0
    )
    load = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, size, size, BASE)
    table = struct.pack("<IIQQQQQQ", 2, 6, places, places, places, len(dynamic), len(dynamic), 8)
    return header + load + table + body


def symbol(name: int) -> bytes:
    return struct.pack("<IBBHQQ", name, 0x12, 0, 1, 0, 0)


def test_a_small_sound_one() -> None:
    hashes = struct.pack("<IIII", 1, 2, 0, 0)
    (binary,) = read_binary(elf(bytes(24) + symbol(1), b"\0run\0", hashes, ((4, 0),)), "one.so")
    assert binary.exports == {"run"}


def test_names_that_overlap() -> None:
    """A name of 60 kB and its ends, tens of thousands of times: gigabytes, if they were all kept."""
    count = 20_000
    symbols = b"".join(symbol(1 + number) for number in range(count))
    content = elf(bytes(24) + symbols, b"\0" + b"a" * 60_000 + b"\0", struct.pack("<II", 1, count + 1), ((4, 0),))
    with pytest.raises(Unreadable, match="names are longer than those of any sound binary"):
        read_binary(content, "one.so")


def test_a_table_of_symbols_that_is_longer_than_the_file() -> None:
    content = elf(bytes(24), b"\0", struct.pack("<II", 1, 0xFFFFFFFF), ((4, 0),))
    with pytest.raises(Unreadable, match="cut short"):
        read_binary(content, "one.so")


def test_a_chain_of_hashes_without_end() -> None:
    gnu = struct.pack("<IIII", 1, 1, 0, 0) + struct.pack("<I", 1) + bytes(400)
    with pytest.raises(Unreadable, match="cut short"):
        read_binary(elf(bytes(24) + symbol(0), b"\0", gnu, ((0x6FFFFEF5, 0),)), "one.so")


def test_versions_that_point_to_themselves() -> None:
    need = struct.pack("<HHIII", 1, 0xFFFF, 0, 0, 0) + struct.pack("<IHHII", 0, 0, 2, 0, 0)
    tags = ((0x6FFFFFFE, 0), (0x6FFFFFFF, 0xFFFF))
    (binary,) = read_binary(elf(bytes(24), b"\0", need, tags), "one.so")
    assert binary.elf


def test_a_dll_whose_libraries_all_import_the_same_long_table() -> None:
    """Four thousand libraries with a hundred thousand functions each, in half a megabyte."""
    names = [f"{number}.dll" for number in range(4000)]
    content = bytearray(pe(0x8664, names))
    table = struct.pack("<Q", 1 << 63 | 1) * 100_000 + bytes(8)
    content += table
    section = content.index(b".idata")
    size = len(content) - 0x400
    struct.pack_into("<I", content, section + 8, size)
    struct.pack_into("<I", content, section + 16, size)
    for number in range(len(names)):
        struct.pack_into("<I", content, 0x400 + 20 * number, BASE + size - len(table))
    with pytest.raises(Unreadable, match="more functions than any sound DLL"):
        read_binary(bytes(content), "one.dll")


def test_a_dll_of_many_sections() -> None:
    content = bytearray(pe(0x8664, ["one.dll"]))
    struct.pack_into("<H", content, 0x40 + 4 + 2, 97)
    with pytest.raises(Unreadable, match="more sections than Windows loads"):
        read_binary(bytes(content), "one.dll")


def test_versions_in_each_others_chains() -> None:
    """Sixty thousand libraries that share sixty thousand versions."""
    chain = struct.pack("<IHHII", 0, 0, 2, 0, 16) * 60_000
    need = struct.pack("<HHIII", 1, 0xFFFF, 0, 16, 16)
    content = elf(bytes(24), bytes(64), need * 60_000 + chain, ((0x6FFFFFFE, 0), (0x6FFFFFFF, 0xFFFF)))
    (binary,) = read_binary(content, "one.so")
    assert binary.elf
    assert len(binary.elf.version_needs) < 10


@pytest.mark.parametrize("count", [0, 33, 0xFFFFFFFF])
def test_slices_without_number(count: int) -> None:
    with pytest.raises(Unreadable, match="no universal file"):
        read_binary(struct.pack(">II", 0xCAFEBABE, count) + bytes(4000), "one.dylib")


def test_a_slice_that_is_the_whole_file_again() -> None:
    content = struct.pack(">II", 0xCAFEBABE, 1) + struct.pack(">IIIII", 0x100000C, 0, 0, 4096, 0)
    with pytest.raises(Unreadable, match="no Mach-O file"):
        read_binary(content.ljust(4096, b"\0"), "one.dylib")


@pytest.mark.parametrize(("at", "value"), [(16, 0xFFFFFFFF), (20, 0xFFFFFFFF), (36, 0), (36, 0xFFFFFFFF)])
def test_load_commands_that_lie(at: int, value: int) -> None:
    content = bytearray(macho(0x100000C, ["/usr/lib/libSystem.B.dylib"]))
    struct.pack_into("<I", content, at, value)
    with pytest.raises(Unreadable):
        read_binary(bytes(content), "one.dylib")
