"""What a report says of the failures of a run, and what it does not say."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from itertools import product
from pathlib import Path

from envgen.report import load_report, report_html, report_json, report_markdown
from envgen.report.patterns import LIKELY, failure_patterns
from envgen.results import LADDER, SURE, CellResult, FailurePattern, Outcome, Report, Rung
from envgen.run.further import Asked, Flaky, Further

from .samples import HOSTILE, cell, passed, run, rung
from .test_formats import CONTROL, Page, markdown_tokens, terminal

SYMBOL = "the extension was not imported: undefined symbol: _ZN3c104cuda9SetDeviceEi"
PYTHONS, TORCHES, CUDAS = ("3.10", "3.11", "3.12", "3.13"), ("2.8", "2.9", "2.10"), ("cpu", "cu126")


def named(python: str, torch: str, cuda: str, extra: str = "") -> str:
    return f"py{python.replace('.', '')}-torch{torch}-{cuda}-debian12-x86_64{extra}"


def climbed(name: str, failure: str | None = None, at: Rung = Rung.LOADED) -> CellResult:
    last = rung(at, Outcome.FAILED, failure) if failure else rung(at)
    return cell(name, *passed(*LADDER[: LADDER.index(at)]), last)


def grid(fails: Callable[[str, str, str], bool], failure: str = SYMBOL) -> list[CellResult]:
    cells = product(PYTHONS, TORCHES, CUDAS)
    return [climbed(named(*values), failure if fails(*values) else None) for values in cells]


def sentences(results: Iterable[CellResult]) -> list[str]:
    return [found.sentence for found in failure_patterns(results)]


def test_the_shortest_conjunction_is_stated() -> None:
    (found,) = failure_patterns(grid(lambda p, t, c: p in ("3.12", "3.13") and t != "2.8"))
    assert found.sentence == "Every cell with python >= 3.12 and torch >= 2.9 failed (8 of 8); no other cell did."
    assert found.pattern == "python >= 3.12 and torch >= 2.9"
    assert found.conditions == (
        {"axis": "python", "from": "3.12", "to": "3.13"},
        {"axis": "torch", "from": "2.9", "to": "2.10"},
    )
    assert len(found.support) == 8
    assert (found.rung, found.failure, found.counter_examples, found.as_likely) == (Rung.LOADED, SYMBOL, (), ())


def test_torch_releases_are_in_the_order_of_versions_and_cpu_is_no_version() -> None:
    assert sentences(grid(lambda p, t, c: t == "2.10")) == [
        "Every cell with torch == 2.10 failed (8 of 8); no other cell did."
    ]
    three = [
        climbed(named("3.12", "2.9", cuda), SYMBOL if cuda != "cpu" else None) for cuda in ("cpu", "cu126", "cu130")
    ]
    assert sentences(three) == ["Every cell with cuda != cpu failed (2 of 2); no other cell did."]


def test_two_causes_are_two_statements() -> None:
    assert sentences(grid(lambda p, t, c: p == "3.10" or (t == "2.10" and c == "cu126"))) == [
        "Every cell with python == 3.10 failed (6 of 6); so did 3 other cells.",
        "Every cell with torch == 2.10 and cuda == cu126 failed (4 of 4); so did 5 other cells.",
    ]


def test_failures_are_told_apart_by_rung_and_words() -> None:
    results = [climbed(named(p, "2.9", "cpu"), SYMBOL if p > "3.11" else None) for p in PYTHONS]
    missing = "g++ 12.2.0 ended with code 1 in /home/user/%s/build: no header"
    results += [climbed(named(p, "2.8", "cpu"), missing % p, Rung.BUILT) for p in PYTHONS]
    found = failure_patterns(results)
    assert [(each.rung, each.sentence) for each in found] == [
        (Rung.BUILT, "Every cell with torch == 2.8 failed (4 of 4); no other cell failed so."),
        (Rung.LOADED, "Every cell with python >= 3.12 failed (2 of 4; 2 failed otherwise); no other cell failed so."),
    ]


def test_axes_that_went_together_are_as_likely() -> None:
    pairs = zip(PYTHONS, ("2.7", "2.8", "2.9", "2.10"), strict=True)
    (found,) = failure_patterns([climbed(named(p, t, "cpu"), SYMBOL if p > "3.11" else None) for p, t in pairs])
    assert found.pattern == "python >= 3.12"
    assert found.as_likely == ("torch >= 2.9",)
    assert found.may_be_chance
    assert found.remarks == (
        "As likely: torch >= 2.9.",
        "May be chance: 2 cells only. `envgen run --resume --localise` runs what tells more.",
    )


def test_the_users_axes_are_values_without_an_order() -> None:
    names = [named(p, "2.9", "cpu", f"-blas_{blas}") for p in PYTHONS for blas in ("mkl", "open", "blis")]
    assert sentences(climbed(name, SYMBOL if "blas_open" not in name else None) for name in names) == [
        "Every cell with blas != open failed (8 of 8); no other cell did."
    ]


def test_where_all_failed_no_value_is_blamed() -> None:
    (found,) = failure_patterns(grid(lambda p, t, c: True))
    assert found.sentence == "All 24 cells that came so far failed so, whatever their values."
    assert (found.pattern, len(found.support)) == ("", 24)


def test_without_a_failure_nothing_is_said() -> None:
    assert failure_patterns(grid(lambda *values: False)) == ()


def test_one_failed_cell_is_no_pattern_but_its_neighbours_are_named() -> None:
    (found,) = failure_patterns(grid(lambda *values: values == ("3.12", "2.9", "cpu")))
    assert (found.pattern, found.support) == ("", (named("3.12", "2.9", "cpu"),))
    assert found.sentence == (
        "py312-torch2.9-cpu-debian12-x86_64 failed, and no other cell with it; "
        "with python 3.10, 3.11 or 3.13, torch 2.8 or 2.10 and cuda cu126 instead it passed the rung loaded."
    )


def test_one_failed_cell_without_a_neighbour_is_too_few() -> None:
    results = [climbed(named("3.12", "2.9", "cpu"), SYMBOL), climbed(named("3.10", "2.8", "cu126"))]
    assert sentences(results) == [f"{results[0].cell} failed, and no other cell with it; too few cells to tell why."]
    assert sentences(results[:1]) == []


def test_of_failures_with_nothing_in_common_nothing_is_claimed() -> None:
    failing = {("3.10", "2.8", "cu126"), ("3.12", "2.10", "cpu")}
    found = failure_patterns(grid(lambda *values: values in failing))
    assert [each.pattern for each in found] == ["", ""]
    assert {each.sentence.partition(" failed, and no other cell with it; ")[0] for each in found} == {
        named(*values) for values in failing
    }


def test_two_failures_of_very_few_cells_are_too_few() -> None:
    cells = [(("3.10", "2.8", "cpu"), True), (("3.11", "2.9", "cpu"), True), (("3.12", "2.10", "cu126"), False)]
    for found in failure_patterns(climbed(named(*values), SYMBOL if failed else None) for values, failed in cells):
        assert found.pattern == "" or found.as_likely


def test_what_did_not_come_to_show_counts_neither_way() -> None:
    results = grid(lambda p, t, c: t == "2.10")
    unknown = [
        cell(result.cell, *passed(*LADDER[:3]), rung(Rung.CREATED, Outcome.NOT_RUN, "no Python"))
        if "py313" in result.cell
        else result
        for result in results
    ]
    assert sentences(unknown) == [
        "Every cell with torch == 2.10 failed (6 of 8; 2 did not come so far); no other cell did."
    ]


def test_a_pattern_of_few_may_be_chance_until_a_cell_failed_again() -> None:
    results = [climbed(named(p, "2.9", "cpu"), SYMBOL if p > "3.11" else None) for p in PYTHONS]
    (found,) = failure_patterns(results)
    assert (found.pattern, found.may_be_chance, found.firm) == ("python >= 3.12", True, False)
    asked = tuple(Asked(cell=named(p, "2.9", "cpu"), again=True, reason="it failed") for p in ("3.12", "3.13"))
    (found,) = failure_patterns(results, Further(asked=asked))
    assert found.failed_again == found.support
    said = " ".join(found.remarks)
    assert f"Run again, it failed again: {', '.join(found.support)}." in said
    assert "--localise" not in said


def test_a_pattern_says_how_sure_it_is_and_what_else_may_be() -> None:
    """Without the cells that would tell whether torch has to do with it."""
    results = grid(lambda p, t, c: p >= "3.12" and t != "2.8" and c == "cu126")
    telling = {named(p, "2.8", "cu126") for p in ("3.12", "3.13")}
    candidates = tuple(result.cell for result in results)
    (found,) = failure_patterns((r for r in results if r.cell not in telling), Further(candidates=candidates))
    assert found.pattern == "python >= 3.12 and cuda == cu126"
    assert found.probability is not None
    assert LIKELY <= found.probability < SURE
    (other,) = found.less_likely
    assert other.pattern == "python >= 3.12 and torch >= 2.9 and cuda == cu126"
    assert found.remarks == (
        f"{found.probability:.0%} sure; or, less likely: {other.pattern} ({other.probability:.0%}).",
    )


def test_a_cell_that_failed_and_passed_is_flaky() -> None:
    once = named("3.12", "2.9", "cpu")
    further = Further(flaky=(Flaky(cell=once, rung=Rung.LOADED, failure=SYMBOL),))
    (found,) = failure_patterns(grid(lambda *values: False), further)
    assert found.sentence == f"{once} is flaky: it failed once and passed once, with nothing changed."
    assert (found.flaky, found.support, found.failure) == ((once,), (), SYMBOL)
    (found,) = failure_patterns(grid(lambda p, t, c: t == "2.9"), further)
    assert found.pattern == "torch == 2.9"
    assert found.remarks == (f"Flaky, for it passed as well: {once}.",)


def test_names_that_are_no_cell_ids_are_left_out() -> None:
    assert failure_patterns([climbed(text, SYMBOL) for text in HOSTILE]) == ()


def test_every_format_says_it(tmp_path: Path) -> None:
    results = grid(lambda p, t, c: p in ("3.12", "3.13") and t != "2.8")
    (tmp_path / "cells").mkdir()
    (tmp_path / "run.json").write_text(run(cells=[result.cell for result in results]).model_dump_json())
    for result in results:
        (tmp_path / "cells" / f"{result.cell}.json").write_text(result.model_dump_json())
    report = load_report(tmp_path).explained().report
    said = "Every cell with python >= 3.12 and torch >= 2.9 failed (8 of 8); no other cell did."
    assert said in terminal(report)
    assert said in Page(report_html(report)).text
    assert said in "".join(content for kind, content in markdown_tokens(report_markdown(report)) if kind == "text")
    (pattern,) = json.loads(report_json(report))["patterns"]
    assert (pattern["sentence"], pattern["conditions"][0]["from"]) == (said, "3.12")
    assert Report.model_validate_json(report_json(report)).patterns == report.patterns


def test_hostile_patterns_become_no_markup() -> None:
    found = tuple(
        FailurePattern(rung=Rung.BUILT, failure=text, sentence=text, pattern=text, support=(text,), as_likely=(text,))
        for text in HOSTILE
    )
    report = Report(run=run(), cells=(climbed(named("3.12", "2.9", "cpu")),), patterns=found)
    page = Page(report_html(report))
    assert (page.count("script"), page.count("img")) == (1, 0)
    tokens = markdown_tokens(report_markdown(report))
    assert "".join(content for kind, content in tokens if kind in ("html_block", "html_inline")) == ""
    assert {kind for kind, _ in tokens}.isdisjoint({"link_open", "image", "fence", "code_block", "em_open"})
    assert not CONTROL.search(terminal(report) + report_markdown(report))
