"""For every pair that cannot be: the fewest constraints that exclude it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from hypothesis import given, settings
from localise.model import constraints

from envgen.covering import Constraint, excluded_pairs
from envgen.space import Space

from .checker import Pair, feasible, fewest_constraints, pairs, possible
from .drawn import Constrained, cells, constrained, space_of


def check(space: Space, rules: Sequence[Constraint], reasons: Mapping[Pair, tuple[str, ...]]) -> None:
    """What is excluded is what no cell has; the reason does it by itself, and nothing smaller would."""
    by_name, had = {rule.name: rule for rule in rules}, feasible(space)
    for pair in pairs(space.sizes):
        texts = tuple((space.names[axis], space.values[axis][value]) for axis, value in pair)
        assert (pair in reasons) == (texts not in had)
    for pair, names in reasons.items():
        assert not possible(space.sizes, [by_name[name] for name in names], dict(pair))
        assert len(names) == fewest_constraints(space.sizes, rules, pair)
        assert list(names) == sorted(names, key=list(by_name).index)


def test_the_reasons_of_the_model(env: Space) -> None:
    reasons = excluded_pairs(env.sizes, constraints())
    assert Counter(map(len, reasons.values())) == {1: 299, 2: 38, 3: 3}
    check(env, constraints(), reasons)


def test_a_reason_of_three(env: Space) -> None:
    trt, arch = env.names.index("tensorrt"), env.names.index("arch")
    pair = ((trt, env.values[trt].index("8.6")), (arch, env.values[arch].index("aarch64")))
    assert excluded_pairs(env.sizes, constraints())[pair] == ("tensorrt-cuda", "macos-cuda", "aarch64-cuda")


@settings(max_examples=40, deadline=None)
@given(constrained())
def test_reasons_against_all_sets(made: Constrained) -> None:
    sizes, rules = made
    check(space_of(sizes, cells(made)), rules, excluded_pairs(sizes, rules))


def test_more_constraints_than_a_machine_word_has_bits() -> None:
    rules = [Constraint(f"{number}", (0,), np.arange(70) != number) for number in range(69)]
    reasons = excluded_pairs((70, 2), rules)
    assert reasons == {((0, one), (1, other)): (f"{one}",) for one in range(69) for other in range(2)}


def test_two_that_each_leave_a_way_round() -> None:
    rules = [
        Constraint("not x with z0", (0, 2), np.array([[False, True], [True, True]])),
        Constraint("not y with z1", (1, 2), np.array([[True, False], [True, True]])),
    ]
    assert excluded_pairs((2, 2, 2), rules) == {
        ((0, 0), (1, 0)): ("not x with z0", "not y with z1"),
        ((0, 0), (2, 0)): ("not x with z0",),
        ((1, 0), (2, 1)): ("not y with z1",),
    }
    assert excluded_pairs((2, 2, 2), ()) == {}
