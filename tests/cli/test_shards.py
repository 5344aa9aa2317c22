"""Shards: within the limit, complete, disjoint, and never fewer cells than were chosen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envgen.cli.shards import shard_of
from envgen.errors import UsageError


@given(st.integers(1, 2000), st.integers(1, 300))
def test_the_shards_that_are_asked_for_hold_every_cell_once(cells: int, limit: int) -> None:
    places = tuple(range(cells))
    needed = -(-cells // limit)
    shards = [shard_of(places, limit, f"{number}/{needed}").places for number in range(1, needed + 1)]
    assert sorted(place for shard in shards for place in shard) == list(places)
    assert max(map(len, shards)) <= limit


def test_too_many_are_refused_with_the_number_that_helps() -> None:
    with pytest.raises(UsageError) as caught:
        shard_of(tuple(range(600)), 256, None)
    assert "--shard 1/3 to 3/3" in caught.value.remedy
    with pytest.raises(UsageError, match="in 2 shards are more than the 256"):
        shard_of(tuple(range(600)), 256, "1/2")


@pytest.mark.parametrize("text", ["0/2", "3/2", "2", "a/b", "1/0", "-1/2"])
def test_not_a_shard(text: str) -> None:
    with pytest.raises(UsageError, match="is not a shard such as 2/3"):
        shard_of((1, 2, 3), None, text)


def test_an_empty_shard_is_refused() -> None:
    with pytest.raises(UsageError, match="Shard 3/3 of 2 cells is empty"):
        shard_of((1, 2), None, "3/3")
