"""What follows when torch lays out a group of types in another way than a binary was compiled for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from envgen.compat.read import Table
from envgen.compat.verdict import Source


@dataclass(frozen=True)
class Consequence:
    """Of another layout of one group.

    Attributes:
        grave: whether it cannot go well; otherwise it is a risk.
        seen: what happened when it was tried, as a part of a sentence.
    """

    grave: bool
    seen: str
    source: Source


@dataclass(frozen=True)
class Consequences:
    """By the name of the group; of others nobody has tried."""

    by_group: Mapping[str, Consequence]

    @classmethod
    def read(cls, path: Path) -> Self:
        return cls(
            {row["group"]: Consequence(row["grave"], row["seen"], source) for row, source in Table(path).rows("tried")}
        )
