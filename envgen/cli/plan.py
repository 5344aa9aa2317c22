"""`envgen plan`: the cells of the matrix, and how many combinations each rule rejected."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from envgen.cli.choosing import Request, chooses
from envgen.cli.console import output
from envgen.cli.context import (
    DEFAULT_MATRIX,
    FULL,
    JsonOption,
    MatrixOption,
    choose,
    has_budget,
    mind_age,
    read_matrix,
)
from envgen.cli.costs import costs_json, learned_costs
from envgen.cli.coverage import coverage_words
from envgen.cli.impossible import show_impossible
from envgen.cli.listing import SHOWN, cells_json, github_matrix, show_cells
from envgen.cli.shards import shard_of
from envgen.compat.facts import Facts
from envgen.compat.words import counted
from envgen.errors import EmptySelectionError, UsageError
from envgen.machine import this_machine
from envgen.plan import Costs, Plan, Selection, coverage
from envgen.plan.impossible import impossible_pairs
from envgen.plan.unchecked import unchecked
from envgen.spec.matrix import Matrix

GITHUB_LIMIT = 256  # jobs of one matrix; a workflow with more fails as a whole


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    GITHUB = "github"


@chooses
def plan_command(
    request: Request,
    *,
    matrix: MatrixOption = DEFAULT_MATRIX,
    form: Annotated[
        Format, typer.Option("--format", "-f", help="table, json, or github: a matrix for a workflow.")
    ] = Format.TABLE,
    as_json: JsonOption = False,
    show_all: Annotated[
        bool, typer.Option("--all", help=f"List all cells on a terminal too, not the first {SHOWN} of very many.")
    ] = False,
    impossible: Annotated[
        bool,
        typer.Option("--impossible", help="Instead, list the values that never meet, and the fewest rules why."),
    ] = False,
    max_cells: Annotated[
        int | None,
        typer.Option("--max-cells", metavar="N", min=1, help="Cells of one shard; more are refused, not dropped."),
    ] = None,
    shard: Annotated[
        str | None, typer.Option("--shard", metavar="K/N", help="Only the K-th of N shards of the chosen cells.")
    ] = None,
) -> None:
    """List the cells that can be, and count those that cannot by the rule or the exclude entry that says so.

    Without a selection, all cells are listed. The exit code is 4 when there is none.

    Examples: `envgen plan`, `envgen plan --select default --format github`, `envgen plan 'py313-*'`,
    `envgen plan --where 'torch>=2.9 and cuda!=cpu' --cover pairs`, `envgen plan --cover pairs --budget 40`,
    `envgen plan -f github --max-cells 256 --shard 1/2`, `envgen plan --impossible`
    """
    if as_json and form is Format.GITHUB:
        raise UsageError("--json and --format github were given together.", "Give one of them.")
    if impossible and not (request.is_empty and form is not Format.GITHUB and max_cells is None and shard is None):
        raise UsageError("--impossible is about the whole matrix; other options say which cells.", "Leave them out.")
    spec, facts, planned = read_matrix(matrix)
    mind_age(facts, spec)
    if impossible:
        show_impossible(impossible_pairs(planned, facts), as_json=as_json or form is Format.JSON)
        return
    wanted = request if request.cells or request.select or request.changed else replace(request, select=[FULL])
    nothing: EmptySelectionError | None = None
    try:
        chosen, words = choose(spec, facts, planned, this_machine(), wanted)
    except EmptySelectionError as error:
        if planned.cells:
            raise
        chosen, words, nothing = Selection((), ()), " + ".join(wanted.cells or wanted.select or ()), error
    limit = max_cells or (GITHUB_LIMIT if form is Format.GITHUB else None)
    part = shard_of(chosen.places, limit, shard)
    chosen = replace(chosen, cells=planned.cells.among(part.places), places=part.places)
    if as_json or form is Format.JSON:
        costs = learned_costs(spec) if has_budget(spec, wanted) else None
        print(json.dumps(_as_json(spec, planned, chosen, facts, words, costs), indent=2))
    elif form is Format.GITHUB:
        print(json.dumps(github_matrix(chosen.cells, spec, facts)))
    else:
        console = output()
        show_cells(chosen.cells, facts, console, limited=console.is_terminal and not show_all)
        _summarise(spec, planned, chosen, facts, words + part.words, console)
    if nothing:
        raise nothing


def _summarise(spec: Matrix, planned: Plan, chosen: Selection, facts: Facts, words: str, console: Console) -> None:
    included = len(spec.include)
    beside = f" and {counted(included, 'cell')} that include entries add" if included else ""
    lines = [
        f"{counted(len(chosen.cells), 'cell')} selected ({words}) of {len(planned.cells)} that can be,"
        f" {counted(planned.raw, 'raw combination')}{beside}.",
        *chosen.remarks,
        coverage_words(planned, chosen),
        *map(str, unchecked(spec)),
    ]
    counts = [(f"rule {rule}", count) for rule, count in planned.rejected.items()]
    counts += [(f"excluded: {reason}", count) for reason, count in planned.excluded.items()]
    if counts:
        lines.append("Combinations taken out, by rule or by the reason of an exclude entry:")
        lines += [f"{count:>8}  {name}" for name, count in sorted(counts, key=lambda item: -item[1])]
    for line in lines:
        console.print(escape(line), highlight=False, soft_wrap=True)
    console.print(
        f"Facts as of {facts.taken}; `envgen why CELL` gives every rule's reason.", style="dim", highlight=False
    )


def _as_json(
    spec: Matrix, planned: Plan, chosen: Selection, facts: Facts, words: str, costs: Costs | None
) -> dict[str, object]:
    cells = cells_json(chosen.cells, facts)
    if costs:
        prices = costs_json([entry.cell for entry in chosen.cells], costs, facts)
        cells = [{**cell, "cost": price} for cell, price in zip(cells, prices, strict=True)]
    pairs = coverage(planned, chosen.places)
    return {
        "selection": words,
        "remarks": list(chosen.remarks),
        "pairs": {
            "covered": pairs.covered,
            "feasible": pairs.feasible,
            "missing": [dict(pair) for pair in pairs.missing],
        },
        "facts_as_of": str(facts.taken),
        "raw_combinations": planned.raw,
        "rejected": dict(planned.rejected),
        "excluded": dict(planned.excluded),
        "included": len(spec.include),
        "unchecked": [asdict(each) for each in unchecked(spec)],
        "cells": cells,
    }
