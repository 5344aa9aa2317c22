"""Which cells of a plan a run takes: all that are asked for, or few that stand for the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

import numpy as np
from numpy.typing import NDArray

from envgen.cell import Cell, GrammarError
from envgen.compat.facts import Facts
from envgen.compat.judge import Judge
from envgen.errors import EmptySelectionError, UsageError
from envgen.plan.cells import Planned
from envgen.plan.match import Matcher
from envgen.plan.nothing import nothing_chosen, obstacles
from envgen.plan.planner import Plan, excluding, exclusions
from envgen.plan.reduction import Candidates, Scene, reduced
from envgen.plan.where import Condition
from envgen.results import LeftOut
from envgen.spec.matrix import Choice, Match
from envgen.spec.selector import is_glob

Places = NDArray[np.intp]

_ALIKE = 200  # cells of which the one that looks most like a mistyped one is looked for


@dataclass(frozen=True)
class Selection:
    """The chosen cells in the plan's order.

    Attributes:
        left_out: how many were left out, by why.
        remarks: sentences on how few stand for how many, and how near to the best that is.
        places: where the cells stand in the plan.
    """

    cells: Sequence[Planned]
    left_out: tuple[LeftOut, ...]
    remarks: tuple[str, ...] = ()
    places: tuple[int, ...] = ()


def select(plan: Plan, choices: Sequence[Choice], scene: Scene) -> Selection:
    """Chooses cells.

    Args:
        plan: the plan.
        choices: named selections; what any of them chooses is chosen. Without any, all cells are.
        scene: what the choice depends on beside the plan.

    Raises:
        EmptySelectionError: there is no such cell; says what stands in the way.
        UsageError: a condition or a budget cannot be asked or met.
    """
    everything = np.arange(len(plan.cells))
    found = [_chosen(plan, choice, scene, everything) for choice in choices or (Choice(),)]
    chosen = np.unique(np.concatenate([places for places, _ in found]))
    remarks = tuple(remark for _, said in found for remark in said)
    return replace(selection_of(plan, chosen.tolist(), "not selected"), remarks=remarks)


def narrow(plan: Plan, selection: Selection, choice: Choice, scene: Scene) -> Selection:
    """Chooses among cells that were chosen; what must be in may be any cell of the plan.

    Raises:
        EmptySelectionError, UsageError: as `select`.
    """
    chosen, said = _chosen(plan, choice, scene, np.array(selection.places, np.intp))
    left = len(selection.cells) - len(chosen)
    return replace(
        selection_of(plan, chosen.tolist(), "not selected"),
        left_out=(*selection.left_out, *([LeftOut(reason="not among the few", cells=left)] if left > 0 else [])),
        remarks=(*selection.remarks, *said),
    )


def _chosen(plan: Plan, choice: Choice, scene: Scene, among: Places) -> tuple[Places, tuple[str, ...]]:
    """What a choice chooses among some cells, and what is to be said of that."""
    candidates = _candidates(plan, choice, scene, among)
    everything = np.arange(len(plan.cells))
    for entry in choice.must:
        if not _spoken_of(plan, [entry], scene, everything).any():
            raise _no_such_must(plan, entry, scene)
    must = everything[_spoken_of(plan, choice.must, scene, everything)] if choice.must else everything[:0]
    return reduced(Candidates(plan, np.union1d(candidates, must), must), choice, scene)


def _no_such_must(plan: Plan, entry: Match, scene: Scene) -> UsageError:
    """The error for a cell that must be chosen and that the plan does not have; says what stands in its way."""
    what = f"The plan has no cell {_words(entry)}, which must be chosen."
    try:
        cells = [Cell.parse(text) for text in entry.cells if not is_glob(text)]
    except GrammarError as error:
        return UsageError(f"{what[:-1]}: {error}.", "`envgen plan` lists the cells.")
    if cells:
        why = _absent(plan, cells[0], scene.facts)
        return UsageError(f"A cell that must be chosen is not in the plan: {why.what}", why.remedy)
    cases = obstacles(plan, [Matcher(entry, scene.facts, scene.host)], scene.facts)
    remedy = "Let something else be chosen, or give the axes what goes with it; `envgen plan` lists the cells."
    return UsageError(f"{what} The nearest:\n{cases}" if cases else what, remedy)


def _words(entry: Match) -> str:
    return " or ".join(entry.cells) or "with " + ", ".join(f"{axis} {' or '.join(v)}" for axis, v in entry.axes.items())


def _candidates(plan: Plan, choice: Choice, scene: Scene, among: Places) -> Places:
    rows = plan.cells.rows[among]
    kept = _spoken_of(plan, choice.entries, scene, among) if choice.entries else np.ones(len(among), bool)
    if not kept.any():
        raise _nothing(plan, choice.entries, scene)
    if choice.host:
        kept &= Matcher(_THIS_MACHINE, scene.facts, scene.host).mask(plan.cells.grid, rows)
    if choice.host and not kept.any():
        raise _nothing(plan, (_THIS_MACHINE,), scene)
    if choice.where:
        try:
            kept &= Condition(choice.where, plan.cells.grid, scene.facts, scene.host).mask(rows)
        except GrammarError as error:
            raise UsageError(f"{str(error)[0].upper()}{str(error)[1:]}.", error.remedy) from None
        if not kept.any():
            raise EmptySelectionError(
                f"No cell that is left meets the condition `{choice.where}`.", "`envgen plan` lists the cells."
            )
    return among[kept]


def _nothing(plan: Plan, entries: Iterable[Match], scene: Scene) -> EmptySelectionError:
    matchers = [Matcher(entry, scene.facts, scene.host) for entry in entries]
    return nothing_chosen(plan, matchers, scene.facts, scene.host)


_THIS_MACHINE = Match({"os": ("host",), "arch": ("host",)})


def _spoken_of(plan: Plan, entries: Iterable[Match], scene: Scene, among: Places) -> NDArray[np.bool_]:
    """Whether any of the entries speaks of each cell."""
    rows = plan.cells.rows[among]
    masks = [Matcher(entry, scene.facts, scene.host).mask(plan.cells.grid, rows) for entry in entries]
    found: NDArray[np.bool_] = np.logical_or.reduce(masks)
    return found


def selection_of(plan: Plan, places: Iterable[int], why_not: str) -> Selection:
    """The selection of given cells; `why_not` says why the others are left out."""
    kept = tuple(dict.fromkeys(places))
    left = len(plan.cells) - len(kept)
    return Selection(plan.cells.among(kept), (LeftOut(reason=why_not, cells=left),) if left else (), places=kept)


def places_by_id(plan: Plan, ids: Iterable[str], facts: Facts) -> tuple[int, ...]:
    """Where the cells with these ids stand in a plan, in the order of the ids.

    Raises:
        UsageError: an id is none, or the plan has no such cell; says why not.
    """
    return tuple(_place(plan, text, facts) for text in ids)


def _place(plan: Plan, text: str, facts: Facts) -> int:
    try:
        cell = Cell.parse(text)
    except GrammarError as error:
        raise UsageError(f"{error}.", "`envgen plan` lists the cells.") from None
    place = plan.cells.place(cell)
    if place is None:
        raise _absent(plan, cell, facts)
    return place


def _absent(plan: Plan, cell: Cell, facts: Facts) -> UsageError:
    """The error for a cell that the plan does not have."""
    rejection = Judge(facts).trace(cell).rejection
    if rejection:
        return UsageError(f"{cell} cannot exist: {rejection.sentence}", f"`envgen why {cell}` says more.")
    excluded = excluding(cell, exclusions(plan.excludes, facts)) or ""
    why = " ".join(plan.axes.off(cell)) or f"An exclude entry takes it out: {excluded.rstrip('.')}."
    close = get_close_matches(str(cell), _most_alike(plan, cell), n=1)
    remedy = f"Did you mean {close[0]}?" if close else f"`envgen why {cell}` says more."
    return UsageError(f"{cell} is not in the matrix. {why}", remedy)


def _most_alike(plan: Plan, cell: Cell) -> list[str]:
    """The ids of some cells that share most values with one."""
    if not len(plan.cells):
        return []
    grid, rows, values = plan.cells.grid, plan.cells.rows, cell.axes()
    shared = np.zeros(len(rows), np.intp)
    for column, (axis, texts) in enumerate(zip(grid.names, grid.texts, strict=True)):
        if values.get(axis) in texts:
            shared += rows[:, column] == texts.index(values[axis])
    return [str(grid.cell(row)) for row in rows[shared == shared.max()][:_ALIKE].tolist()]
