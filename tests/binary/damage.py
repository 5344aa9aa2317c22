"""Damages files as disks, downloads and enemies do."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator, Sequence

_EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFF0)
_HEADERS = 2048  # bytes at the beginning, where most damage tells


def mutations(seeds: Sequence[bytes], number: int, start: int = 0) -> Iterator[bytes]:
    """Damaged copies, always the same ones.

    Args:
        start: the first of them; each stands for itself.
    """
    for count in range(start, start + number):
        chance = random.Random(count)  # noqa: S311 - to be repeated, not to be secret
        content = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((1, 1, 2, 4, 16))):
            chance.choice(_DAMAGES)(content, chance)
        yield bytes(content)


def _place(content: bytearray, chance: random.Random) -> int:
    near = chance.random() < 0.7
    return chance.randrange(max(1, min(len(content), _HEADERS) if near else len(content)))


def _cut(content: bytearray, chance: random.Random) -> None:
    del content[_place(content, chance) :]


def _flip(content: bytearray, chance: random.Random) -> None:
    if content:
        content[_place(content, chance)] ^= 1 << chance.randrange(8)


def _extreme(content: bytearray, chance: random.Random) -> None:
    """A number that no field should have, wherever one may stand."""
    size, form = chance.choice(((1, "B"), (2, "<H"), (4, "<I"), (4, ">I"), (8, "<Q")))
    at = _place(content, chance) & -size
    value = chance.choice((*_EXTREMES, len(content), len(content) - 1, chance.randrange(1 << 32)))
    content[at : at + size] = struct.pack(form, value & ((1 << 8 * size) - 1))


def _copy(content: bytearray, chance: random.Random) -> None:
    """A part where another belongs: tables that point to themselves."""
    source, target = _place(content, chance), _place(content, chance)
    size = chance.choice((4, 8, 24, 64, 512))
    content[target : target + size] = content[source : source + size]


def _fill(content: bytearray, chance: random.Random) -> None:
    at, size = _place(content, chance), chance.choice((4, 16, 256, 4096))
    content[at : at + size] = bytes([chance.choice((0, 0x41, 0xFF))]) * min(size, len(content) - at)


def _insert(content: bytearray, chance: random.Random) -> None:
    at = _place(content, chance)
    content[at:at] = chance.randbytes(chance.choice((1, 3, 64)))


_DAMAGES = (_cut, _flip, _extreme, _extreme, _copy, _fill, _insert)
