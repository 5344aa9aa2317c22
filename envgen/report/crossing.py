"""The grid of a cross-load as every format of a report shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from envgen.cell import Cell, GrammarError
from envgen.crossload import WHOLE, Arm, Crossing, CrossLoad, untagged
from envgen.prediction import Verdict
from envgen.report.text import one_line
from envgen.results import Outcome

NOT_PREDICTED = "not predicted"


@dataclass(frozen=True)
class Grid:
    """One binary as each cell built it, or all that it built, in every cell of one system.

    Attributes:
        system: os and arch; empty where cells have no names that tell.
        what: the binary's file without Python's tags, or `extension`.
    """

    system: str
    what: str
    arm: Arm
    crossings: tuple[Crossing, ...]

    @property
    def title(self) -> str:
        what = "everything that was built" if self.what == WHOLE else self.what
        return f"{self.arm}: {what}"

    @property
    def heading(self) -> str:
        """The title, with the system."""
        return ", ".join(filter(None, (self.title, self.system)))

    @cached_property
    def rows(self) -> tuple[str, ...]:
        """The cells it was built in."""
        return _in_order(crossing.built for crossing in self.crossings)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The cells it was loaded in."""
        return _in_order(crossing.loaded for crossing in self.crossings)

    def at(self, built: str, loaded: str) -> Crossing | None:
        return self._places.get((built, loaded))

    @cached_property
    def _places(self) -> dict[tuple[str, str], Crossing]:
        return {(crossing.built, crossing.loaded): crossing for crossing in self.crossings}


@dataclass(frozen=True)
class Tally:
    """How crossings between different cells ended, and what was predicted of those that were tried."""

    title: str
    crossings: tuple[Crossing, ...]

    def ended(self, outcome: Outcome) -> int:
        return sum(crossing.outcome is outcome for crossing in self.crossings)

    @property
    def foreseen(self) -> str:
        """`30 right, 2 wrong, 4 risks (3 failed), 1 unknown`."""
        tried = [crossing for crossing in self.crossings if crossing.outcome is not Outcome.NOT_RUN]
        plain = [crossing for crossing in tried if _verdict(crossing) in (Verdict.LOADS, Verdict.FAILS)]
        wrong = sum(crossing.disagrees for crossing in plain)
        risks = [crossing for crossing in tried if _verdict(crossing) is Verdict.RISK]
        came_true = sum(crossing.outcome is Outcome.FAILED for crossing in risks)
        unknown = sum(_verdict(crossing) is Verdict.UNKNOWN for crossing in tried)
        unpredicted = sum(crossing.foreseen is None for crossing in tried)
        said = [
            f"{len(plain) - wrong} right" if plain else "",
            f"{wrong} wrong" if wrong else "",
            f"{len(risks)} a risk ({came_true} failed)" if risks else "",
            f"{unknown} unknown" if unknown else "",
            f"{unpredicted} {NOT_PREDICTED}" if unpredicted else "",
        ]
        return ", ".join(filter(None, said)) or "none"


@dataclass(frozen=True)
class CrossingView:
    """What the page shows of a cross-load."""

    found: CrossLoad

    @property
    def grids(self) -> tuple[Grid, ...]:
        return grids(self.found)

    @property
    def tallies(self) -> tuple[Tally, ...]:
        return tuple(tallies(self.found))

    @property
    def disagreements(self) -> tuple[Crossing, ...]:
        return self.found.disagreements

    @property
    def failures(self) -> tuple[Crossing, ...]:
        return tuple(crossing for crossing in self.found.crossings if crossing.outcome is Outcome.FAILED)


def grids(found: CrossLoad) -> tuple[Grid, ...]:
    """One for each system and binary: the whole extension first, then the ordinary binaries, then the stable ones."""
    groups: dict[tuple[str, bool, str, Arm], list[Crossing]] = {}
    for crossing in found.crossings:
        key = (_system(crossing.loaded), crossing.what != WHOLE, untagged(crossing.what), crossing.arm)
        groups.setdefault(key, []).append(crossing)
    order = sorted(groups, key=lambda key: (key[0], key[1], key[3] is Arm.STABLE, key[2]))
    return tuple(Grid(key[0], key[2], key[3], tuple(groups[key])) for key in order)


def tallies(found: CrossLoad) -> Iterator[Tally]:
    """For each grid, and in it for each change of the CUDA major."""
    for grid in grids(found):
        others = tuple(crossing for crossing in grid.crossings if not crossing.at_home)
        if others:
            yield Tally(grid.title, others)
        for old, new in sorted({crossing.cuda_majors for crossing in others if crossing.cuda_majors}):
            changed = tuple(crossing for crossing in others if crossing.cuda_majors == (old, new))
            yield Tally(f"{grid.title}, built with CUDA {old} and loaded with CUDA {new}", changed)


def cause(crossing: Crossing) -> str:
    """The id of the likeliest cause, or nothing."""
    return crossing.diagnoses[0].cause if crossing.diagnoses else ""


def why(crossing: Crossing) -> str:
    """What is to be said of how it ended."""
    if crossing.outcome is Outcome.FAILED:
        return f"{crossing.rung or 'loaded'}: {one_line(crossing.sentence)}"
    return one_line(crossing.sentence)


def foretold(crossing: Crossing) -> str:
    """`fails (torch-version-mismatch)`."""
    if crossing.foreseen is None:
        return NOT_PREDICTED
    causes = [diagnosis.cause for diagnosis in crossing.foreseen.diagnoses[:1]]
    return crossing.foreseen.verdict + (f" ({causes[0]})" if causes else "")


def short(cell: str) -> str:
    """A cell's id without its system, which a grid names once."""
    system = _system(cell)
    return cell.replace(f"-{system}", "", 1) if system else cell


def _system(cell: str) -> str:
    try:
        parsed = Cell.parse(cell)
    except GrammarError:
        return ""
    return f"{parsed.os}-{parsed.arch}"


def _verdict(crossing: Crossing) -> Verdict | None:
    return crossing.foreseen.verdict if crossing.foreseen else None


def _in_order(cells: Iterable[str]) -> tuple[str, ...]:
    """In the order of cells; names that are no cell ids come last."""
    return tuple(sorted(set(cells), key=_order))


def _order(cell: str) -> tuple[bool, Cell | str]:
    try:
        return False, Cell.parse(cell)
    except GrammarError:
        return True, cell
