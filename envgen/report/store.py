"""The folder of a run: its result files read into a report, and the report written beside them.

run.json                   the run's header
cells/<cell>.json          one result per cell
logs/<cell>/<rung>.log     what the commands said
faults/<device>.json       devices that stopped answering, until they answer again
localise.json              the further cells that were run to tell what failures hang on
crossload/<cell>.json      what was loaded in a cell, wherever it was built
report.json, .md, .html    written from the above; crossload.json where there is a cross-load
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from envgen.crossload import CrossLoad, load_crossload
from envgen.errors import EnvgenError, UsageError
from envgen.render.files import Generated, write
from envgen.report.causes import cause_groups
from envgen.report.elsewhere import named_from
from envgen.report.markdown import report_markdown
from envgen.report.merge import Told, merge
from envgen.report.page import report_html
from envgen.report.patterns import failure_patterns
from envgen.report.view import sorted_cells
from envgen.results import LADDER, SCHEMA_VERSION, CellResult, Outcome, Report, RungResult, RunInfo
from envgen.run.further import NOTHING_FURTHER, Further, read_further

_Record = TypeVar("_Record", bound=BaseModel)


@dataclass(frozen=True)
class Loaded:
    """A report, and what could not be read for it: the cells of damaged files stand in it as not run.

    Attributes:
        unjoined: sentences on results of one cell that could not be merged; the report has them as remarks.
        further: what was run to tell what the failures hang on.
        crossload: what was loaded elsewhere; None where nothing was.
    """

    report: Report
    damaged: tuple[EnvgenError, ...] = ()
    further: Further = NOTHING_FURTHER
    unjoined: tuple[str, ...] = ()
    crossload: CrossLoad | None = None

    def explained(self) -> Loaded:
        """With what the failures have in common; that takes a moment."""
        patterns = failure_patterns(self.report.cells, self.further)
        return replace(self, report=self.report.model_copy(update={"patterns": patterns}))


def load_report(*folders: Path, target: Path | None = None) -> Loaded:
    """The report of one run, or of several merged: see `envgen.report.merge`.

    Args:
        target: where the report is to lie: from there the logs and kept files of other folders are named.

    Raises:
        UsageError: a folder holds no run.
        EnvgenError: a run's header is damaged or of another schema version.
    """
    if not folders:
        raise UsageError("There is no run to report on.", "Name the folder of a run.")
    runs = [_header(folder) for folder in folders]
    told: dict[str, list[Told]] = {}
    damaged: list[EnvgenError] = []
    for folder, run in zip(folders, runs, strict=True):
        for file in sorted((folder / "cells").glob("*.json")):
            try:
                cell = named_from(target or folders[0], folder, _cell(file))
            except EnvgenError as error:
                damaged.append(error)
                cell = _unreadable(file, error)
            told.setdefault(cell.cell, []).append(Told(run.run, cell))
    merged = [merge(each) for each in told.values()]
    ordered = sorted_cells(each.result for each in merged)
    remarks = tuple(remark for each in merged for remark in each.remarks)
    report = Report(run=_merged(runs, remarks), cells=ordered, causes=cause_groups(ordered))
    crossload, unread = load_crossload(*folders)
    return Loaded(report, (*damaged, *unread), read_further(*folders), remarks, crossload)


def report_json(report: Report) -> str:
    """The whole report, lossless, with sorted keys and cells."""
    ordered = report.model_copy(update={"cells": sorted_cells(report.cells)})
    data = json.loads(json.dumps(ordered.model_dump(mode="json")), parse_constant=lambda _: None)  # JSON has no NaN
    return json.dumps(data, indent=1, sort_keys=True) + "\n"


def crossload_json(crossload: CrossLoad) -> str:
    """The whole cross-load, lossless."""
    return json.dumps(crossload.model_dump(mode="json"), indent=1, sort_keys=True) + "\n"


def write_reports(report: Report, folder: Path, crossload: CrossLoad | None = None) -> tuple[Path, ...]:
    """Writes report.json, report.md and report.html into a folder, and crossload.json where there is a cross-load.

    Returns:
        Their paths.

    Raises:
        EnvgenError: the folder cannot be written to.
    """
    files = (
        Generated(Path("report.json"), report_json(report)),
        Generated(Path("report.md"), report_markdown(report, crossload)),
        Generated(Path("report.html"), report_html(report, crossload)),
        *([Generated(Path("crossload.json"), crossload_json(crossload))] if crossload else []),
    )
    write(files, folder)
    return tuple(folder / file.path for file in files)


def _header(folder: Path) -> RunInfo:
    file = folder / "run.json"
    if not file.exists():
        raise UsageError(f"{folder} holds no run: {file.name} is missing.", "Name the folder of a run.")
    again = f"`envgen run --resume --name {folder.name} CELL...`, with the run's cells, writes it again."
    return _read(file, RunInfo, again)


def _cell(file: Path) -> CellResult:
    again = "`envgen run --resume` runs the cell again."
    cell = _read(file, CellResult, again)
    if cell.cell != file.stem:
        raise EnvgenError(f"{file} holds the result of another cell, {cell.cell!r}.", again)
    return cell


def _unreadable(file: Path, error: EnvgenError) -> CellResult:
    """What stands in a report for a cell of which nothing is known; any other result of it is better."""
    rung = RungResult(rung=LADDER[0], outcome=Outcome.NOT_RUN, sentence=f"its result cannot be read: {error.what}")
    return CellResult(cell=file.stem, axes={}, environment="none", envgen="", rungs=(rung,))


def _read(file: Path, kind: type[_Record], again: str) -> _Record:
    try:
        data = json.loads(file.read_bytes())
    except OSError as error:
        raise EnvgenError(f"Cannot read {file}: {error.strerror}.", "Check its permissions.") from error
    except (ValueError, RecursionError) as error:
        raise EnvgenError(f"{file} is damaged: {error}.", again) from error
    version = data.get("schema_version", SCHEMA_VERSION) if isinstance(data, dict) else SCHEMA_VERSION
    if version != SCHEMA_VERSION:
        raise EnvgenError(
            f"{file} has schema version {version!r}, and this envgen reads version {SCHEMA_VERSION}.",
            "Read it with the envgen that wrote it, or run again.",
        )
    try:
        return kind.model_validate_json(json.dumps(data))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise EnvgenError(f"{file} is no result file: {where}: {first['msg']}.", again) from error


def _aware(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _merged(runs: list[RunInfo], remarks: tuple[str, ...]) -> RunInfo:
    """The newest header, speaking for all of them."""
    ordered = sorted(runs, key=lambda run: _aware(run.started))
    finished = [run.finished for run in ordered if run.finished]
    return ordered[-1].model_copy(
        update={
            "run": _joined(run.run for run in ordered),
            "matrix": _joined(run.matrix for run in ordered),
            "selection": _joined(run.selection for run in ordered),
            "extension": _joined(run.extension for run in ordered),
            "envgen": _joined(run.envgen for run in ordered),
            "remarks": tuple(dict.fromkeys((*(remark for run in ordered for remark in run.remarks), *remarks))),
            "cells": tuple(dict.fromkeys(cell for run in ordered for cell in run.cells)),
            "started": ordered[0].started,
            "finished": max(finished, key=_aware) if len(finished) == len(ordered) else None,
        }
    )


def _joined(values: Iterable[str]) -> str:
    return " + ".join(dict.fromkeys(values))
