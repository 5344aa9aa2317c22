"""`envgen plan`: the cells of the matrix, and how many combinations each rule rejected."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer
from rich.table import Table

from envgen.cli.console import output
from envgen.cli.context import (
    DEFAULT_MATRIX,
    FULL,
    CellsArgument,
    JsonOption,
    MatrixOption,
    SelectOption,
    choose,
    read_matrix,
)
from envgen.compat.facts import Facts
from envgen.compat.pins import pins
from envgen.errors import UsageError
from envgen.machine import this_machine
from envgen.plan import Plan, Planned, Selection, coverage
from envgen.plan.runners import runner_for
from envgen.spec.matrix import Matrix

GITHUB_LIMIT = 256  # jobs of one matrix; a workflow with more fails as a whole


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    GITHUB = "github"


def plan_command(
    cells: CellsArgument = None,
    select: SelectOption = None,
    matrix: MatrixOption = DEFAULT_MATRIX,
    form: Annotated[
        Format, typer.Option("--format", "-f", help="table, json, or github: a matrix for a workflow.")
    ] = Format.TABLE,
    as_json: JsonOption = False,
) -> None:
    """List the cells that can be, and count those that cannot by the rule that says so.

    Without a selection, all cells are listed.

    Examples: `envgen plan`, `envgen plan --select default --format github`, `envgen plan 'py313-*'`
    """
    spec, facts, planned = read_matrix(matrix)
    chosen, words = choose(spec, facts, planned, this_machine(), select or (None if cells else [FULL]), cells)
    if as_json or form is Format.JSON:
        print(json.dumps(_as_json(planned, chosen, facts, words), indent=2))
    elif form is Format.GITHUB:
        print(json.dumps(_github(chosen, spec, facts)))
    else:
        _show(planned, chosen, facts, words)


def _show(planned: Plan, chosen: Selection, facts: Facts, words: str) -> None:
    console = output()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("cell", "torch", "index", "note"):
        table.add_column(heading, no_wrap=True)
    for entry in chosen.cells:
        pinned = pins(entry.cell, facts)
        note = entry.included or ("newer than the facts" if entry.trace.unknown else "")
        table.add_row(str(entry.cell), str(pinned.torch), pinned.index.folder or "default", note)
    console.print(table, highlight=False)
    console.print()
    pairs = coverage(planned, chosen.cells)
    console.print(
        f"{len(chosen.cells)} cells selected ({words}) of {len(planned.cells)} that can be,"
        f" {planned.raw} raw combinations; {pairs.covered} of {pairs.feasible} pairs of values covered.",
        highlight=False,
    )
    for reason, count in sorted({**planned.rejected, **planned.excluded}.items(), key=lambda item: -item[1]):
        console.print(f"{count:>8}  {reason}", highlight=False)
    console.print(
        f"Facts as of {facts.taken}; `envgen why CELL` gives every rule's reason.", style="dim", highlight=False
    )


def _as_json(planned: Plan, chosen: Selection, facts: Facts, words: str) -> dict[str, object]:
    return {
        "selection": words,
        "facts_as_of": str(facts.taken),
        "raw_combinations": planned.raw,
        "rejected": dict(planned.rejected),
        "excluded": dict(planned.excluded),
        "cells": [_cell_json(entry, facts) for entry in chosen.cells],
    }


def _cell_json(entry: Planned, facts: Facts) -> dict[str, object]:
    pinned = pins(entry.cell, facts)
    return {
        "cell": str(entry.cell),
        "axes": dict(entry.cell.axes()),
        "torch": str(pinned.torch),
        "index": pinned.index.folder or "default",
        "unknown": entry.trace.unknown,
        "included": entry.included,
    }


def _github(chosen: Selection, spec: Matrix, facts: Facts) -> dict[str, object]:
    """A value for `strategy.matrix`.

    Raises:
        UsageError: more cells than a workflow's matrix may have; none is dropped silently.
    """
    if len(chosen.cells) > GITHUB_LIMIT:
        raise UsageError(
            f"{len(chosen.cells)} cells are more than the {GITHUB_LIMIT} jobs that a workflow's matrix may have.",
            "Choose fewer with --select, or split them over several workflows by cell globs.",
        )
    include = []
    for entry in chosen.cells:
        runner = runner_for(entry.cell, spec, facts)
        if runner is None:
            raise UsageError(
                f"No runner of {spec.file.name} takes the cell {entry.cell}.",
                "Add one under `runners:`, or select cells that have one.",
            )
        include.append({"cell": str(entry.cell), "runs-on": list(runner.labels), "gpu": runner.gpu})
    return {"include": include}
