"""The cells at the ends of the axes."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings

from envgen.covering import extremes
from envgen.space import Space

from .drawn import spaces


def test_oldest_and_newest_of_everything_that_goes_together(env: Space) -> None:
    oldest, newest = extremes(env)[:2]
    assert env.texts(oldest)[:4] == ("3.8", "1.13", "cpu", "none")
    assert env.texts(newest)[:4] == ("3.14", "2.12", "13.0", "10.14")


def test_each_axis_at_one_end_while_the_others_are_at_the_other(env: Space) -> None:
    found = {env.texts(row)[:4] for row in extremes(env)}
    assert ("3.15", "2.12", "cpu", "none") in found  # the newest Python with the oldest it goes with
    assert ("3.8", "2.4", "12.4", "10.3") in found  # the oldest Python with the newest that takes it
    assert len(found) <= 12


def test_nothing_and_no_order() -> None:
    rows = np.array([[1, 0], [0, 1]], np.int16)
    unordered = Space(("os", "arch"), (("a", "b"), ("c", "d")), (False, False), rows)
    assert extremes(unordered) == (1,)
    assert extremes(Space(("a",), (("1",),), (True,), np.empty((0, 1), np.int16))) == ()


@settings(max_examples=40, deadline=None)
@given(spaces())
def test_every_ordered_axis_is_at_each_of_its_ends(space: Space) -> None:
    found = extremes(space)
    assert len(found) == len(set(found)) <= 2 + 4 * sum(space.ordered)
    for axis, ordered in enumerate(space.ordered):
        if ordered and len(space.rows):
            values = space.rows[:, axis]
            assert {values.min(), values.max()} <= set(space.rows[list(found), axis])
