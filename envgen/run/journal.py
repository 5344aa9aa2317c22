"""The result files of a run: written after every rung, so that a kill loses only the rung under way."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock
from pydantic import ValidationError

from envgen.errors import EnvgenError
from envgen.files import write_atomically
from envgen.results import CellResult, LeftOut, RunInfo
from envgen.run.workspace import LATEST


@dataclass(frozen=True)
class Journal:
    """A run's folder: `run.json`, `cells/ID.json`, `logs/ID/RUNG.log`, `kept/ID/RUNG/`."""

    folder: Path

    def open(self, info: RunInfo) -> RunInfo:
        """Writes the header, or adds these cells to the run that is there already."""
        with self._lock():
            merged = _join(self._read_info(), info)
            self._write_info(merged)
            write_atomically(self.folder.parent / LATEST, f"{self.folder.name}\n")
        return merged

    def close(self) -> None:
        """Notes when the run ended."""
        with self._lock():
            info = self._read_info()
            if info:
                self._write_info(info.model_copy(update={"finished": datetime.now(UTC)}))

    def info(self) -> RunInfo | None:
        """The header; None when there is no such run.

        Raises:
            EnvgenError: it cannot be read.
        """
        info = self._read_info()
        if info is None and self._info_file.exists():
            raise EnvgenError(
                f"{self._info_file} is damaged.", "Name the cells to go on with: `envgen run --resume CELL...`."
            )
        return info

    def keep_only(self, cells: Collection[str]) -> None:
        """Forgets the results of all other cells: of those that the matrix no longer has."""
        with self._lock():
            for file in (self.folder / "cells").glob("*.json"):
                if file.stem not in cells:
                    file.unlink(missing_ok=True)
            info = self._read_info()
            if info:
                self._write_info(info.model_copy(update={"cells": tuple(c for c in info.cells if c in cells)}))

    def record(self, result: CellResult) -> None:
        write_atomically(self._cell_file(result.cell), result.model_dump_json(indent=2) + "\n")

    def result(self, cell: str) -> CellResult | None:
        """What is recorded of a cell; None when there is nothing, or nothing that can be read."""
        try:
            return CellResult.model_validate_json(self._cell_file(cell).read_bytes())
        except (OSError, ValidationError):
            return None

    def has(self, cell: str) -> bool:
        """Whether something is recorded of a cell, readable or not."""
        return self._cell_file(cell).exists()

    def log(self, cell: str, name: str) -> Path:
        return self.folder / "logs" / cell / f"{name}.log"

    def kept(self, cell: str, name: str) -> Path:
        """Where files that a rung leaves are kept."""
        return self.folder / "kept" / cell / name

    def _cell_file(self, cell: str) -> Path:
        return self.folder / "cells" / f"{cell}.json"

    @property
    def _info_file(self) -> Path:
        return self.folder / "run.json"

    def _lock(self) -> FileLock:
        self.folder.mkdir(parents=True, exist_ok=True)
        return FileLock(self.folder / ".lock")

    def _read_info(self) -> RunInfo | None:
        try:
            return RunInfo.model_validate_json(self._info_file.read_bytes())
        except (OSError, ValidationError):
            return None

    def _write_info(self, info: RunInfo) -> None:
        write_atomically(self._info_file, info.model_dump_json(indent=2) + "\n")


def _join(old: RunInfo | None, new: RunInfo) -> RunInfo:
    """The header of a run to which cells are added, or of which cells are climbed again."""
    if old is None:
        return new
    cells = tuple(dict.fromkeys((*old.cells, *new.cells)))
    joined = new.model_copy(update={"started": old.started, "cells": cells})
    if len(cells) == len(old.cells):
        return joined.model_copy(update={"selection": old.selection, "left_out": old.left_out, "remarks": old.remarks})
    left = len(new.cells) + sum(entry.cells for entry in new.left_out) - len(cells)
    return joined.model_copy(
        update={
            "selection": " + ".join(dict.fromkeys(f"{old.selection} + {new.selection}".split(" + "))),
            "left_out": (LeftOut(reason="not selected", cells=left),) if left > 0 else (),
            "remarks": (),  # each spoke of a part only
        }
    )
