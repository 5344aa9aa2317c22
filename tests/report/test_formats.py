"""Every format of a report: what it says, and that no text of a cell becomes markup in it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import Console

from envgen.report import report_html, report_json, report_markdown, report_terminal
from envgen.report.text import LONGEST_LINE, clean, one_line
from envgen.results import LADDER, Outcome, Report, Rung

from .samples import HOSTILE, cell, hostile, run, rung, small

GOLDEN = Path(__file__).parent / "golden" / "small.md"
VOID = {"meta", "link", "input", "img", "br"}
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Page(HTMLParser):
    """The elements of a page, its text, and whether every element is closed where it should be."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.data: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.data.append((self.open[-1] if self.open else "", data))

    @property
    def text(self) -> str:
        return " ".join(data for tag, data in self.data if tag not in ("script", "style"))

    def count(self, tag: str) -> int:
        return sum(element == tag for element, _ in self.elements)


def terminal(report: Report, width: int = 160) -> str:
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=False).print(report_terminal(report))
    return out.getvalue()


def markdown_tokens(text: str) -> list[tuple[str, str]]:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    return [(inner.type, inner.content) for token in tokens for inner in (token, *(token.children or ()))]


def test_markdown_golden() -> None:
    text = report_markdown(small())
    if os.environ.get("ENVGEN_UPDATE_GOLDENS"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(text, encoding="utf-8", newline="\n")
    assert text == GOLDEN.read_bytes().decode()


def test_the_three_outcomes_are_kept_apart() -> None:
    page = Page(report_html(small()))
    words = [data for tag, data in page.data if tag == "span" and data in set(Outcome)]
    assert {word: words.count(word) for word in set(Outcome)}.keys() == set(Outcome)
    for text in (terminal(small()), report_markdown(small())):
        assert re.search(r"1 failed\W+1 not run\W+2 passed", text)


def test_a_rung_without_a_result_is_not_run_and_not_reached() -> None:
    report = Report(run=run(), cells=(cell("one", rung(Rung.PLANNED, Outcome.FAILED, "no")),))
    page = Page(report_html(report))
    assert sum(data.strip() == "not reached" for _, data in page.data) == len(LADDER) - 1
    assert report_markdown(report).count("| ❌ |") == 1
    assert f"| `one` | ❌ failed | ❌ |{' ⚪ |' * (len(LADDER) - 1)}\n" in report_markdown(report)


@pytest.mark.parametrize(
    ("passed", "last", "expected"),
    [
        (10, None, "passed"),
        (7, Outcome.NOT_RUN, "passed"),
        (6, Outcome.NOT_RUN, "not run"),
        (0, None, "not run"),
        (8, Outcome.FAILED, "failed"),
    ],
)
def test_a_cell_has_passed_only_when_it_loaded(passed: int, last: Outcome | None, expected: str) -> None:
    rungs = [rung(name) for name in LADDER[:passed]] + ([rung(LADDER[passed], last, "why")] if last else [])
    text = terminal(Report(run=run(), cells=(cell("one", *rungs),)))
    assert f"1 {expected}" in text
    assert text.count("0 ") >= 2


def test_a_selected_cell_without_a_result_is_shown_as_never_started() -> None:
    report = Report(run=run(cells=["done", "never"]), cells=(cell("done", *[rung(name) for name in LADDER]),))
    for text in (terminal(report), report_markdown(report), Page(report_html(report)).text):
        assert "the run ended before this cell was started" in text
        assert re.search(r"never\W+not run", text)
    assert [cell["cell"] for cell in json.loads(report_json(report))["cells"]] == ["done"]


def test_an_empty_report_says_so() -> None:
    report = Report(run=run(), cells=())
    assert "No cell has a result" in report_markdown(report)
    assert "0 cells" in terminal(report)
    Page(report_html(report))


def test_why_cells_are_absent_is_in_every_document() -> None:
    for text in (report_markdown(small()), Page(report_html(small())).text):
        for expected in ("every pair is covered by another cell", "310", "torch-has-wheel", "96"):
            assert expected in text


def test_json_is_lossless_and_stable() -> None:
    report = small()
    turned = report.model_copy(update={"cells": report.cells[::-1]})
    assert report_json(report) == report_json(turned)
    again = Report.model_validate_json(report_json(report))
    assert sorted(again.cells, key=lambda cell: cell.cell) == sorted(report.cells, key=lambda cell: cell.cell)
    assert again.run == report.run


def test_json_has_no_nan_and_no_control_characters() -> None:
    odd = Report(run=run(), cells=(cell("one", rung(Rung.PLANNED, facts={"error": float("nan")})),))
    loaded = json.loads(report_json(odd), parse_constant=pytest.fail)
    assert loaded["cells"][0]["rungs"][0]["facts"] == {"error": None}
    assert not CONTROL.search(report_json(hostile()))
    report_json(hostile()).encode()


def test_the_page_is_one_file_that_reaches_for_nothing() -> None:
    page = Page(report_html(small()))
    assert not {tag for tag, _ in page.elements} & {"iframe", "object", "embed", "base", "img"}
    assert [attrs["href"] for tag, attrs in page.elements if tag == "link"] == ["data:,"]
    assert all((attrs["href"] or "").startswith("#") for tag, attrs in page.elements if tag == "a")
    assert not any("src" in attrs or "style" in attrs for _, attrs in page.elements)
    assert "@import" not in report_html(small())
    assert "url(" not in report_html(small())


def test_the_content_security_policy_names_the_script_and_the_style() -> None:
    page = Page(report_html(hostile()))
    policy = next(attrs["content"] or "" for _, attrs in page.elements if "http-equiv" in attrs)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag in ("script", "style"):
        (text,) = ["".join(data for owner, data in page.data if owner == tag)]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_every_link_of_the_page_has_its_target_once() -> None:
    for report in (small(), hostile()):
        page = Page(report_html(report))
        ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
        assert len(set(ids)) == len(ids)
        assert {attrs["href"] for tag, attrs in page.elements if tag == "a"} <= {f"#{name}" for name in ids}


def test_the_pages_tables_name_their_headers() -> None:
    page = Page(report_html(small()))
    assert all("scope" in attrs for tag, attrs in page.elements if tag == "th")
    assert page.count("article") == len(small().cells)


def test_hostile_text_adds_no_element_to_the_page() -> None:
    report = hostile()
    page = Page(report_html(report))
    assert page.count("script") == 1
    assert page.count("img") == 0
    assert not any(name.startswith("on") for _, attrs in page.elements for name in attrs)
    assert '<script>alert("x")</script>' in page.text
    assert not CONTROL.search(report_html(report))
    report_html(report).encode()


def test_hostile_text_adds_no_markup_to_markdown() -> None:
    text = report_markdown(hostile())
    tokens = markdown_tokens(text)
    html = "".join(content for kind, content in tokens if kind in ("html_block", "html_inline"))
    assert set(re.findall(r"</?(\w+)", html)) == {"details", "summary", "pre"}
    assert {kind for kind, _ in tokens}.isdisjoint({"link_open", "image", "fence", "code_block", "em_open"})
    assert not CONTROL.search(text)
    text.encode()


def test_hostile_text_leaves_the_markdown_table_its_columns() -> None:
    tokens = [kind for kind, _ in markdown_tokens(report_markdown(hostile()))]
    head = tokens[tokens.index("table_open") : tokens.index("table_close")]
    rows = len(hostile().cells)
    assert head.count("td_open") == rows * (2 + len(LADDER))


def test_hostile_text_reaches_no_terminal() -> None:
    text = terminal(hostile())
    assert not CONTROL.search(text)
    assert "[red]markup[/red]" in text
    text.encode()


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_no_text_breaks_a_document(text: str) -> None:
    report = Report(
        run=run(selection=text), cells=(cell(text, rung(Rung.LOCKED, Outcome.FAILED, text, log_tail=(text,))),)
    )
    page = Page(report_html(report))
    assert page.count("article") == 1
    assert page.count("script") == 1
    html = "".join(content for kind, content in markdown_tokens(report_markdown(report)) if kind.startswith("html"))
    assert set(re.findall(r"</?(\w+)", html)) == {"details", "summary", "pre"}
    assert not CONTROL.search(terminal(report))


@pytest.mark.parametrize("limit", [700, 1200, 20_000])
def test_markdown_is_cut_at_a_whole_part_and_says_so(limit: int) -> None:
    cells = [cell(f"cell{n}", rung(Rung.LOCKED, Outcome.FAILED, "no", log_tail=("ü" * 500,) * 20)) for n in range(50)]
    text = report_markdown(Report(run=run(), cells=tuple(cells)), limit=limit)
    assert len(text.encode()) <= limit
    assert "**Cut here:**" in text.splitlines()[-1]
    assert text.count("<details>") == text.count("</details>")


def test_markdown_fits_a_step_summary() -> None:
    log = ("x" * LONGEST_LINE,) * 40
    cells = [cell(f"cell{n}", rung(Rung.LOCKED, Outcome.FAILED, "no", log_tail=log)) for n in range(100)]
    text = report_markdown(Report(run=run(), cells=tuple(cells)))
    assert 900_000 < len(text.encode()) <= 1_000_000
    assert "report.html" in text.splitlines()[-1]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("10%\r100%\r", "100%"),
        ("a\r\nb", "a\nb"),
        ("tab\there", "tab\there"),
        ("bell\x07", "bell\\x07"),
        ("\u202e", "\\u202e"),
        ("\x1b", "\\x1b"),
        ("ü ✓ 漢字", "ü ✓ 漢字"),
    ],
)
def test_text_as_a_terminal_would_show_it(raw: str, shown: str) -> None:
    assert clean(raw) == shown


def test_a_very_long_line_is_cut() -> None:
    shown = clean("x" * 5000 + "\nnext")
    assert shown == f"{'x' * LONGEST_LINE} … (3000 more characters)\nnext"
    assert one_line("a\nb") == "a b"


@given(st.text() | st.sampled_from(HOSTILE))
def test_clean_text_is_printable_and_stays_as_it_is(text: str) -> None:
    shown = clean(text)
    assert all(character.isprintable() or character in "\n\t" or ord(character) > 0x9F for character in shown)
    assert clean(shown) == shown or "more characters" in shown


def test_a_narrow_terminal_keeps_ids_and_ladders_whole() -> None:
    lines = terminal(small(), width=72).splitlines()
    for result in small().cells:
        assert any(re.match(rf"{result.cell} +[✓✗○]{{10}}", line) for line in lines)


def test_a_passed_cell_is_stopped_by_nothing() -> None:
    rungs = [rung(name) for name in LADDER[:8]]
    rungs += [rung(Rung.KERNEL, Outcome.NOT_RUN, "no GPU here"), rung(Rung.ENGINE, Outcome.NOT_RUN, "no GPU here")]
    assert "no GPU here" not in terminal(Report(run=run(), cells=(cell("one", *rungs),)))
    failed = [rung(Rung.PLANNED, Outcome.FAILED, "no such thing")]
    text = terminal(Report(run=run(), cells=tuple(cell(f"c{number}", *failed) for number in range(12))))
    assert text.count("no such thing") == 1
    assert "12 cells: c0, c1, " in text
    assert text.count(" and 2 more\n") == 1
