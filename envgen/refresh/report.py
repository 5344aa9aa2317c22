"""What a refresh came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from envgen.index import IndexFault
from envgen.refresh.difference import Difference
from envgen.refresh.guards import Finding

FAULT = IndexFault.exit_code  # exit code: an index could not be read, wholly or in part
HELD = 8  # exit code: a guard held facts back


class State(StrEnum):
    NEW = "new facts"
    UNCHANGED = "nothing new"
    RENEWED = "its damaged file was written anew"
    HELD = "held back"
    FAILED = "not read"


@dataclass(frozen=True)
class Outcome:
    """What became of one package on one index.

    Attributes:
        index: address of a further index; empty for the default one.
        findings: why its new facts were not taken.
        faults: what could not be read, a sentence each.
        kept: whether something was known of what could not be read.
        notes: what the new facts are not good for, a sentence each.
    """

    package: str
    index: str
    state: State
    difference: Difference = field(default_factory=lambda: Difference((), (), ()))
    findings: tuple[Finding, ...] = ()
    faults: tuple[str, ...] = ()
    kept: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """A refresh in numbers.

    Attributes:
        dropped: a sentence for each index that is not configured any more.
        looked: files that were looked into.
        megabytes: received, of answers' bodies.
    """

    outcomes: tuple[Outcome, ...]
    dropped: tuple[str, ...]
    looked: int
    requests: int
    megabytes: float
    seconds: float

    @property
    def exit_code(self) -> int:
        """0 when all is up to date, else what stands in the way; a guard before a fault."""
        if any(outcome.state is State.HELD for outcome in self.outcomes):
            return HELD
        return FAULT if any(outcome.faults for outcome in self.outcomes) else 0

    @property
    def added(self) -> int:
        """New releases."""
        return sum(len(outcome.difference.added) for outcome in self.outcomes if outcome.state is State.NEW)

    @property
    def packages(self) -> int:
        """How many were followed, each once."""
        return len({outcome.package for outcome in self.outcomes})

    @property
    def nothing_to_do(self) -> bool:
        unchanged = all(outcome.state is State.UNCHANGED and not outcome.faults for outcome in self.outcomes)
        return unchanged and not self.dropped

    def as_json(self) -> dict[str, Any]:
        return {
            "packages": [_as_json(outcome) for outcome in self.outcomes],
            "dropped": list(self.dropped),
            "new_releases": self.added,
            "files_read": self.looked,
            "requests": self.requests,
            "megabytes": round(self.megabytes, 1),
            "seconds": round(self.seconds, 1),
        }

    def as_markdown(self) -> str:
        """The differences, for a pull request."""
        parts = [
            f"### {outcome.package}: {outcome.state}\n\n{_bullets(outcome)}"
            for outcome in self.outcomes
            if outcome.difference or outcome.findings or outcome.faults
        ]
        return "\n".join(parts) if parts else "Nothing new but the date.\n"


def _bullets(outcome: Outcome) -> str:
    held = (f"- **{finding.guard}** {finding.sentence}" for finding in outcome.findings)
    faults = (f"- not read: {fault}" for fault in outcome.faults)
    lines = (f"- `{line}`" for line in outcome.difference.lines)
    return "".join(f"{line}\n" for line in (*held, *faults, *lines))


def _as_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "package": outcome.package,
        "index": outcome.index or "default",
        "state": outcome.state,
        "new_releases": [str(version) for version in outcome.difference.added],
        "difference": list(outcome.difference.lines),
        "held_by": [{"guard": each.guard, "release": each.release, "why": each.sentence} for each in outcome.findings],
        "not_read": list(outcome.faults),
        "notes": list(outcome.notes),
    }
