"""Selections that choose few cells: what they cover, what must be in them, and what they may cost."""

from __future__ import annotations

from itertools import combinations

import pytest

from envgen.cell import Arch, Cell, Os
from envgen.compat.facts import Facts
from envgen.errors import EmptySelectionError, UsageError
from envgen.plan import Costs, Scene, Selection, Spent, coverage, narrow, plan, select
from envgen.spec.expression import Where
from envgen.spec.matrix import Budget, Choice, Host, Match, Unit
from tests.plan.matrices import matrix

FACTS = Facts.bundled()
HERE = Host(Os.parse("debian12"), Arch.X86_64)
SCENE = Scene(FACTS, HERE)
PLAN = plan(
    matrix(
        python=("3.10", "3.11", "3.12", "3.13", "3.14t"),
        torch=("2.9", "2.11", "2.12", "2.13"),
        cuda=("cpu", "cu126", "cu130"),
        tensorrt=("none", "10.16", "11.0"),
        os=("debian12", "ubuntu24.04", "windows2022"),
        arch=("x86_64", "aarch64"),
    ),
    FACTS,
)


def chosen(*choices: Choice, scene: Scene = SCENE) -> Selection:
    return select(PLAN, choices, scene)


def tuples(cells: list[Cell], strength: int) -> set[tuple[tuple[str, str], ...]]:
    """Counted here from the cells themselves, apart from what chose them."""
    return {found for cell in cells for found in combinations(cell.axes().items(), strength)}


def cells_of(selection: Selection) -> list[Cell]:
    return [entry.cell for entry in selection.cells]


EVERYTHING = [entry.cell for entry in PLAN.cells]


@pytest.mark.parametrize("strength", [1, 2, 3])
@pytest.mark.parametrize("solver", [False, True])
def test_a_cover_has_every_tuple_that_can_be(strength: int, solver: bool) -> None:
    selection = chosen(Choice(cover=strength), scene=Scene(FACTS, HERE, solver=solver))
    assert tuples(cells_of(selection), strength) == tuples(EVERYTHING, strength)
    assert len(selection.cells) < len(EVERYTHING)
    feasible = len(tuples(EVERYTHING, strength))
    assert f"cover {feasible} of {feasible} " in selection.remarks[0]
    assert coverage(PLAN, selection.places, strength).share == 1


def test_a_condition_narrows_what_is_to_be_covered() -> None:
    where = Where.parse("torch>=2.12 and cuda!=cpu and os==linux")
    selection = chosen(Choice(where=where, cover=2))
    meant = [
        c for c in EVERYTHING if str(c.torch) in ("2.12", "2.13") and not c.cuda.is_cpu and str(c.os) != "windows2022"
    ]
    assert set(cells_of(selection)) <= set(meant)
    assert tuples(cells_of(selection), 2) == tuples(meant, 2)


def test_what_must_be_in_is_in_and_costs_little() -> None:
    must = (Match({"python": ("3.12",), "torch": ("2.13",), "cuda": ("cu130",), "os": ("debian12",)}),)
    wanted = {c for c in EVERYTHING if (str(c.python), str(c.torch), str(c.cuda), str(c.os)) ==
              ("3.12", "2.13", "cu130", "debian12")}  # fmt: skip
    selection = chosen(Choice(cover=2, must=must))
    assert wanted <= set(cells_of(selection))
    assert tuples(cells_of(selection), 2) == tuples(EVERYTHING, 2)
    assert len(selection.cells) <= len(chosen(Choice(cover=2)).cells) + len(wanted)
    with pytest.raises(UsageError, match=r"has no cell py27-\*, which must be chosen"):
        chosen(Choice(cover=2, must=(Match(cells=("py27-*",)),)))


def test_weights_prefer_values() -> None:
    def on_debian(weights: dict[str, dict[str, float]]) -> int:
        selection = chosen(Choice(cover=2, weights=weights))
        assert tuples(cells_of(selection), 2) == tuples(EVERYTHING, 2)
        return sum(str(cell.os) == "debian12" for cell in cells_of(selection))

    assert on_debian({"os": {"debian12": 20}}) > on_debian({"os": {"ubuntu*": 20}})


def test_a_choice_is_the_same_again_and_another_with_another_seed() -> None:
    assert chosen(Choice(cover=2)).places == chosen(Choice(cover=2)).places
    assert len({chosen(Choice(cover=2, seed=seed)).places for seed in range(4)}) > 1


@pytest.mark.parametrize("amount", [1, 3, 7, 20])
def test_a_budget_of_cells(amount: int) -> None:
    selection = chosen(Choice(budget=Budget(amount, Unit.CELLS)))
    assert len(selection.cells) == amount
    covered = len(tuples(cells_of(selection), 2))
    assert (
        f" {'covers' if amount == 1 else 'cover'} {covered} of {len(tuples(EVERYTHING, 2))} pairs"
        in selection.remarks[0]
    )


def test_a_budget_of_minutes_buys_what_is_cheap() -> None:
    dear = [Spent(cell, 100.0) for cell in EVERYTHING if not cell.cuda.is_cpu]
    cheap = [Spent(cell, 1.0) for cell in EVERYTHING if cell.cuda.is_cpu]
    costs = Costs((*dear, *cheap))
    selection = chosen(Choice(budget=Budget(250, Unit.MINUTES)), scene=Scene(FACTS, HERE, costs))
    minutes = sum(1 if cell.cuda.is_cpu else 100 for cell in cells_of(selection))
    assert 100 < minutes <= 250
    must = (Match({"cuda": ("cu130",)}),)
    with pytest.raises(UsageError, match=r"must be chosen cost 220 hours, more than the budget of 4\.17 hours"):
        chosen(Choice(budget=Budget(250, Unit.MINUTES), must=must), scene=Scene(FACTS, HERE, costs))


def test_extremes_hold_the_ends_of_every_axis() -> None:
    selection = chosen(Choice(extremes=True))
    values = tuples(cells_of(selection), 1)
    ends = {
        "python": ("3.10", "3.14t"),
        "torch": ("2.9", "2.13"),
        "cuda": ("cpu", "cu130"),
        "tensorrt": ("none", "11.0"),
    }
    assert all(((axis, value),) in values for axis, both in ends.items() for value in both)
    assert len(selection.cells) < 40


def test_host_is_what_this_machine_can_run() -> None:
    cells = cells_of(chosen(Choice(host=True)))
    assert cells
    assert {(str(cell.os), str(cell.arch)) for cell in cells} == {("debian12", "x86_64")}


def test_selections_join_and_the_command_line_narrows() -> None:
    both = chosen(Choice((Match({"python": ("3.12",)}),)), Choice((Match({"cuda": ("cpu",)}),)))
    expected = [cell for cell in EVERYTHING if str(cell.python) == "3.12" or cell.cuda.is_cpu]
    assert cells_of(both) == expected
    few = narrow(PLAN, both, Choice(cover=2), SCENE)
    assert tuples(cells_of(few), 2) == tuples(expected, 2)
    assert sum(left.cells for left in few.left_out) + len(few.cells) == len(EVERYTHING)


def test_nothing_meets_the_condition() -> None:
    with pytest.raises(EmptySelectionError, match="No cell that is left meets the condition `cuda==cpu and cuda!=cpu`"):
        chosen(Choice(where=Where.parse("cuda==cpu and cuda!=cpu")))


def test_a_budget_that_covers_everything_buys_no_more() -> None:
    few = chosen(Choice(cover=2))
    rich = chosen(Choice(cover=2, budget=Budget(len(EVERYTHING), Unit.CELLS)))
    assert len(rich.cells) == len(few.cells)
    exact = chosen(Choice(cover=2, budget=Budget(len(few.cells), Unit.CELLS)))
    assert tuples(cells_of(exact), 2) == tuples(EVERYTHING, 2)


def test_a_budget_that_buys_nothing_is_an_empty_selection() -> None:
    scene = Scene(FACTS, HERE, Costs(usual=((2, 1), (5, 6))))
    with pytest.raises(EmptySelectionError, match="buys no cell: the cheapest costs about 2 minutes"):
        chosen(Choice(budget=Budget(1, Unit.MINUTES)), scene=scene)


def test_weights_cost_no_cell() -> None:
    plain = len(chosen(Choice(cover=2)).cells)
    for weights in ({"torch": {"latest-2": 5.0}}, {"os": {"ubuntu*": 50.0}, "python": {"3.12": 7.0}}):
        assert len(chosen(Choice(cover=2, weights=weights)).cells) <= plain


def test_the_newest_tensorrt_is_the_full_one() -> None:
    planned = plan(matrix(torch=("2.14",), tensorrt=("none", "11.1", "11.1lean")), FACTS)
    found = select(planned, [Choice(extremes=True)], Scene(FACTS, HERE))
    assert {entry.cell.axes()["tensorrt"] for entry in found.cells} == {"none", "11.1"}
