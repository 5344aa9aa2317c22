"""Small spaces to explain failures in."""

from __future__ import annotations

from itertools import product

import numpy as np

from envgen.localise import Condition, Pattern
from envgen.space import Space


def grid(**axes: str) -> Space:
    """All combinations; an axis whose values begin with `<` is ordered."""
    values = [tuple(text.lstrip("< ").split()) for text in axes.values()]
    rows = np.array(list(product(*(range(len(texts)) for texts in values))), np.int16)
    return Space(tuple(axes), tuple(values), tuple(text.startswith("<") for text in axes.values()), rows)


def small() -> Space:
    return grid(
        python="< 3.10 3.11 3.12 3.13", torch="< 2.7 2.8 2.9 2.10", cuda="< cpu cu126 cu130", os="debian ubuntu rocky"
    )


def pattern(space: Space, **conditions: str) -> Pattern:
    """`python="3.11..3.12"`, `os="!debian"`, `torch="2.8"`."""
    return Pattern(tuple(sorted(_condition(space, axis, text) for axis, text in conditions.items())))


def _condition(space: Space, axis: str, text: str) -> Condition:
    place = space.names.index(axis)
    low, _, high = text.removeprefix("!").partition("..")
    values = space.values[place]
    return Condition(place, values.index(low), values.index(high or low), text.startswith("!"))
