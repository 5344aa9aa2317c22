"""The counting of all boxes at once, against counting them one by one."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from envgen.localise.family import Family
from envgen.localise.pattern import Pattern, conditions_on
from envgen.space import Space


@st.composite
def spaces(draw: st.DrawFn) -> Space:
    """Up to four axes of up to four values, with some of their combinations."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    every = list(product(*map(range, sizes)))
    rows = draw(st.lists(st.sampled_from(every), min_size=1, max_size=30, unique=True))
    ordered = draw(st.lists(st.booleans(), min_size=len(sizes), max_size=len(sizes)))
    names = tuple(f"a{place}" for place in range(len(sizes)))
    values = tuple(tuple(map(str, range(size))) for size in sizes)
    return Space(names, values, tuple(ordered), np.array(rows, np.int16))


def every_pattern(space: Space) -> set[Pattern]:
    axes = [[*conditions_on(axis, size, ordered=space.ordered[axis])] for axis, size in enumerate(space.sizes)]
    chosen = (c for n in range(4) for places in combinations(axes, n) for c in product(*places))
    return {Pattern(tuple(conditions)) for conditions in chosen}


@settings(max_examples=60, deadline=None)
@given(spaces(), st.data())
def test_boxes_are_counted_as_one_by_one(space: Space, data: st.DataObject) -> None:
    size = len(space.rows)
    row = data.draw(st.integers(0, size - 1))
    weights = np.array(data.draw(st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=size, max_size=size)))
    family = Family(space)
    boxes = family.holding(row, weights, most=1)
    found = {family.pattern(boxes.box(place)): place for place in range(len(boxes))}
    assert len(found) == len(boxes)
    assert set(found) == {
        each for each in every_pattern(space) if each.mask(space)[row] and weights[each.mask(space)].sum() <= 1
    }
    by_mark: dict[int, set[bytes]] = {}
    for each, place in found.items():
        mask = each.mask(space)
        assert boxes.counts[place] == weights[mask].sum()
        assert (family.mask(boxes.box(place)) == mask).all()
        assert np.isclose(boxes.bits[place], family.bits(boxes.box(place)))
        by_mark.setdefault(int(boxes.marks[place]), set()).add(mask.tobytes())
    extensions = list(by_mark.values())
    assert all(len(masks) == 1 for masks in extensions)
    assert len(set.union(*extensions, set())) == len(extensions)
