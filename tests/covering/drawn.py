"""Small spaces under random constraints, and what is chosen from them."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import strategies as st

from envgen.covering import Constraint
from envgen.space import Space

from .checker import allowed

Constrained = tuple[list[int], list[Constraint]]


def space_of(sizes: list[int], rows: list[tuple[int, ...]], ordered: list[bool] | None = None) -> Space:
    """Axes a, b, c... with values a0, a1..."""
    names = tuple("abcdefgh"[: len(sizes)])
    values = tuple(tuple(f"{name}{index}" for index in range(size)) for name, size in zip(names, sizes, strict=True))
    table = np.array(rows, np.int16).reshape(len(rows), len(sizes))
    return Space(names, values, tuple(ordered or [True] * len(sizes)), table)


@st.composite
def constrained(draw: st.DrawFn) -> Constrained:
    """Two to four axes of one to four values, and constraints on one to three of them, the axes in any order.

    A constraint forbids half of the combinations of its axes at most: more of them would leave no cell most times.
    """
    sizes = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    constraints = []
    for number in range(draw(st.integers(0, 4))):
        axes = draw(st.permutations(range(len(sizes))))[: draw(st.integers(1, 3))]
        shape = [sizes[axis] for axis in axes]
        combinations = list(product(*map(range, shape)))
        accepts = np.ones(shape, bool)
        for combination in draw(st.sets(st.sampled_from(combinations), max_size=min(5, len(combinations) // 2))):
            accepts[combination] = False
        constraints.append(Constraint(f"rule {number}", tuple(axes), accepts))
    return sizes, constraints


def cells(made: Constrained) -> list[tuple[int, ...]]:
    """The combinations that all constraints allow."""
    sizes, constraints = made
    return [row for row in product(*map(range, sizes)) if allowed(constraints, dict(enumerate(row)))]


@st.composite
def spaces(draw: st.DrawFn, most_rows: int = 60) -> Space:
    """All cells of a constrained product, or some of them, in any order; perhaps none."""
    made = draw(constrained())
    every = cells(made)
    random = draw(st.randoms(use_true_random=False))
    random.shuffle(every)
    kept = min(len(every), draw(st.just(most_rows) | st.integers(1, most_rows)))
    return space_of(made[0], every[:kept], [draw(st.booleans()) for _ in made[0]])


def some_rows(space: Space, most: int = 4) -> st.SearchStrategy[list[int]]:
    """A few different cells."""
    return (
        st.lists(st.sampled_from(range(len(space.rows))), max_size=most, unique=True)
        if len(space.rows)
        else st.just([])
    )


def numbers(count: int, low: int = 1, high: int = 30) -> st.SearchStrategy[list[float]]:
    """As many tenths."""
    return st.lists(st.integers(low, high).map(lambda tenths: tenths / 10), min_size=count, max_size=count)
