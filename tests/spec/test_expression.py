"""Conditions: their grammar, and what is said of a line that is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envgen.cell import GrammarError
from envgen.spec.expression import All, Any, Comparison, ExpressionError, Not, Where
from envgen.spec.matrix import Budget, Unit
from envgen.spec.quantity import parse_budget, parse_strength


def test_and_binds_closer_than_or_and_not_closest() -> None:
    found = Where.parse("python==3.12 or not cuda==cpu and arch==arm64").expression
    assert found == Any(
        (
            Comparison("python", ("3.12",), 0),
            All((Not(Comparison("cuda", ("cpu",), 20)), Comparison("arch", ("aarch64",), 34))),
        )
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("torch>=2.9", Comparison("torch", (">=2.9",))),
        ("tensorrt >= 10", Comparison("tensorrt", (">=10",))),
        ("cuda<cu130", Comparison("cuda", ("<13.0",))),
        ("cuda==13.0", Comparison("cuda", ("cu130",))),
        ("python in (3.9, '3.14t')", Comparison("python", ("3.9", "3.14t"))),
        ("python not in (3.9)", Not(Comparison("python", ("3.9",)))),
        ("torch==latest-2", Comparison("torch", ("latest-2",))),
        ("os==ubuntu*", Comparison("os", ("ubuntu*",))),
        ("os != host", Not(Comparison("os", ("host",)))),
        ("tensorrt!=none", Not(Comparison("tensorrt", ("none",)))),
        ("tensorrt==11.1lean", Comparison("tensorrt", ("11.1lean",))),
        ("tensorrt!=lean", Not(Comparison("tensorrt", ("lean",)))),
        ("tensorrt in (10.16, 11.1dispatch)", Comparison("tensorrt", ("10.16", "11.1dispatch"))),
        ("cell=='py312-*'", Comparison("cell", ("py312-*",))),
        ("numpy~=2.1", Comparison("numpy", ("~=2.1",))),
        ("((cuda==cpu))", Comparison("cuda", ("cpu",), 2)),
    ],
)
def test_comparisons(text: str, expected: Comparison | Not) -> None:
    assert Where.parse(text).expression == expected
    assert str(Where.parse(text)) == text


@pytest.mark.parametrize(
    ("text", "what", "column"),
    [
        ("", "the end stands where an axis is expected", 0),
        ("torch", "the end stands where an operator such as == or >= is expected", 5),
        ("torch>=", "the end stands where a value is expected", 7),
        ("torch=2.9", "`=` is no comparison", 5),
        ("torch>=2.9 and", "the end stands where an axis is expected", 14),
        ("torch>=2.9 cuda==cpu", "'cuda' stands where `and`, `or` or the end is expected", 11),
        ("(torch>=2.9", "the end stands where `)` is expected", 11),
        ("python in 3.9", "'3.9' stands where `(` is expected", 10),
        ("os>=debian12", "values of os are not ordered", 4),
        ("cuda>=cpu", "cpu is no version to compare with", 6),
        ("python==4", "'4' is not a Python version such as 3.12 or 3.14t", 8),
        ("torch>=new", "'new' is no version to compare with", 7),
        ("torch>=latest-2", "'latest-2' is no version to compare with", 7),
        ("tensorrt>=11.1lean", "'11.1lean' is no version to compare with: a range takes every flavour", 10),
        ("tensorrt>lean", "'lean' is no version to compare with: a range takes every flavour", 9),
        (
            "tensorrt==11.1fat",
            "'11.1fat' is not a TensorRT such as 11.1, 11.1.0.106, 11.1lean or 11.1dispatch, a range such as >=10, or"
            " latest",
            10,
        ),
        ("python>=host", "'host' is not a Python version such as 3.12 or 3.14t", 8),
        ("torch>=2.9,<2.13", "',' stands where `and`, `or` or the end is expected", 10),
        ("os==amiga", "'amiga' is not an operating system such as ubuntu24.04, windows2022 or macos14", 4),
        ("cuda==cpu & arch==x64", "'&' cannot stand in a condition", 10),
        ("and==3", "'and' stands where an axis is expected", 0),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, what: str, column: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        Where.parse(text)
    assert (str(caught.value), caught.value.column) == (what, column)
    assert caught.value.remedy.endswith(".")


def test_a_range_takes_no_word() -> None:
    with pytest.raises(ExpressionError) as caught:
        Where.parse("torch>=latest-2")
    assert "takes a version only" in caught.value.remedy
    assert "`torch==latest-2`" in caught.value.remedy


@given(st.text(max_size=60))
def test_any_text_is_a_condition_or_an_error(text: str) -> None:
    column = 0
    try:
        assert list(Where.parse(text).comparisons())
    except ExpressionError as error:
        column = error.column
    assert 0 <= column <= len(text)


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("40", Budget(40, Unit.CELLS)),
        ("1 cell", Budget(1, Unit.CELLS)),
        ("40 cells", Budget(40, Unit.CELLS)),
        ("90m", Budget(90, Unit.MINUTES)),
        ("90 min", Budget(90, Unit.MINUTES)),
        ("1.5h", Budget(90, Unit.MINUTES)),
        ("2h30m", Budget(150, Unit.MINUTES)),
        ("2h 30min", Budget(150, Unit.MINUTES)),
        ("$5", Budget(5, Unit.DOLLARS)),
        ("$ 0.50", Budget(0.5, Unit.DOLLARS)),
        ("100GB", Budget(100, Unit.GIGABYTES)),
        ("500MB", Budget(0.5, Unit.GIGABYTES)),
    ],
)
def test_budgets(text: str, budget: Budget) -> None:
    assert parse_budget(text) == budget


@pytest.mark.parametrize("text", ["", "0", "-3", "$0", "40 dogs", "5 euro", "1e3 cells", "GB"])
def test_not_a_budget(text: str) -> None:
    with pytest.raises(GrammarError, match="is not a budget such as"):
        parse_budget(text)


def test_strengths() -> None:
    assert [parse_strength(text) for text in ("values", "pairs", "triples", "4")] == [1, 2, 3, 4]
    for text in ("0", "7", "quads", ""):
        with pytest.raises(GrammarError):
            parse_strength(text)
