"""What several sources say of one fact: the better kind of source wins, and the others are kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from envgen.cell import Cell, Os, Release, TensorRt
from envgen.compat.read import KINDS, FactsError, Table
from envgen.compat.verdict import Claim, Source


@dataclass(frozen=True)
class Conflict:
    """One fact of which sources say different things.

    Attributes:
        about: what it is about, in words.
        rule: the rule that judges by it.
        where: the cells that it concerns: axis to values, of which a release stands for its minor and a system for
            its family; an axis not named is any.
        claims: what the sources say, the best kind first; of one kind the newest.
    """

    about: str
    rule: str
    where: Mapping[str, frozenset[str]]
    claims: tuple[Claim, ...]

    @property
    def holds(self) -> Claim:
        """What is taken to be true."""
        return self.claims[0]

    @property
    def disputed(self) -> tuple[Claim, ...]:
        """What other sources say."""
        return self.claims[1:]

    def concerns(self, cell: Cell) -> bool:
        return all(_names(texts, cell.value(axis)) for axis, texts in self.where.items())


@dataclass(frozen=True)
class Claims:
    """Every known conflict, by the rule that it touches."""

    conflicts: Mapping[str, tuple[Conflict, ...]]

    @classmethod
    def read(cls, table: Table) -> Self:
        """The conflicts of a data file: its rows about the same.

        Raises:
            FactsError: about something there is only one row.
        """
        rows = list(table.rows("claims"))
        claims: dict[str, list[Claim]] = defaultdict(list)
        for row, source in rows:
            claims[row["about"]].append(Claim(row["says"], source))
        conflicts: dict[str, list[Conflict]] = defaultdict(list)
        for about, row in {row["about"]: row for row, _ in rows}.items():
            conflicts[row["rule"]].append(_conflict(row, claims[about]))
        return cls({rule: tuple(found) for rule, found in conflicts.items()})

    def disputed(self, rule: str, cell: Cell) -> tuple[Claim, ...]:
        """What sources say that differs from what a rule judges a cell by."""
        found = (conflict for conflict in self.conflicts.get(rule, ()) if conflict.concerns(cell))
        return tuple(claim for conflict in found for claim in conflict.disputed)


def _conflict(row: Mapping[str, Any], claims: list[Claim]) -> Conflict:
    if len(claims) < 2:
        raise FactsError(f"About {row['about']} there is no second claim: that is no conflict.")
    where = {axis: frozenset(texts) for axis, texts in row["where"].items()}
    return Conflict(row["about"], row["rule"], where, tuple(sorted(claims, key=lambda claim: _rank(claim.source))))


def _rank(source: Source) -> tuple[int, int]:
    return KINDS.index(source.kind), -source.as_of.toordinal()


def _names(texts: frozenset[str], value: object) -> bool:
    if isinstance(value, TensorRt):
        return _names(texts, value.release)
    if isinstance(value, Release):
        return value.text in texts or value.minor in texts
    if isinstance(value, Os):
        return value.family.value in texts or str(value) in texts
    return str(value) in texts
