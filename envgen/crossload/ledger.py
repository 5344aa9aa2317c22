"""The files of a cross-load in its run's folder: written after every load, so that a kill loses only one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from envgen.crossload.record import SCHEMA_VERSION, Column, CrossLoad, merged
from envgen.errors import EnvgenError
from envgen.files import write_atomically

FOLDER = "crossload"


@dataclass(frozen=True)
class Ledger:
    """Of one run's folder."""

    run: Path

    @property
    def folder(self) -> Path:
        return self.run / FOLDER

    def column(self, loaded: str) -> Column | None:
        """What is recorded of the loads in a cell; None when there is nothing, or nothing that can be read."""
        try:
            return _read(self._file(loaded))
        except (OSError, EnvgenError):
            return None

    def record(self, column: Column) -> None:
        write_atomically(self._file(column.loaded), column.model_dump_json(indent=1) + "\n")

    def log(self, loaded: str, name: str) -> Path:
        return self.folder / "logs" / loaded / f"{name}.log"

    def _file(self, loaded: str) -> Path:
        return self.folder / f"{loaded}.json"


def load_crossload(*runs: Path) -> tuple[CrossLoad | None, tuple[EnvgenError, ...]]:
    """The cross-load of one run's folder, or of several merged, and what could not be read of it.

    Returns:
        None in place of a cross-load where no run has one.
    """
    columns: list[Column] = []
    damaged: list[EnvgenError] = []
    for file in (file for run in runs for file in sorted((run / FOLDER).glob("*.json"))):
        try:
            columns.append(_read(file))
        except OSError as error:
            damaged.append(EnvgenError(f"Cannot read {file}: {error.strerror}.", "Check its permissions."))
        except EnvgenError as error:
            damaged.append(error)
    return (merged(columns) if columns else None), tuple(damaged)


def _read(file: Path) -> Column:
    try:
        return Column.model_validate_json(file.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise EnvgenError(
            f"{file} is no cross-load of schema version {SCHEMA_VERSION}: {where}: {first['msg']}.",
            "`envgen crossload` loads it again; or read it with the envgen that wrote it.",
        ) from error
