"""A gate on the way of a program to Windows: what is said when it is shut."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from envgen.compat.verdict import Source
from envgen.diagnose import Cause
from envgen.results import Diagnosis


@dataclass(frozen=True)
class Gate:
    """One gate.

    Attributes:
        not_run: whether it asks for another machine; where it is shut there, nothing has failed.
        sentence, fix: templates; the evidence fills them.
        says: words of the library's own by which it is known.
    """

    name: str
    cause: Cause
    sentence: str
    fix: str
    says: tuple[str, ...]
    source: Source
    not_run: bool = False

    @classmethod
    def of(cls, row: Mapping[str, Any], source: Source) -> Self:
        """From a row of the data file."""
        return cls(
            name=row["gate"],
            cause=Cause(row["cause"]),
            sentence=row["sentence"],
            fix=row["fix"],
            says=tuple(row["says"]),
            source=source,
            not_run=row.get("not_run", False),
        )

    def shut(self, evidence: Mapping[str, str]) -> Diagnosis:
        """What is said when it is shut; evidence that is not known stands as a question mark."""
        known = _Known(evidence)
        return Diagnosis(
            cause=self.cause,
            sentence=self.sentence.format_map(known),
            fix=self.fix.format_map(known),
            evidence={**evidence, "gate": self.name, "source": str(self.source)},
            rule=f"windows-{self.name}",
        )


class _Known(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "?"
