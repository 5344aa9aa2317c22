"""What a rule answers about a cell, and the whole trace of a cell's judgement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from envgen.cell import Cell


class Answer(StrEnum):
    """UNKNOWN is newer than the facts; it is accepted. The three after it reject the cell.

    UNSUPPORTED exists and may even work, but upstream refuses it or does not stand by it: who insists may try.
    """

    FITS = "fits"
    UNKNOWN = "unknown"
    UNSUPPORTED = "unsupported upstream"
    MISSING = "does not exist"
    IMPOSSIBLE = "impossible"

    @property
    def rejects(self) -> bool:
        return self in (Answer.UNSUPPORTED, Answer.MISSING, Answer.IMPOSSIBLE)

    @property
    def insurmountable(self) -> bool:
        """Whether nobody can insist on the cell all the same."""
        return self in (Answer.MISSING, Answer.IMPOSSIBLE)


@dataclass(frozen=True)
class Source:
    """Where a fact comes from.

    Attributes:
        text: an address, or the words that name the place.
        as_of: the day on which the fact was seen to hold.
        kind: measured (read from the artefact itself), primary, secondary, or recalled.
    """

    text: str
    as_of: date
    kind: str

    def __str__(self) -> str:
        return f"{self.text} ({self.kind}, {self.as_of})"


@dataclass(frozen=True)
class Claim:
    """What one source says of a fact."""

    says: str
    source: Source


@dataclass(frozen=True)
class Verdict:
    """One rule's answer, as a full sentence, with the sources it rests on.

    Attributes:
        disputed: what other sources, of a lesser kind or older, say of the same fact.
    """

    rule: str
    answer: Answer
    sentence: str
    sources: tuple[Source, ...] = ()
    disputed: tuple[Claim, ...] = ()


@dataclass(frozen=True)
class Trace:
    """The verdicts of every rule on one cell, in the order of the rules."""

    cell: Cell
    verdicts: tuple[Verdict, ...]

    @property
    def rejection(self) -> Verdict | None:
        """The first verdict that rejects the cell."""
        return next((verdict for verdict in self.verdicts if verdict.answer.rejects), None)

    @property
    def insurmountable(self) -> Verdict | None:
        """The first verdict that rejects the cell whoever insists on it."""
        return next((verdict for verdict in self.verdicts if verdict.answer.insurmountable), None)

    @property
    def accepted(self) -> bool:
        return self.rejection is None

    @property
    def unknown(self) -> bool:
        """Accepted, but some verdict rests on something newer than the facts."""
        return self.accepted and any(verdict.answer is Answer.UNKNOWN for verdict in self.verdicts)
