"""What follows when torch lays out a group of types in another way than a binary was compiled for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from envgen.compat.read import Table
from envgen.compat.verdict import Source
from envgen.symbols import Difference


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
    """What was seen so far.

    Attributes:
        by_group: by the name of the group; of others nobody has tried.
        unnoticed: values that may differ, to the names that code takes which does notice.
    """

    by_group: Mapping[str, Consequence]
    unnoticed: Mapping[str, re.Pattern[str]]

    @classmethod
    def read(cls, path: Path) -> Self:
        table = Table(path)
        return cls(
            {row["group"]: Consequence(row["grave"], row["seen"], source) for row, source in table.rows("tried")},
            {row["key"]: re.compile(row["unless"]) for row, _ in table.rows("unnoticed")},
        )

    def gravest(self, differences: Iterable[Difference], names: Iterable[str]) -> Difference | None:
        """The difference that weighs most, of those that code notices which takes these names from torch."""
        text = "\n".join(names)
        noticed = (each for each in differences if self._notices(each, text))
        return max(noticed, key=lambda each: self._weight(each.group), default=None)

    def _notices(self, difference: Difference, names: str) -> bool:
        """What the release that it was compiled for did not have (-1), it cannot use."""
        unless = self.unnoticed.get(difference.key)
        return difference.mine >= 0 and (unless is None or unless.search(names) is not None)

    def _weight(self, group: str) -> tuple[bool, bool]:
        tried = self.by_group.get(group)
        return (tried is not None and tried.grave, tried is not None)
