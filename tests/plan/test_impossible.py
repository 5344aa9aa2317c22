"""Pairs of values that never meet, each with the fewest rules that see to it."""

from __future__ import annotations

from itertools import combinations, product

from envgen.compat.facts import Facts
from envgen.compat.rules import RULES
from envgen.plan import plan
from envgen.plan.impossible import impossible_pairs
from tests.plan.matrices import matrix

FACTS = Facts.bundled()
PLAN = plan(
    matrix(
        python=("3.9", "3.12", "3.14"),
        torch=("2.2", "2.8", "2.13"),
        cuda=("cpu", "cu121", "cu130"),
        tensorrt=("none", "8.6", "11.0"),
        os=("debian12", "windows2022", "macos14"),
        arch=("x86_64", "aarch64"),
        exclude=[
            ({"os": ("macos14",), "torch": ("2.8",)}, "not served"),
            ({"os": ("macos14",), "arch": ("x86_64",)}, "old"),
        ],
    ),
    FACTS,
)
FOUND = {frozenset(each.pair): each.reasons for each in impossible_pairs(PLAN, FACTS)}


def test_they_are_the_pairs_that_no_cell_has() -> None:
    names = PLAN.axes.names
    every = {
        frozenset(pair)
        for one, other in combinations(names, 2)
        for pair in product(
            ((one, text) for text in PLAN.axes.texts(one)), ((other, t) for t in PLAN.axes.texts(other))
        )
    }
    met = {frozenset(pair) for entry in PLAN.cells for pair in combinations(entry.cell.axes().items(), 2)}
    assert set(FOUND) == every - met


def test_each_has_its_fewest_reasons() -> None:
    def why(one: tuple[str, str], other: tuple[str, str]) -> tuple[str, ...]:
        return FOUND[frozenset((one, other))]

    assert why(("torch", "2.2"), ("python", "3.14")) == ("torch-python",)
    assert why(("cuda", "cu121"), ("os", "macos14")) == ("torch-cuda",)
    assert why(("cuda", "cpu"), ("tensorrt", "11.0")) == ("tensorrt-cuda",)
    assert why(("torch", "2.8"), ("os", "macos14")) == ("excluded: not served",)
    assert why(("os", "windows2022"), ("arch", "aarch64")) == ("torch-platform",)
    known = {rule.id for rule in RULES}
    assert all(reason in known or reason.startswith("excluded: ") for reasons in FOUND.values() for reason in reasons)


def test_what_an_included_cell_has_can_be() -> None:
    values = {"python": "3.12", "torch": "2.9", "cuda": "cu130", "tensorrt": "none", "os": "debian12", "arch": "x86_64"}
    both = {"python": ("3.12", "3.13"), "torch": ("2.9", "2.13")}
    excluded = plan(matrix(**both, exclude=[({"python": ("3.12",), "torch": ("2.9",)}, "no")]), FACTS)
    brought = plan(
        matrix(**both, exclude=[({"python": ("3.12",), "torch": ("2.9",)}, "no")], include=[(values, "yes")]), FACTS
    )
    pair = frozenset({("python", "3.12"), ("torch", "2.9")})
    assert pair in {frozenset(each.pair) for each in impossible_pairs(excluded, FACTS)}
    assert pair not in {frozenset(each.pair) for each in impossible_pairs(brought, FACTS)}
