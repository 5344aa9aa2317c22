"""A workflow's matrix holds a bounded number of jobs: more cells than that are split, and none is dropped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import ceil

from envgen.compat.words import counted
from envgen.errors import UsageError


@dataclass(frozen=True)
class Shard:
    """The cells of one shard, and which one it is, in words."""

    places: tuple[int, ...]
    words: str = ""


def shard_of(places: tuple[int, ...], limit: int | None, shard: str | None) -> Shard:
    """The cells of a shard; all of them when none is asked for and they are within the limit.

    The shards are of nearly the same size, and neighbours among the cells go to different ones: a shard has something
    of everything.

    Args:
        places: of all cells.
        limit: of cells in one shard.
        shard: as `2/3`.

    Raises:
        UsageError: there are more cells than the limit allows; says how many shards it takes.
    """
    number, count = _parsed(shard) if shard else (1, 1)
    part = places[number - 1 :: count]
    if limit is not None and ceil(len(places) / count) > limit:
        needed = ceil(len(places) / limit)
        raise UsageError(
            f"{counted(len(places), 'cell')} in {counted(count, 'shard')} are more than the {limit} that one may have.",
            f"Take {needed} shards (--shard 1/{needed} to {needed}/{needed}), or choose fewer cells,"
            " for example with --cover pairs.",
        )
    if shard and not part:
        raise UsageError(f"Shard {shard} of {counted(len(places), 'cell')} is empty.", "Take fewer shards.")
    return Shard(part, f", shard {number} of {count}" if shard else "")


def _parsed(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"([1-9]\d{0,4})/([1-9]\d{0,4})", text.strip(), re.ASCII)
    if not match or int(match[1]) > int(match[2]):
        raise UsageError(f"--shard: {text!r} is not a shard such as 2/3.", "Count from 1 to the number of shards.")
    return int(match[1]), int(match[2])
