"""Errors that a user sees: one sentence what is wrong and where, one what to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Place:
    """A position in a text file; line and column count from 1."""

    file: Path
    line: int
    column: int
    text: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class EnvgenError(Exception):
    """Base of all errors that envgen raises for its user.

    Args:
        what: one sentence saying what is wrong.
        remedy: one sentence saying what to do about it.
        place: where in a file it is, when it is in one.
    """

    exit_code = 1

    def __init__(self, what: str, remedy: str = "", place: Place | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.place = place

    def __str__(self) -> str:
        head = f"{self.place}: {self.what}" if self.place else self.what
        lines = [head]
        if self.place and self.place.text.strip():
            lines += [f"    {self.place.text}", "    " + " " * (self.place.column - 1) + "^"]
        if self.remedy:
            lines.append(self.remedy)
        return "\n".join(lines)


class UsageError(EnvgenError):
    """The command line asks for something that cannot be done."""

    exit_code = 2


class MatrixError(EnvgenError):
    """matrix.yaml is wrong; carries the place of the offending value."""

    exit_code = 3


class EmptySelectionError(EnvgenError):
    """A selection chose no cell; an empty run is never a green run."""

    exit_code = 4


class NotProvenError(EnvgenError):
    """A rung that had to pass did so in no cell; a run without what it was meant for is never a green run."""

    exit_code = 4


class LockError(EnvgenError):
    """A cell could not be locked."""

    exit_code = 5


class Interruption(EnvgenError):  # noqa: N818 - a request of the user, not an error
    """The user asked to stop."""

    exit_code = 130


class StaleError(EnvgenError):
    """A generated file differs from what would be generated now."""

    exit_code = 6
