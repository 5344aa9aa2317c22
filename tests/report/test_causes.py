"""Causes in reports: failed cells grouped by them, escaped everywhere, and results from before there were any."""

from __future__ import annotations

import io
import json
from pathlib import Path

from rich.console import Console

from envgen.report import load_report, report_html, report_json, report_markdown, report_terminal
from envgen.report.causes import cause_groups
from envgen.results import CellResult, Diagnosis, Outcome, Report, Rung, RungResult

from .samples import HOSTILE, cell, passed, run, rung

SYMBOL = Diagnosis(
    cause="torch-version-mismatch",
    sentence="_C.so needs c10::Error::what() const, which the loaded torch does not have.",
    fix="Build it again for this torch.",
    evidence={"symbol": "_ZNK3c105Error4whatEv", "line": "ImportError: _C.so: undefined symbol: _ZNK3c105Error4whatEv"},
    rule="undefined-symbol",
)
OTHER = SYMBOL.model_copy(update={"cause": "import-torch-first"})


def failed(name: str, *diagnoses: Diagnosis, sentence: str = "ended with code 1 while loading") -> CellResult:
    ended = rung(Rung.LOADED, Outcome.FAILED, sentence, diagnoses=diagnoses)
    return cell(name, *passed(Rung.PLANNED), ended)


def report(*cells: CellResult) -> Report:
    return Report(run=run(), cells=cells, causes=cause_groups(cells))


SOME = report(
    failed("py311-torch2.13-cpu-debian12-x86_64", SYMBOL, OTHER),
    failed("py312-torch2.13-cpu-debian12-x86_64", SYMBOL),
    failed("py313-torch2.13-cpu-debian12-x86_64", OTHER),
    failed("py313-torch2.12-cpu-debian12-x86_64"),
)


def terminal(shown: Report) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(report_terminal(shown))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_cells_by_cause() -> None:
    first, second = SOME.causes
    assert first.cause == "torch-version-mismatch"
    assert first.title == "Built against another torch than the one that is loaded"
    assert [name[:5] for name in first.cells] == ["py311", "py312"]
    assert second.cause == "import-torch-first"


def test_every_format_says_cause_evidence_and_fix() -> None:
    for text in (report_html(SOME), terminal(SOME), report_markdown(SOME).replace("\\", "")):
        assert "Built against another torch than the one that is loaded" in text
        assert "undefined symbol: _ZNK3c105Error4whatEv" in text
        assert "Build it again for this torch." in text
        assert "import-torch-first" in text
    data = json.loads(report_json(SOME))
    assert [group["cause"] for group in data["causes"]] == ["torch-version-mismatch", "import-torch-first"]
    again = Report.model_validate(data)
    assert again.causes == SOME.causes
    assert {each.cell: each for each in again.cells} == {each.cell: each for each in SOME.cells}


def test_a_cause_names_its_cells() -> None:
    for text in (terminal(SOME), report_markdown(SOME).replace("`", "")):
        _, about = text.split("(torch-version-mismatch)")
        assert "2 cells: py311-torch2.13-cpu-debian12-x86_64, py312-torch2.13-cpu-debian12-x86_64" in about


def test_what_the_failure_itself_says_is_not_said_again_as_its_evidence() -> None:
    died = Diagnosis(cause="crashed", sentence="The process died.", evidence={"line": "died on SIGABRT while loading"})
    shown = report(failed("py313-torch2.12-cpu-debian12-x86_64", died, sentence="died on SIGABRT while loading"))
    assert terminal(shown).count("died on SIGABRT") == 1
    assert report_markdown(shown).partition("## Logs")[0].count("died on SIGABRT") == 1
    causes = report_html(shown).partition("<h2>Causes</h2>")[2].partition("</section>")[0]
    assert "The process died." in causes
    assert "died on SIGABRT" not in causes


def test_hostile_evidence_is_text_everywhere() -> None:
    diagnoses = [
        Diagnosis(cause=text, sentence=text, fix=text, evidence={"line": text, text: text}) for text in HOSTILE
    ]
    shown = report(*(failed(f"cell{number}", each) for number, each in enumerate(diagnoses)))
    page, printed = report_html(shown), terminal(shown)
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "onerror=alert(1)>" not in page
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & {*page, *printed, *report_markdown(shown)}
    assert "{{ 7 * 7 }}" in page


def test_a_report_without_causes_has_no_word_of_them() -> None:
    shown = report(failed("py313-torch2.12-cpu-debian12-x86_64"))
    assert "<h2>Causes</h2>" not in report_html(shown)
    assert "## Causes" not in report_markdown(shown)


def test_results_from_before_there_were_diagnoses(tmp_path: Path) -> None:
    """A run of an older envgen merges with one of this."""
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, result in ((old, SOME.cells[3]), (new, SOME.cells[0])):
        (folder / "cells").mkdir(parents=True)
        data = json.loads(result.model_dump_json())
        if folder is old:
            for each in data["rungs"]:
                del each["diagnoses"]
        (folder / "cells" / f"{result.cell}.json").write_text(json.dumps(data), encoding="utf-8")
        (folder / "run.json").write_text(run().model_dump_json(), encoding="utf-8")
    merged = load_report(old, new).report
    assert len(merged.cells) == 2
    assert [group.cells for group in merged.causes] == [(SOME.cells[0].cell,)]
    assert {each.cell: each.failed.diagnoses for each in merged.cells if each.failed} == {
        SOME.cells[3].cell: (),
        SOME.cells[0].cell: (SYMBOL, OTHER),
    }


def test_a_cause_of_a_later_envgen_is_shown_by_its_id() -> None:
    later = SYMBOL.model_copy(update={"cause": "something-new"})
    assert report(failed("py313-torch2.12-cpu-debian12-x86_64", later)).causes[0].title == "something-new"
    assert (
        RungResult(rung=Rung.LOADED, outcome=Outcome.FAILED, diagnoses=(later,)).diagnoses[0].cause == "something-new"
    )
