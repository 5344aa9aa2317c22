"""Tuples and what is covered of them, against plain sets."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from envgen.covering import Tuples, coverage
from envgen.space import Space

from .checker import feasible, missing, tuples_of
from .drawn import some_rows, spaces


@settings(max_examples=30, deadline=None)
@given(spaces(), st.integers(1, 3))
def test_each_tuple_has_one_number_and_its_cells(space: Space, strength: int) -> None:
    strength = min(strength, len(space.names))
    tuples = Tuples.of(space, strength)
    described = [tuples.describe(number) for number in range(tuples.count)]
    assert len(set(described)) == tuples.count
    assert set(described) == feasible(space, strength)
    held = [tuples_of(space, [row], strength) for row in range(len(space.rows))]
    for row, own in enumerate(held):
        assert {described[number] for number in tuples.of_rows[row]} == own
    for number, each in enumerate(described):
        holders = [row for row, own in enumerate(held) if each in own]
        assert tuples.holders(number).tolist() == holders
        assert tuples.cells[number] == len(holders)


def test_many_values_and_few_cells() -> None:
    values = tuple(str(number) for number in range(500))
    rows = np.array([[0, 499, 250], [499, 0, 250], [499, 499, 499]], np.int16)
    space = Space(("a", "b", "c"), (values, values, values), (False,) * 3, rows)
    tuples = Tuples.of(space, 3)
    assert [tuples.describe(number) for number in range(tuples.count)] == [
        (("a", "0"), ("b", "499"), ("c", "250")),
        (("a", "499"), ("b", "0"), ("c", "250")),
        (("a", "499"), ("b", "499"), ("c", "499")),
    ]


@settings(max_examples=30, deadline=None)
@given(st.data(), spaces(), st.integers(1, 3))
def test_coverage_names_what_is_missing(data: st.DataObject, space: Space, strength: int) -> None:
    strength = min(strength, len(space.names))
    chosen = data.draw(some_rows(space))
    seen = coverage(space, chosen, strength)
    assert set(seen.missing) == missing(space, chosen, strength)
    assert seen.covered == len(tuples_of(space, chosen, strength))
    assert seen.feasible == seen.covered + len(seen.missing)


def test_shares(env: Space) -> None:
    nothing = coverage(env, (), 3)
    assert (nothing.covered, nothing.share, len(nothing.missing)) == (0, 0, 5024)
    wanted = np.zeros(Tuples.of(env, 2).count, bool)
    assert coverage(env, (), wanted=wanted).share == 1
