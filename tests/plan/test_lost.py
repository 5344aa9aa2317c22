"""What a matrix loses of a value: the same counts as judging every cell on its own."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.compat.judge import judge
from envgen.errors import UsageError
from envgen.plan import plan
from envgen.plan.lost import Lost, lost
from envgen.spec.matrix import Matrix
from tests.plan.matrices import matrix

FACTS = Facts.bundled()
AXES = {
    "python": ("3.9", "3.12", "3.13"),
    "torch": ("2.4", "2.8", "2.13"),
    "cuda": ("cpu", "cu121", "cu128", "cu130"),
    "tensorrt": ("none", "11.0"),
    "os": ("debian12", "ubuntu24.04", "macos14"),
    "arch": ("x86_64", "aarch64"),
}
EXCLUDE = [({"os": ("debian*",), "cuda": ("cu128",)}, "no such machine")]


def whole(**axes: tuple[str, ...]) -> Matrix:
    return matrix(exclude=EXCLUDE, **{**AXES, **axes})


def counts(found: Lost) -> dict[str, int]:
    return {loss.example.rule: loss.cells for loss in found.rules}


def naive(values: dict[str, str]) -> tuple[int, Counter[str], int]:
    """Cells left, cells by the rule that rejects them first, and cells that the exclude entry takes out."""
    left, rules, excluded = 0, Counter[str](), 0
    axes = {axis: (values[axis],) if axis in values else texts for axis, texts in AXES.items()}
    for python, torch, cuda, tensorrt, os, arch in product(*axes.values()):
        trt = "" if tensorrt == "none" else f"-trt{tensorrt}"
        trace = judge(Cell.parse(f"py{python.replace('.', '')}-torch{torch}-{cuda}{trt}-{os}-{arch}"), FACTS)
        if trace.rejection:
            rules[trace.rejection.rule] += 1
        elif os == "debian12" and cuda == "cu128":
            excluded += 1
        else:
            left += 1
    return left, rules, excluded


@pytest.mark.parametrize(
    ("values", "foreign"),
    [
        ({"python": "3.9"}, ()),
        ({"cuda": "cu128"}, ()),
        ({"cuda": "cu128", "os": "debian12"}, ()),
        ({"tensorrt": "none"}, ()),
        ({"python": "3.15"}, ("python",)),
        ({"cuda": "cu118", "os": "debian13"}, ("cuda", "os")),
        ({"torch": "2.99"}, ("torch",)),
    ],
)
def test_counts_are_those_of_judging_every_cell(values: dict[str, str], foreign: tuple[str, ...]) -> None:
    found = lost(whole(), FACTS, values)
    left, rules, excluded = naive(values)
    assert (found.left, counts(found), sum(found.excluded.values())) == (left, rules, excluded)
    assert found.raw == left + rules.total() + excluded
    assert found.foreign == foreign
    assert [loss.cells for loss in found.rules] == sorted(counts(found).values(), reverse=True)


def test_the_values_of_an_axis_share_the_whole_plan() -> None:
    planned = plan(whole(), FACTS)
    parts = [lost(whole(), FACTS, {"os": os}) for os in AXES["os"]]
    assert sum(part.left for part in parts) == len(planned.cells)
    assert sum(part.raw for part in parts) == planned.raw
    assert sum((Counter(counts(part)) for part in parts), Counter()) == Counter(planned.rejected)


def test_examples_are_of_cells_with_the_value() -> None:
    found = lost(whole(), FACTS, {"python": "3.9"})
    python = next(loss for loss in found.rules if loss.example.rule == "torch-python")
    assert "has no wheel for Python 3.9" in python.example.sentence
    assert python.example.sources


def test_a_value_of_an_axis_that_only_rules_know() -> None:
    found = lost(whole(), FACTS, {"gpu": "7.0"})
    assert found.foreign == ("gpu",)
    assert found.raw == plan(whole(), FACTS).raw
    gpu = next(loss for loss in found.rules if loss.example.rule == "gpu-nvcc")
    assert "has nothing that runs on 7.0" in gpu.example.sentence


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"colour": "red"}, "no axis 'colour'"),
        ({"python": "4"}, "'4' is not a Python version"),
        ({"torch": ">=2.9"}, "is not a release"),
        ({"gpu": "-"}, "'-' cannot be a value of the gpu axis"),
    ],
)
def test_what_is_no_value_is_refused(values: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words.replace("(", r"\(")):
        lost(whole(), FACTS, values)
