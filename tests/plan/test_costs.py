"""What cells are expected to cost, from those that were run."""

from __future__ import annotations

import pytest

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.errors import UsageError
from envgen.plan import Costs, Spent
from envgen.spec.matrix import Match, Runner, Unit

FACTS = Facts.bundled()
RUN = Cell.parse("py312-torch2.13-cu130-debian12-x86_64")
OTHER_PYTHON = Cell.parse("py311-torch2.13-cu130-debian12-x86_64")
OTHER_OS = Cell.parse("py311-torch2.13-cu130-ubuntu24.04-x86_64")
OTHER_TORCH = Cell.parse("py311-torch2.12-cu130-ubuntu24.04-x86_64")
CPU = Cell.parse("py312-torch2.13-cpu-debian12-x86_64")
CELLS = (RUN, OTHER_PYTHON, OTHER_OS, OTHER_TORCH, CPU)


def test_cells_cost_one_each() -> None:
    assert list(Costs().of(CELLS, Unit.CELLS, FACTS)) == [1, 1, 1, 1, 1]


def test_the_most_alike_cells_tell() -> None:
    spent = (Spent(RUN, 10, 5.0), Spent(RUN, 20, 7.0), Spent(OTHER_PYTHON, 30), Spent(OTHER_TORCH, 100), Spent(CPU, 1))
    costs = Costs(spent, usual=((2, 1), (5, 6)))
    like = Cell.parse("py313-torch2.13-cu130-debian12-x86_64")
    assert costs.of([RUN, OTHER_PYTHON, OTHER_TORCH, CPU], Unit.MINUTES, FACTS).tolist() == [15, 30, 100, 1]
    assert costs.of([like], Unit.MINUTES, FACTS).tolist() == [20]  # those that differ in Python only: 10, 20 and 30
    assert costs.of([OTHER_OS], Unit.MINUTES, FACTS).tolist() == [20]
    assert costs.of([RUN, OTHER_TORCH], Unit.GIGABYTES, FACTS).tolist() == [6, 6]


def test_what_is_usual_without_any_run() -> None:
    costs = Costs(usual=((2, 1), (5, 6)))
    assert costs.of([RUN, CPU], Unit.MINUTES, FACTS).tolist() == [5, 2]
    assert costs.of([RUN, CPU], Unit.GIGABYTES, FACTS).tolist() == [6, 1]


def test_dollars_are_minutes_at_the_runners_price() -> None:
    runners = (Runner(Match({"cuda": ("cpu",)}), ("small",), price=0.01), Runner(Match(), ("gpu",), price=0.07))
    costs = Costs((), runners, ((2, 1), (5, 6)))
    assert costs.of([RUN, CPU], Unit.DOLLARS, FACTS) == pytest.approx([0.35, 0.02])
    for none in (Costs((), runners[:1]), Costs((), (Runner(Match(), ("free",)),))):
        with pytest.raises(UsageError, match="costs in dollars is not known"):
            none.of([RUN], Unit.DOLLARS, FACTS)
