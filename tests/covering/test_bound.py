"""The bound is a certificate: tuples of which no cell has two."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings

from envgen.covering import Tuples, lower_bound
from envgen.covering.bound import packing
from envgen.space import Space

from .checker import Tuple, tuples_of
from .drawn import spaces


def most_in_a_cell(space: Space, packed: set[Tuple]) -> int:
    return max((len(tuples_of(space, [row]) & packed) for row in range(len(space.rows))), default=0)


def test_no_cell_has_two_of_the_packed_tuples(env: Space) -> None:
    tuples = Tuples.of(env, 2)
    packed = {tuples.describe(number) for number in packing(tuples, np.ones(tuples.count, bool))}
    assert len(packed) == lower_bound(env)
    assert most_in_a_cell(env, packed) == 1


@settings(max_examples=40, deadline=None)
@given(spaces())
def test_no_cell_of_a_small_space_has_two(space: Space) -> None:
    tuples = Tuples.of(space, 2)
    numbers = packing(tuples, np.ones(tuples.count, bool), steps=50)
    packed = {tuples.describe(number) for number in numbers}
    assert len(packed) == len(numbers)
    assert bool(packed) == bool(len(space.rows))
    assert most_in_a_cell(space, packed) <= 1
