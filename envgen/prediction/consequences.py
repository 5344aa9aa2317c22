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
        group: its name.
        key: what the value that differs has in its name; empty for any.
        grave: whether it cannot go well; otherwise it is a risk.
        seen: what happened when it was tried, as a part of a sentence.
    """

    group: str
    key: str
    grave: bool
    seen: str
    source: Source

    def follows(self, difference: Difference) -> bool:
        """Whether it is a consequence of this difference."""
        return self.group == difference.group and self.key in difference.key


@dataclass(frozen=True)
class Consequences:
    """What was seen so far.

    Attributes:
        tried: in the order in which they are looked at; of other groups nobody has tried any.
        unnoticed: values that may differ, to the names that code takes which does notice.
    """

    tried: tuple[Consequence, ...]
    unnoticed: Mapping[str, re.Pattern[str]]

    @classmethod
    def read(cls, path: Path) -> Self:
        table = Table(path)
        return cls(
            tuple(
                Consequence(row["group"], row.get("key", ""), row["grave"], row["seen"], source)
                for row, source in table.rows("tried")
            ),
            {row["key"]: re.compile(row["unless"]) for row, _ in table.rows("unnoticed")},
        )

    def of(self, difference: Difference) -> Consequence | None:
        """What was seen where releases differ so; None when nobody has tried."""
        return next((consequence for consequence in self.tried if consequence.follows(difference)), None)

    def gravest(self, differences: Iterable[Difference], names: Iterable[str]) -> Difference | None:
        """The difference that weighs most, of those that code notices which takes these names from torch."""
        text = "\n".join(names)
        noticed = (each for each in differences if self._notices(each, text))
        return max(noticed, key=self._weight, default=None)

    def _notices(self, difference: Difference, names: str) -> bool:
        """What the release that it was compiled for did not have (-1), it cannot use."""
        unless = self.unnoticed.get(difference.key)
        return difference.mine >= 0 and (unless is None or unless.search(names) is not None)

    def _weight(self, difference: Difference) -> tuple[bool, bool]:
        tried = self.of(difference)
        return (tried is not None and tried.grave, tried is not None)
