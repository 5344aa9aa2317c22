"""Where a project's runs, cells, builds and locks lie on disk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from envgen.cell import Cell
from envgen.errors import UsageError
from envgen.files import write_atomically

FOLDER = ".envgen"
LATEST = "latest"  # the file beside the runs that names one


@dataclass(frozen=True)
class Workspace:
    """The `.envgen` folder beside matrix.yaml; everything in it can be deleted and is made again."""

    root: Path

    @classmethod
    def beside(cls, matrix_file: Path) -> Workspace:
        return cls(matrix_file.absolute().parent / FOLDER)

    def cell(self, cell: Cell, environment: str) -> Path:
        return self.root / "cells" / environment / str(cell)

    @property
    def builds(self) -> Path:
        return self.root / "builds"

    @property
    def locks(self) -> Path:
        return self.root / "locks"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    def run(self, name: str) -> Path:
        """The folder of a run.

        Raises:
            UsageError: the name could leave the runs' folder, or is too long for a file system, or taken.
        """
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name, re.ASCII):
            raise UsageError(
                f"{name!r} is not a run's name.", "Use up to 100 letters, digits, dots, dashes and underscores."
            )
        if name.lower() == LATEST:
            raise UsageError(
                f"A run cannot be named {name!r}, as that stands for the latest one.", "Name it otherwise."
            )
        return self.runs / name

    def new_run_name(self) -> str:
        """The present moment, sortable, and not taken yet."""
        name = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        taken = [path.name for path in self.runs.glob(f"{name}*")]
        return f"{name}-{len(taken) + 1}" if taken else name

    def latest_run(self) -> str:
        """The name of the run that was started last.

        Raises:
            UsageError: there is none.
        """
        pointer = self.runs / LATEST
        if not pointer.is_file():
            raise UsageError(f"There is no run under {self.runs}.", "Start one with `envgen run`.")
        name = pointer.read_text(encoding="utf-8", errors="replace").strip()
        try:
            self.run(name)
        except UsageError:
            raise UsageError(f"{pointer} is damaged: it names no run.", "Name the run.") from None
        return name

    def make(self) -> None:
        """Makes the folder, which version control is to leave alone.

        Raises:
            WriteError: it cannot be made.
        """
        ignore = self.root / ".gitignore"
        if not ignore.exists():
            write_atomically(ignore, "*\n")
