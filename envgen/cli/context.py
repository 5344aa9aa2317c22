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
from envgen.errors import StaleError, UsageError
from envgen.machine import Machine
from envgen.plan import Costs, Plan, Scene, Selection, narrow, places_by_id, plan, select, selection_of
from envgen.refresh.ages import staleness
from envgen.refresh.packages import followed
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
    costs = learned_costs(matrix) if _has_budget(matrix, request) else Costs()
    scene = Scene(facts, machine.host, costs, request.solver)
    chosen, words = _asked_for(matrix, planned, request, scene)
    if request.changed:
        chosen = changed_since(request.changed, matrix, facts, planned, machine, chosen)
        words = f"{words} changed since {request.changed}"
    narrowing = request.narrowing()
    if narrowing == Choice(seed=request.seed):
        return chosen, words
    return narrow(planned, chosen, narrowing, scene), " ".join((words, *_in_words(narrowing)))


def _has_budget(matrix: Matrix, request: Request) -> bool:
    named = (matrix.selections[name] for name in request.select or [DEFAULT] if name in matrix.selections)
    return request.budget is not None or any(choice.budget for choice in named)


def _asked_for(matrix: Matrix, planned: Plan, request: Request, scene: Scene) -> tuple[Selection, str]:
    """The cells or the selections that are named; without either, the default selection."""
    if request.cells and request.select:
        raise UsageError("Cells and --select were given together.", "Give one of them.")
    if request.cells:
        return _by_id(planned, request.cells, scene), " ".join(request.cells)
    usual = DEFAULT if DEFAULT in matrix.selections and request.narrowing() == Choice(seed=request.seed) else FULL
    names = request.select or [usual]
    known = BUILT_IN | dict(matrix.selections)
    for name in names:
        if name not in known:
            raise UsageError(f"{matrix.file} has no selection {name!r}.", f"It has: {', '.join(known)}.")
    choices = [replace(known[name], seed=known[name].seed or request.seed) for name in names]
    return select(planned, choices, scene), " + ".join(names)


def _in_words(choice: Choice) -> Iterator[str]:
    if choice.where:
        yield f"where {choice.where}"
    if choice.cover:
        yield f"covering {choice.cover} values at a time"
    if choice.budget:
        yield f"within {choice.budget}"


def _by_id(planned: Plan, ids: list[str], scene: Scene) -> Selection:
    exact = [text for text in ids if not set(text) & set("*?[")]
    globs = [Choice((Match(cells=(text,)),)) for text in ids if text not in exact]
    matched = select(planned, globs, scene).places if globs else ()
    return selection_of(planned, (*places_by_id(planned, exact, scene.facts), *matched), "not asked for")


def parse_cell(text: str) -> Cell:
    """A cell id from the command line.

    Raises:
        UsageError: it is not one.
    """
    try:
        return Cell.parse(text)
    except GrammarError as error:
        raise UsageError(f"{error}.", "`envgen plan` lists the cells.") from None
