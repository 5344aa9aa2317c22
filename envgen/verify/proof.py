"""How a proof ended, as a person and as a program read it."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import JsonValue

from envgen.results import Outcome
from envgen.verify.compare import Difference

SHOWN = 20  # differences that are named; the rest is counted


@dataclass(frozen=True)
class Proof:
    """One proof of a cell.

    Attributes:
        what: `lock` (installed again, offline) or `image` (built again, without a cache).
        sentence: for passed, what was found the same; otherwise the reason.
        differences: all of them, allowed or not.
    """

    what: str
    outcome: Outcome
    sentence: str
    differences: tuple[Difference, ...] = ()

    @property
    def undue(self) -> tuple[Difference, ...]:
        return tuple(difference for difference in self.differences if not difference.allowed)

    @property
    def lines(self) -> tuple[str, ...]:
        """The differences that are not allowed, the first of them."""
        more = len(self.undue) - SHOWN
        named = tuple(str(difference) for difference in self.undue[:SHOWN])
        return (*named, f"and {more} more") if more > 0 else named

    def as_json(self) -> dict[str, JsonValue]:
        told: list[JsonValue] = [vars(difference) for difference in self.differences]
        return {"proof": self.what, "outcome": self.outcome, "sentence": self.sentence, "differences": told}


def judged(what: str, same: str, differences: tuple[Difference, ...]) -> Proof:
    """Passed where every difference is allowed; `same` says what is equal then."""
    undue = [difference for difference in differences if not difference.allowed]
    if undue:
        number = f"{len(undue)} path{'s' * (len(undue) > 1)}"
        return Proof(what, Outcome.FAILED, f"{number} came out otherwise, such as {undue[0]}", differences)
    if differences:
        reasons = len({difference.allowed for difference in differences})
        same += f"; {len(differences)} differ for {reasons} documented reason{'s' * (reasons > 1)}"
    return Proof(what, Outcome.PASSED, same, differences)
