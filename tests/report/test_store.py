"""Run folders: read, merged, written; and clear words for a damaged one."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from envgen.errors import EnvgenError, UsageError
from envgen.report import load_report, report_json, write_reports
from envgen.results import CellResult, Outcome, Report, Rung

from .samples import STARTED, cell, run, rung, small

NAME = "py312-torch2.13-cpu-debian12-x86_64"


def save(folder: Path, report: Report) -> Path:
    (folder / "cells").mkdir(parents=True)
    (folder / "run.json").write_text(report.run.model_dump_json())
    for result in report.cells:
        (folder / "cells" / f"{result.cell}.json").write_text(result.model_dump_json())
    return folder


def one(folder: Path, sentence: str, minutes: int = 5, **more: object) -> Path:
    result: CellResult = cell(NAME, rung(Rung.LOADED, Outcome.FAILED, sentence), minutes=minutes, **more)
    return save(folder, Report(run=run(run=folder.name), cells=(result,)))


def test_a_run_folder_gives_its_report(tmp_path: Path) -> None:
    report = load_report(save(tmp_path / "run", small())).report
    assert report_json(report) == report_json(small())


def test_reports_are_written_beside_the_results(tmp_path: Path) -> None:
    folder = save(tmp_path / "run", small())
    paths = write_reports(load_report(folder).report, folder)
    assert [path.name for path in paths] == ["report.json", "report.md", "report.html"]
    assert Report.model_validate_json(paths[0].read_bytes()) == load_report(folder).report
    before = [path.read_bytes() for path in paths]
    write_reports(load_report(folder).report, folder)
    assert [path.read_bytes() for path in paths] == before
    assert {path.name for path in folder.iterdir()} == {"run.json", "cells", *(path.name for path in paths)}


def test_a_run_without_cells_is_a_report_without_cells(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(run().model_dump_json())
    assert load_report(tmp_path).report.cells == ()


def test_of_two_runs_the_later_result_of_a_cell_counts(tmp_path: Path) -> None:
    late, early = one(tmp_path / "late", "late", minutes=9), one(tmp_path / "early", "early", minutes=3)
    other = save(tmp_path / "other", small())
    for order in ((late, early, other), (other, early, late)):
        report = load_report(*order).report
        assert len(report.cells) == 5
        (result,) = [result for result in report.cells if result.cell == NAME]
        assert result.rungs[0].sentence == "late"


def test_an_unfinished_result_never_replaces_a_finished_one(tmp_path: Path) -> None:
    done = one(tmp_path / "done", "done")
    broken = one(tmp_path / "broken", "broken", finished=None, started=STARTED + timedelta(days=1))
    assert load_report(done, broken).report.cells[0].rungs[0].sentence == "done"
    assert load_report(broken, done).report.cells[0].rungs[0].sentence == "done"


def test_a_merged_header_spans_its_runs(tmp_path: Path) -> None:
    first = save(tmp_path / "a", Report(run=run(run="a", cells=["x", "y"]), cells=()))
    last = run(
        run="b",
        started=STARTED + timedelta(days=1),
        finished=STARTED + timedelta(days=2),
        rejected={"x": 1},
        cells=["y", "z"],
    )
    second = save(tmp_path / "b", Report(run=last, cells=()))
    merged = load_report(second, first).report.run
    assert (merged.run, merged.matrix, merged.rejected) == ("a + b", "matrix.yaml", {"x": 1})
    assert merged.cells == ("x", "y", "z")
    assert (merged.started, merged.finished) == (STARTED, STARTED + timedelta(days=2))
    third = save(tmp_path / "c", Report(run=run(run="c", finished=None), cells=()))
    assert load_report(first, third).report.run.finished is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "damaged"),
        ("{", "damaged"),
        ("\x00\xff", "damaged"),
        ("[" * 100_000, "damaged"),
        ("[]", "no result file"),
        ("{}", "no result file: cell"),
        ('"x"', "no result file"),
        ('{"schema_version": 2}', "schema version 2, and this envgen reads version 1"),
        ('{"schema_version": "1.0"}', "schema version '1.0'"),
    ],
)
def test_a_bad_cell_file_is_named(tmp_path: Path, text: str, words: str) -> None:
    folder = save(tmp_path, small())
    file = folder / "cells" / f"{NAME}.json"
    file.write_bytes(text.encode("latin-1"))
    loaded = load_report(folder)
    (damage,) = loaded.damaged
    assert str(file) in damage.what
    assert words in damage.what
    assert damage.remedy
    others = {cell.cell: cell for cell in loaded.report.cells if cell.cell != NAME}
    assert others == {cell.cell: cell for cell in small().cells if cell.cell != NAME}
    (result,) = [cell for cell in loaded.report.cells if cell.cell == NAME]
    assert (result.failed, result.reached) == (None, None)
    assert words in result.rungs[0].sentence


def test_a_result_of_another_run_stands_for_a_damaged_one(tmp_path: Path) -> None:
    good, bad = one(tmp_path / "good", "good", started=STARTED, finished=None), one(tmp_path / "bad", "bad")
    (bad / "cells" / f"{NAME}.json").write_text("{")
    for order in ((good, bad), (bad, good)):
        loaded = load_report(*order)
        assert len(loaded.damaged) == 1
        assert [cell.rungs[0].sentence for cell in loaded.report.cells] == ["good"]


def test_a_damaged_header_is_said(tmp_path: Path) -> None:
    folder = save(tmp_path / "r", small())
    (folder / "run.json").write_text("{")
    with pytest.raises(EnvgenError, match=r"run\.json is damaged") as caught:
        load_report(folder)
    assert "envgen run --resume --name r CELL..." in caught.value.remedy


def test_a_field_of_another_envgen_is_named(tmp_path: Path) -> None:
    folder = save(tmp_path, small())
    file = folder / "cells" / f"{small().cells[0].cell}.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "mood": "good"}))
    (damage,) = load_report(folder).damaged
    assert "mood" in damage.what


def test_a_result_under_another_name_is_refused(tmp_path: Path) -> None:
    folder = save(tmp_path, small())
    file = folder / "cells" / f"{small().cells[0].cell}.json"
    file.rename(file.with_name("other.json"))
    (damage,) = load_report(folder).damaged
    assert "other.json holds the result of another cell" in damage.what


def test_a_folder_that_is_no_run_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no run: run\.json is missing"):
        load_report(tmp_path)
    with pytest.raises(EnvgenError, match="no run to report on"):
        load_report()
    (tmp_path / "run.json").mkdir()
    with pytest.raises(EnvgenError, match="Cannot read"):
        load_report(tmp_path)
