"""The grid of a cross-load in every format: what it says, and that no text in it becomes markup."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from envgen.crossload import WHOLE, Arm, Column, Crossing, CrossLoad, Foreseen, Ledger
from envgen.report import crossload_terminal, load_report, report_html, report_markdown, write_reports
from envgen.report.crossing import grids, short, tallies
from envgen.results import Diagnosis, Outcome, Rung

from .samples import HOSTILE, small
from .test_formats import CONTROL, Page, markdown_tokens
from .test_store import save

OLD, CUDA, CPU = (
    "py310-torch2.4-cu121-debian12-x86_64", "py312-torch2.13-cu130-debian12-x86_64",
    "py311-torch2.13-cpu-debian12-x86_64",
)  # fmt: skip
OPS, STABLE = "pkg/libops.so", "pkg/libstable.so"


def crossing(built: str, loaded: str, what: str, outcome: Outcome, verdict: str = "", **more: object) -> Crossing:
    cause = Diagnosis(cause="torch-version-mismatch", sentence="It lacks a symbol.", fix="Rebuild.")
    failed = outcome is Outcome.FAILED
    usual = {
        "arm": Arm.STABLE if what == STABLE else Arm.ORDINARY,
        "rung": Rung.LOADED if failed else Rung.CPU,
        "sentence": "undefined symbol: _ZN3c10" if failed else "",
        "diagnoses": (cause,) if failed else (),
        "foreseen": Foreseen.model_validate({"verdict": verdict, "diagnoses": (cause,)}) if verdict else None,
    }
    return Crossing.model_validate(
        {"built": built, "loaded": loaded, "what": what, "outcome": outcome, **usual, **more}
    )


PASSED, FAILED, NOT_RUN = Outcome.PASSED, Outcome.FAILED, Outcome.NOT_RUN
FOUND = CrossLoad(
    run="r",
    crossings=(
        crossing(OLD, OLD, WHOLE, PASSED, "loads"),
        crossing(OLD, CUDA, WHOLE, FAILED, "fails"),
        crossing(CUDA, OLD, WHOLE, FAILED, "risk"),
        crossing(CUDA, CPU, WHOLE, NOT_RUN, "loads", sentence="no Python 3.11 here"),
        crossing(OLD, CUDA, OPS, PASSED, "fails"),
        crossing(CUDA, OLD, STABLE, FAILED, "loads"),
        crossing(CPU, CUDA, STABLE, PASSED),
        crossing(CPU, CUDA, "pkg/_C.cpython-311-x86_64-linux-gnu.so", FAILED, "unknown"),
        crossing(CUDA, CPU, "pkg/_C.cpython-312-x86_64-linux-gnu.so", FAILED, "fails"),
    ),
)


def terminal(found: CrossLoad, width: int = 160) -> str:
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=False).print(crossload_terminal(found))
    return out.getvalue()


def test_a_grid_for_each_binary_whatever_its_tags() -> None:
    found = grids(FOUND)
    assert [(grid.what, grid.arm) for grid in found] == [
        (WHOLE, Arm.ORDINARY), ("pkg/_C.so", Arm.ORDINARY), (OPS, Arm.ORDINARY), (STABLE, Arm.STABLE),
    ]  # fmt: skip
    assert {grid.system for grid in found} == {"debian12-x86_64"}
    assert found[0].rows == (OLD, CUDA)
    assert found[0].columns == (OLD, CPU, CUDA)
    assert found[0].at(OLD, CPU) is None


def test_the_tallies_count_other_cells_and_name_changes_of_cuda() -> None:
    said = {
        tally.title: ([tally.ended(o) for o in (PASSED, FAILED, NOT_RUN)], tally.foreseen) for tally in tallies(FOUND)
    }
    whole, stable = "ordinary ABI: everything that was built", f"stable ABI: {STABLE}"
    assert said[whole] == ([0, 2, 1], "1 right, 1 a risk (1 failed)")
    assert said[f"{whole}, built with CUDA 12 and loaded with CUDA 13"] == ([0, 1, 0], "1 right")
    assert said[f"{whole}, built with CUDA 13 and loaded with CUDA 12"] == ([0, 1, 0], "1 a risk (1 failed)")
    assert said[f"ordinary ABI: {OPS}"] == ([1, 0, 0], "0 right, 1 wrong")
    assert said[stable] == ([1, 1, 0], "0 right, 1 wrong, 1 not predicted")
    assert said["ordinary ABI: pkg/_C.so"] == ([0, 2, 0], "1 right, 1 unknown")


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (OLD, "py310-torch2.4-cu121"),
        ("py310-torch2.4-cu121-debian12-x86_64-numpy_2.1", "py310-torch2.4-cu121-numpy_2.1"),
        ("no cell", "no cell"),
    ],
)
def test_a_cell_is_named_without_its_system(cell: str, shown: str) -> None:
    assert short(cell) == shown


def test_of_one_cell_alone_there_is_no_empty_table() -> None:
    alone = CrossLoad(run="r", crossings=(crossing(OLD, OLD, WHOLE, PASSED, "loads"),))
    assert "in other cells" not in terminal(alone)
    assert "| in other cells" not in report_markdown(small(), alone)
    page = report_html(small(), alone)
    assert "those loaded where they were built are not counted" not in page
    assert "py310-torch2.4-cu121" in page


def test_the_terminal_says_once_what_is_wrong_with_a_binary_everywhere() -> None:
    found = FOUND.model_copy(
        update={
            "crossings": (
                *(crossing(OLD, loaded, OPS, FAILED, "loads") for loaded in (OLD, CPU, CUDA)),
                crossing(CPU, OLD, OPS, FAILED, "loads"),
            )
        }
    )
    first, second = (line for line in terminal(found).splitlines() if line.startswith("! "))
    assert first.startswith(f"! py310-torch2.4-cu121 in py310-torch2.4-cu121 and 2 other cells, {OPS}: predicted loads")
    assert second.startswith(f"! py311-torch2.13-cpu in py310-torch2.4-cu121, {OPS}: predicted loads")


def test_the_terminal_shows_the_grid_and_what_was_wrong() -> None:
    text = terminal(FOUND)
    assert "ordinary ABI: everything that was built, debian12-x86_64" in text
    assert re.search(r"1 py310-torch2\.4-cu121 +✓ +· +✗ *$", text, re.MULTILINE)
    assert re.search(r"3 py312-torch2\.13-cu130 +✗ +○ +· *$", text, re.MULTILINE)
    wrong = [line for line in text.splitlines() if line.startswith("! ")]
    assert len(wrong) == 2
    assert f"py310-torch2.4-cu121 in py312-torch2.13-cu130, {OPS}: predicted fails" in wrong[0]
    assert "✗ torch-version-mismatch: 5 loads" in text


def test_the_page_has_an_accessible_table() -> None:
    page = Page(report_html(small(), FOUND))
    heads = [attributes.get("scope") for tag, attributes in page.elements if tag == "th"]
    assert None not in heads
    assert page.count("caption") == 5
    assert "predicted: fails (torch-version-mismatch), wrong" in " ".join(page.text.split())
    assert "Where the prediction was wrong" in page.text
    assert "not predicted" in page.text
    regions = [attributes for _, attributes in page.elements if attributes.get("role") == "region"]
    assert {attributes["aria-labelledby"] for attributes in regions} <= {
        attributes["id"] for _, attributes in page.elements if "id" in attributes
    }


def test_markdown_has_the_tables() -> None:
    text = report_markdown(small(), FOUND)
    assert "## Built in one cell, loaded in another" in text
    assert "| `py310-torch2.4-cu121` | ✅ |  | ❌ torch-version-mismatch |" in text
    kinds = [kind for kind, _ in markdown_tokens(text)]
    assert kinds.count("table_open") >= 6


def test_without_a_cross_load_nothing_is_said_of_it() -> None:
    assert "crossload" not in Page(report_html(small())).text
    assert "loaded in another" not in report_markdown(small())


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_markup(text: str) -> None:
    bad = Diagnosis(cause=text, sentence=text, fix=text)
    found = CrossLoad(
        run=text,
        crossings=tuple(
            crossing(text, loaded, text, FAILED, "loads", sentence=text, diagnoses=(bad,), log=text, log_tail=(text,))
            for loaded in (text, CPU)
        ),
    )
    page = Page(report_html(small(), found))
    assert page.count("script") == 1
    assert page.count("img") == 0
    html = "".join(content for kind, content in markdown_tokens(report_markdown(small(), found)) if "html" in kind)
    assert set(re.findall(r"</?(\w+)", html)) <= {"details", "summary", "pre"}
    assert not CONTROL.search(terminal(found))


def test_it_is_written_beside_the_reports_and_merged_with_others(tmp_path: Path) -> None:
    one, other = save(tmp_path / "one", small()), save(tmp_path / "other", small())
    Ledger(one).record(Column(run="one", envgen="0.1.0", loaded=CUDA, crossings=(FOUND.crossings[1],)))
    Ledger(other).record(Column(run="other", envgen="0.1.0", loaded=OLD, crossings=(FOUND.crossings[0],)))
    loaded = load_report(one, other)
    assert loaded.crossload is not None
    assert loaded.crossload.crossings == FOUND.crossings[:2]
    write_reports(loaded.report, tmp_path / "out", loaded.crossload)
    assert CrossLoad.model_validate_json((tmp_path / "out" / "crossload.json").read_bytes()) == loaded.crossload
    (other / "crossload" / f"{OLD}.json").write_text("{")
    assert [error.what[-30:] for error in load_report(one, other).damaged] != []
