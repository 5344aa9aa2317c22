"""What a localisation asked for and saw, kept beside the results of its run."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from envgen.files import write_atomically
from envgen.results import Record, Rung

FILE = "localise.json"  # in the folder of a run


class Asked(Record):
    """A cell that was run to tell explanations apart.

    Attributes:
        again: whether it had been run before.
        reason: why it was asked for.
    """

    cell: str
    again: bool
    reason: str


class Flaky(Record):
    """A cell that once passed and once failed.

    Attributes:
        failure: how it failed, without what is only this cell's.
    """

    cell: str
    rung: Rung
    failure: str


class Further(Record):
    """All that a localisation keeps.

    Attributes:
        asked: in order.
        candidates: the cells that could have been asked for.
    """

    asked: tuple[Asked, ...] = ()
    flaky: tuple[Flaky, ...] = ()
    candidates: tuple[str, ...] = ()

    @property
    def again(self) -> frozenset[str]:
        """The cells that were run again."""
        return frozenset(each.cell for each in self.asked if each.again)

    def write(self, folder: Path) -> None:
        write_atomically(folder / FILE, self.model_dump_json(indent=1) + "\n")


NOTHING_FURTHER = Further()


def read_further(*folders: Path) -> Further:
    """What the localisations of some runs kept; nothing where there was none, or what cannot be read."""
    found = [_read(folder / FILE) for folder in folders]
    return Further(
        asked=tuple(asked for each in found for asked in each.asked),
        flaky=tuple(dict.fromkeys(flaky for each in found for flaky in each.flaky)),
        candidates=tuple(dict.fromkeys(cell for each in found for cell in each.candidates)),
    )


def _read(file: Path) -> Further:
    try:
        return Further.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return NOTHING_FURTHER
