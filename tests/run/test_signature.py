"""Which failures are one kind of failure."""

from __future__ import annotations

import pytest

from envgen.results import CellResult, Outcome, Rung, RungResult
from envgen.run.signature import signature, signatures

ONE, OTHER = "py311-torch2.9-cpu-debian12-x86_64", "py312-torch2.10-cu126-debian12-x86_64"


def result(cell: str, rung: Rung, outcome: Outcome, sentence: str = "") -> CellResult:
    last = RungResult(rung=rung, outcome=outcome, sentence=sentence)
    return CellResult(cell=cell, axes={}, environment="venv", envgen="", rungs=(last,))


def words(cell: str, sentence: str) -> str:
    return signature(cell, RungResult(rung=Rung.BUILT, outcome=Outcome.FAILED, sentence=sentence)).words


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (f"no file in /home/a/.envgen/{ONE}/x.py", f"no file in /home/b/{OTHER}/x.py"),
        ("ops.cu:12: error: unknown type", "ops.cu:340: error: unknown type"),
        ("torch 2.9.1 is a CPU build, the cell says cu126", "torch 2.10.0 is a CPU build, the cell says cu130"),
        ("at 0x7f3a00 in _C.cpython-311.so", "at 0x55dEAD in _C.cpython-312t.so"),
        ("it took longer than 60.0 s", "it took longer than 90.5 s"),
    ],
)
def test_what_is_only_one_cells_makes_no_difference(first: str, second: str) -> None:
    assert words(ONE, first) == words(OTHER, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("undefined symbol: _ZN3c106detail14torchCheckFailE", "undefined symbol: _ZN3c105ErrorC1E"),
        ("ended with code 1", "ended with code 139"),
        ("libcudart.so.12: cannot open", "libcudart.so.13: cannot open"),
    ],
)
def test_what_names_the_cause_makes_one(first: str, second: str) -> None:
    assert words(ONE, first) != words(OTHER, second)


def test_the_verdict_on_a_cell_is_of_that_rung_and_those_words() -> None:
    failed = result(ONE, Rung.LOADED, Outcome.FAILED, "no")
    (kind,) = signatures([failed, result(OTHER, Rung.LOADED, Outcome.PASSED)])
    assert kind.verdict(failed) is True
    assert kind.verdict(result(OTHER, Rung.LOADED, Outcome.PASSED)) is False
    for unknown in (
        result(OTHER, Rung.LOADED, Outcome.FAILED, "another reason"),
        result(OTHER, Rung.LOADED, Outcome.NOT_RUN, "built failed"),
        result(OTHER, Rung.BUILT, Outcome.FAILED, "no"),
    ):
        assert kind.verdict(unknown) is None


def test_the_most_frequent_kind_comes_first() -> None:
    failures = [result(f"{ONE}-n_{n}", Rung.LOADED, Outcome.FAILED, why) for n, why in enumerate("abb")]
    assert [(kind.words, len(cells)) for kind, cells in signatures(failures).items()] == [("b", 2), ("a", 1)]
