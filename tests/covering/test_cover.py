"""Covers of small spaces: whole, the same every time, with what must be in, and nothing for nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from envgen.covering import Tuples, cover, cover_values, lower_bound, optimal, tuples_with
from envgen.errors import UsageError
from envgen.space import Space

from .checker import Tuple, feasible, missing, tuples_of
from .drawn import numbers, some_rows, space_of, spaces

RELAXED = settings(deadline=None, max_examples=30)
ROUNDS = 40


def some_wanted(space: Space) -> st.SearchStrategy[list[bool]]:
    count = Tuples.of(space, 2).count
    return st.lists(st.booleans(), min_size=count, max_size=count)


def named(space: Space, wanted: NDArray[np.bool_]) -> set[Tuple]:
    tuples = Tuples.of(space, 2)
    return {tuples.describe(int(number)) for number in np.flatnonzero(wanted)}


@RELAXED
@given(spaces(), st.integers(1, 4), st.integers(0, 9))
def test_a_cover_is_whole_and_the_same_every_time(space: Space, strength: int, seed: int) -> None:
    strength = min(strength, len(space.names))
    chosen = cover(space, strength, seed=seed, rounds=ROUNDS)
    assert missing(space, chosen, strength) == set()
    assert len(set(chosen)) == len(chosen)
    assert set(chosen) <= set(range(len(space.rows)))
    assert cover(space, strength, seed=seed, rounds=ROUNDS) == chosen


@RELAXED
@given(st.data(), spaces())
def test_must_wanted_and_preferences_are_kept_together(data: st.DataObject, space: Space) -> None:
    must = data.draw(some_rows(space))
    wanted = np.array(data.draw(some_wanted(space)), bool)
    prefer = np.array(data.draw(numbers(len(space.rows))))
    chosen = cover(space, must=must, wanted=wanted, prefer=prefer, starts=2, rounds=ROUNDS)
    assert list(chosen[: len(must)]) == must
    assert len(set(chosen)) == len(chosen)
    assert tuples_of(space, chosen) >= named(space, wanted)


@RELAXED
@given(st.data(), spaces())
def test_no_cell_is_there_for_nothing(data: st.DataObject, space: Space) -> None:
    must = data.draw(some_rows(space))
    wanted = np.array(data.draw(some_wanted(space)), bool)
    chosen = cover(space, must=must, wanted=wanted, rounds=ROUNDS)
    for row in chosen[len(must) :]:
        assert not tuples_of(space, [other for other in chosen if other != row]) >= named(space, wanted)


@RELAXED
@given(spaces())
def test_every_beginning_of_a_cover_covers_as_much_as_it_can(space: Space) -> None:
    chosen = cover(space, rounds=ROUNDS)
    seen: set[Tuple] = set()
    for place, row in enumerate(chosen):
        gains = [len(tuples_of(space, [later]) - seen) for later in chosen[place:]]
        assert gains[0] == max(gains)
        seen |= tuples_of(space, [row])


@RELAXED
@given(st.data(), spaces())
def test_the_cells_for_changed_values(data: st.DataObject, space: Space) -> None:
    place = data.draw(st.integers(0, len(space.names) - 1))
    axis = space.names[place]
    values = data.draw(st.sets(st.sampled_from(space.values[place])))
    asked = {each for each in feasible(space) if any((axis, value) in each for value in values)}
    assert named(space, tuples_with(Tuples.of(space, 2), axis, values)) == asked
    chosen = cover_values(space, axis, values, rounds=ROUNDS)
    assert tuples_of(space, chosen) >= asked
    assert bool(chosen) == bool(asked)


def test_no_cell_and_a_single_cell() -> None:
    none, single = space_of([3, 2], []), space_of([3, 2], [(2, 1)])
    assert cover(none) == optimal(none).rows == ()
    assert cover(single) == optimal(single).rows == (0,)
    assert (lower_bound(none), lower_bound(single)) == (0, 1)


def test_axes_of_one_value_each() -> None:
    space = space_of([1, 1, 1], [(0, 0, 0)])
    for strength in (1, 2, 3):
        assert cover(space, strength) == (0,)


def test_what_must_be_in_can_be_all() -> None:
    space = space_of([2, 2], [(0, 0), (1, 0), (0, 1), (1, 1)])
    assert cover(space, must=(3, 1, 0, 2)) == (3, 1, 0, 2)
    assert cover(space, must=(3, 1, 3)) == (3, 1, 0, 2)
    assert lower_bound(space, must=(3, 1)) == 4
    assert optimal(space, must=(3, 1)).rows[:2] == (3, 1)


def test_nothing_wanted_is_covered_by_nothing() -> None:
    space = space_of([2, 2], [(0, 0), (1, 1)])
    wanted = np.zeros(2, bool)
    assert cover(space, wanted=wanted) == ()
    assert cover(space, wanted=wanted, must=(1,)) == (1,)
    assert optimal(space, wanted=wanted).rows == ()
    assert lower_bound(space, wanted=wanted) == 0


@pytest.mark.parametrize("pair", [{0, 3}, {1, 2}])
def test_preferred_cells_go_before_their_equals(pair: set[int]) -> None:
    space = space_of([2, 1, 2], [(0, 0, 0), (0, 0, 1), (1, 0, 0), (1, 0, 1)])
    prefer = np.array([3.0 if row in pair else 1.0 for row in range(4)])
    for seed in range(5):
        assert set(cover(space, 1, prefer=prefer, seed=seed)) == pair


@pytest.mark.parametrize("strength", [-1, 0, 3])
def test_a_strength_that_does_not_fit(strength: int) -> None:
    space = space_of([2, 2], [(0, 0), (1, 1)])
    for asked in (cover, optimal, lower_bound):
        with pytest.raises(UsageError, match=rf"Combinations of {strength} values cannot be covered over 2 axes"):
            asked(space, strength)


@pytest.mark.parametrize("wrong", [[1.0, 0.0], [1.0, -1.0], [1.0, float("nan")], [1.0, float("inf")], [1.0]])
def test_costs_and_preferences_are_above_zero(wrong: list[float]) -> None:
    space = space_of([2, 2], [(0, 0), (1, 1)])
    with pytest.raises(UsageError, match="preference"):
        cover(space, prefer=np.array(wrong))
    with pytest.raises(UsageError, match="cost"):
        cover(space, costs=np.array(wrong))
    with pytest.raises(UsageError, match="cost"):
        optimal(space, costs=np.array(wrong))


def test_values_that_do_not_exist() -> None:
    space = space_of([2, 2], [(0, 0), (1, 1)])
    with pytest.raises(UsageError, match="no axis 'z'") as caught:
        cover_values(space, "z", ["a0"])
    assert "a, b" in caught.value.remedy
    with pytest.raises(UsageError, match="There is no a a7") as caught:
        cover_values(space, "a", ["a0", "a7"])
    assert "a0, a1" in caught.value.remedy
