"""Conditions and patterns: their words, their cells, and that none is missing and none is there twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from envgen.localise.pattern import conditions_on

from .spaces import pattern, small

SPACE = small()


@pytest.mark.parametrize(
    ("conditions", "text"),
    [
        ({"torch": "2.9..2.10", "python": "3.13"}, "python == 3.13 and torch >= 2.9"),
        ({"torch": "2.7..2.8"}, "torch <= 2.8"),
        ({"torch": "2.8..2.10"}, "torch >= 2.8"),
        ({"torch": "2.8..2.9"}, "2.8 <= torch <= 2.9"),
        ({"cuda": "cu126..cu130"}, "cuda != cpu"),
        ({"cuda": "cpu..cu126"}, "cuda <= cu126"),
        ({"os": "!debian"}, "os != debian"),
        ({"os": "ubuntu"}, "os == ubuntu"),
        ({}, "any value"),
    ],
)
def test_a_pattern_reads_as_one_would_say_it(conditions: dict[str, str], text: str) -> None:
    assert pattern(SPACE, **conditions).text(SPACE) == text


def test_a_pattern_has_the_cells_that_meet_all_its_conditions() -> None:
    mask = pattern(SPACE, torch="2.9..2.10", os="!debian").mask(SPACE)
    for row, has in enumerate(mask):
        _, torch, _, system = SPACE.texts(row)
        assert has == (torch in ("2.9", "2.10") and system != "debian")
    assert pattern(SPACE).mask(SPACE).all()


def test_a_pattern_as_json() -> None:
    assert pattern(SPACE, torch="2.9..2.10", os="!debian").as_json(SPACE) == [
        {"axis": "torch", "from": "2.9", "to": "2.10"},
        {"axis": "os", "not": "debian"},
    ]


@given(st.integers(1, 8), st.booleans())
def test_the_conditions_on_an_axis_are_distinct_and_complete(size: int, ordered: bool) -> None:
    accepted = [condition.accepts(size) for condition in conditions_on(0, size, ordered=ordered)]
    sets = {tuple(np.flatnonzero(mask)) for mask in accepted}
    assert len(sets) == len(accepted)
    assert all(0 < mask.sum() < size for mask in accepted)
    if ordered:
        wanted = {tuple(range(low, high)) for low in range(size) for high in range(low + 1, size + 1)}
        assert sets == wanted - {tuple(range(size))}
    elif size > 1:
        ones = {(value,) for value in range(size)}
        assert sets == ones | {tuple(v for v in range(size) if v != out) for out in range(size)}
