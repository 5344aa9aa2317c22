"""What most commands begin with: the matrix, the facts, and the plan made of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from envgen.cell import Cell, GrammarError
from envgen.cli.changed import changed_since
from envgen.cli.choosing import Request
from envgen.cli.console import output
from envgen.cli.costs import learned_costs
from envgen.compat.facts import Facts
from envgen.errors import EmptySelectionError, StaleError, UsageError
from envgen.machine import Machine
from envgen.plan import Costs, Plan, Scene, Selection, narrow, places_by_id, plan, select, selection_of
from envgen.refresh.ages import staleness
from envgen.refresh.packages import followed
from envgen.spec.expression import All, Where
from envgen.spec.load import load
from envgen.spec.matrix import Choice, Match, Matrix

MatrixOption = Annotated[
    Path,
    typer.Option("--matrix", "-m", metavar="FILE", help="The matrix file.", envvar="ENVGEN_MATRIX"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]

DEFAULT_MATRIX = Path("matrix.yaml")
DEFAULT = "default"
FULL = "full"
COVERED = {1: "values", 2: "pairs", 3: "triples"}
LONG = 100  # characters of a condition that a line shows
BUILT_IN = {
    FULL: Choice(),
    "host": Choice(host=True),
    "pairwise": Choice(cover=2),
    "extremes": Choice(extremes=True),
}


def read_matrix(file: Path) -> tuple[Matrix, Facts, Plan]:
    """The matrix of a file, the facts, and the plan.

    Raises:
        MatrixError: one for each thing that is wrong with the matrix.
    """
    matrix = load(file)
    facts = Facts.current()
    for notice in facts.notices:
        print(notice, file=sys.stderr)
    return matrix, facts, plan(matrix, facts)


def mind_age(facts: Facts, matrix: Matrix) -> None:
    """Says when the facts are old.

    Raises:
        StaleError: they are so old that CI is not to rely on them.
    """
    limits = followed().limits
    if matrix.limits.facts:
        limits = replace(limits, fail=timedelta(seconds=matrix.limits.facts))
    stale = staleness(facts, datetime.now(UTC).date(), limits)
    if stale and stale.failing and os.environ.get("CI", "").lower() in ("1", "true"):
        raise StaleError(stale.sentence, "Or allow for older ones with `limits: {facts: 365d}` in the matrix.")
    if stale:
        output(stderr=True).print(stale.sentence, style="yellow", highlight=False)


def choose(matrix: Matrix, facts: Facts, planned: Plan, machine: Machine, request: Request) -> tuple[Selection, str]:
    """The cells that the command line asks for, and the request in words.

    Raises:
        UsageError: an unknown selection or cell.
        EmptySelectionError: nothing was chosen.
    """
    costs = learned_costs(matrix) if has_budget(matrix, request) else Costs()
    scene = Scene(facts, machine.host, costs, request.solver)
    narrowing = request.narrowing()
    chosen, words = _asked_for(matrix, planned, request, scene, narrowing)
    if request.changed is not None:
        chosen = changed_since(request.changed, matrix, facts, planned, machine, chosen)
        words = f"{words} changed since {request.changed}"
    few = _few(matrix, request, narrowing)
    if few.must and not (few.cover or few.budget):
        raise UsageError("--must was given without --cover or --budget.", "Add one of them; all cells are chosen else.")
    words = " ".join((words, *_in_words(narrowing)))
    return (narrow(planned, chosen, few, scene) if few.cover or few.budget else chosen), words


def _few(matrix: Matrix, request: Request, narrowing: Choice) -> Choice:
    """How the command line would have few cells chosen: what it does not say, the selections that it names do."""
    if not (narrowing.cover or narrowing.budget):
        return narrowing
    named = _choices(matrix, request) if request.select else []
    return replace(
        narrowing,
        where=None,
        cover=narrowing.cover or max((choice.cover for choice in named if choice.cover), default=None),
        must=(*narrowing.must, *(entry for choice in named for entry in choice.must)),
        weights={axis: weights for choice in named for axis, weights in choice.weights.items()},
        seed=request.seed or next((choice.seed for choice in named if choice.seed), 0),
    )


def has_budget(matrix: Matrix, request: Request) -> bool:
    """Whether the command line, or a selection that it takes, says what the cells may cost."""
    named = (matrix.selections[name] for name in request.select or [DEFAULT] if name in matrix.selections)
    return request.budget is not None or any(choice.budget for choice in named)


def _asked_for(
    matrix: Matrix, planned: Plan, request: Request, scene: Scene, narrowing: Choice
) -> tuple[Selection, str]:
    """The cells or the selections that are named; without either, the default selection.

    A condition of the command line narrows what the selections choose from; where it says itself how few are to be
    chosen, they choose all they are about.
    """
    if request.cells and request.select:
        raise UsageError("Cells and --select were given together.", "Give one of them.")
    where, few = narrowing.where, bool(narrowing.cover or narrowing.budget)
    if request.cells:
        chosen, words = _by_id(planned, request.cells, scene), " ".join(request.cells)
        return (narrow(planned, chosen, Choice(where=where), scene) if where else chosen), words
    names = request.select or [_usual(matrix, narrowing)]
    choices = [_pool(choice, where, few=few) for choice in _choices(matrix, replace(request, select=names))]
    return select(planned, choices, scene), " + ".join(names)


def _usual(matrix: Matrix, narrowing: Choice) -> str:
    """The selection that is meant when none is named: all cells, where the command line says which of them."""
    says = narrowing.where or narrowing.cover or narrowing.budget
    return DEFAULT if DEFAULT in matrix.selections and not says else FULL


def _choices(matrix: Matrix, request: Request) -> list[Choice]:
    known = BUILT_IN | dict(matrix.selections)
    for name in request.select or ():
        if name not in known:
            raise UsageError(f"{matrix.file} has no selection {name!r}.", f"It has: {', '.join(known)}.")
    return [replace(known[name], seed=request.seed or known[name].seed) for name in request.select or ()]


def _pool(choice: Choice, where: Where | None, *, few: bool) -> Choice:
    if where and choice.where:
        text = f"({choice.where}) and ({where})"
        where = Where(text, All((choice.where.expression, where.expression)))
    narrowed = replace(choice, where=where or choice.where)
    return replace(narrowed, cover=None, extremes=False, budget=None, must=()) if few else narrowed


def _in_words(choice: Choice) -> Iterator[str]:
    if choice.where:
        text = str(choice.where)
        yield f"where {text if len(text) <= LONG else text[:LONG] + '...'}"
    if choice.cover:
        yield f"covering {COVERED.get(choice.cover, f'{choice.cover} values at a time')}"
    if choice.budget:
        yield f"within {choice.budget}"


def _by_id(planned: Plan, ids: list[str], scene: Scene) -> Selection:
    places: list[int] = []
    for text in ids:
        if not set(text) & set("*?["):
            places += places_by_id(planned, [text], scene.facts)
            continue
        try:
            places += select(planned, [Choice((Match(cells=(text,)),))], scene).places
        except EmptySelectionError:
            raise EmptySelectionError(f"No cell is {text!r}.", "`envgen plan` lists the cells.") from None
    return selection_of(planned, places, "not asked for")


def parse_cell(text: str) -> Cell:
    """A cell id from the command line.

    Raises:
        UsageError: it is not one.
    """
    try:
        return Cell.parse(text)
    except GrammarError as error:
        raise UsageError(f"{error}.", "`envgen plan` lists the cells.") from None
