"""What a run tells while it goes on; a progress display or a log listens."""

from __future__ import annotations

from typing import Protocol

from envgen.results import CellResult, Rung, RungResult


class Observer(Protocol):
    """Called from the threads of the cells."""

    def cell_started(self, cell: str) -> None:
        """A cell begins to climb."""

    def cell_waits(self, cell: str, reason: str) -> None:
        """A cell cannot begin yet."""

    def climbs_again(self, cell: str, rung: Rung, reason: str) -> None:
        """A resumed run climbs a rung again that was finished, and those above it."""

    def rung_started(self, cell: str, rung: Rung) -> None:
        """A rung begins."""

    def line(self, cell: str, text: str) -> None:
        """The newest line of the log of the rung under way."""

    def rung_finished(self, cell: str, result: RungResult, *, kept: bool) -> None:
        """A rung ended; `kept` when a resumed run took it over."""

    def cell_finished(self, result: CellResult) -> None:
        """A cell has climbed as far as it could."""
