"""`envgen engine`: what files with TensorRT engines are, and where they load."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from envgen.cell import Flavour, GrammarError, SmArch
from envgen.cli.console import output
from envgen.cli.context import DEFAULT_MATRIX, JsonOption, MatrixOption, parse_cell, read_matrix
from envgen.cli.engine_words import fates, in_words
from envgen.compat.facts import Facts
from envgen.engine import Inspected, Judgement, Knowledge, NoEngine, Place, inspect, judge
from envgen.engine.record import facts_json, fate_json
from envgen.errors import EmptySelectionError, UsageError
from envgen.prediction.verdict import Verdict

app = typer.Typer(no_args_is_help=True, help="TensorRT engines in files: what they are, and where they load.")

ALL = "all"
_WRONG = 1
_STYLES = {Verdict.LOADS: "green", Verdict.RISK: "yellow", Verdict.UNKNOWN: "dim", Verdict.FAILS: "red"}


@app.callback()
def root() -> None:
    """A group of its own, though there is one command in it so far."""


@app.command("inspect")
def inspect_command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files .engine, .plan, .ts, .ep or .pt2.")],
    against: Annotated[
        list[str] | None,
        typer.Option(
            "--against",
            metavar="CELL|all",
            help="Say whether it loads there; all cells of the matrix that have TensorRT.",
        ),
    ] = None,
    gpu: Annotated[
        str | None, typer.Option("--gpu", metavar="9.0", help="The compute capability of the cells that name no GPU.")
    ] = None,
    runtime: Annotated[
        Flavour | None, typer.Option("--runtime", help="Which TensorRT the cells have, in place of their own.")
    ] = None,
    version_compatible: Annotated[
        bool, typer.Option("--version-compatible", help="It was built so; a plan does not say it itself.")
    ] = False,
    hardware_compatible: Annotated[
        bool, typer.Option("--hardware-compatible", help="It was built so, for 8.0 and newer; likewise.")
    ] = False,
    matrix: MatrixOption = DEFAULT_MATRIX,
    as_json: JsonOption = False,
) -> None:
    """Say of TensorRT engines what built them and where they load, without TensorRT, a GPU, or running anything.

    Nothing in the files is executed or unpickled. The exit code is 1 when a file is damaged or holds no engine, or when
    one loads in none of the cells.

    Examples: `envgen engine inspect model.plan`, `envgen engine inspect model.ts --against all --gpu 8.9`,
    `envgen engine inspect model.ep --against py312-torch2.13-cu130-trt11.0-windows2022-x86_64`
    """
    places = _places(against or [], gpu, runtime, matrix)
    console, wrong, records = output(), False, list[object]()
    for file in files:
        try:
            inspected = inspect(file).told(
                version_compatible=version_compatible, hardware_compatible=hardware_compatible
            )
        except NoEngine as error:
            wrong = True
            records.append({"file": file.name, "error": error.what})
            output(stderr=True).print(f"[red]error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
            continue
        judged = tuple(judge(inspected, place, Knowledge.current()) for place in places)
        wrong |= bool(inspected.diagnoses) or _nowhere(judged)
        records.append(facts_json(inspected) | ({"cells": [fate_json(each) for each in judged]} if places else {}))
        if not as_json:
            _show(inspected, judged, console)
    if as_json:
        print(json.dumps(records, indent=1))
    if wrong:
        raise typer.Exit(_WRONG)


def _places(against: Sequence[str], gpu: str | None, runtime: Flavour | None, matrix: Path) -> tuple[Place, ...]:
    """Every cell that is asked for, once.

    Raises:
        UsageError: a cell or the GPU cannot be understood.
        EmptySelectionError: the matrix has no cell with TensorRT.
    """
    try:
        device = SmArch.parse(gpu) if gpu else None
    except GrammarError as error:
        raise UsageError(f"{error}.", "Write --gpu 9.0.") from None
    facts = Facts.current()
    cells = [parse_cell(text) for text in against if text != ALL]
    if ALL in against:
        planned = read_matrix(matrix)[2]
        cells += [entry.cell for entry in planned.cells if entry.cell.tensorrt]
    if against and not cells:
        raise EmptySelectionError(f"No cell of {matrix} has TensorRT.", "Name a cell, or add releases to the axis.")
    return tuple(Place.of(cell, facts, device, runtime) for cell in dict.fromkeys(cells))


def _nowhere(judged: Sequence[Judgement]) -> bool:
    return bool(judged) and all(each.verdict is Verdict.FAILS for each in judged)


def _show(inspected: Inspected, judged: Sequence[Judgement], console: Console) -> None:
    number = len(inspected.engines)
    count = f", {number} engines" if number > 1 else ""
    _line(console, f"[bold]{escape(inspected.file)}[/]: {inspected.kind}{count}")
    for engine in inspected.engines:
        for name, text in in_words(engine, Knowledge.current()):
            _line(console, f"  {name:<15} {escape(text)}")
    for note in inspected.notes:
        _line(console, f"  [dim]{escape(note)}[/]")
    for diagnosis in inspected.diagnoses:
        _line(console, f"  [red]{diagnosis.cause}[/]: {escape(diagnosis.sentence)}")
        _line(console, f"    {escape(diagnosis.fix)}")
    for fate in fates(judged):
        style = _STYLES[fate.verdict]
        _line(console, f"  [{style}]{fate.verdict}[/] in {escape(fate.cells)}")
        for text in fate.said:
            _line(console, f"    {escape(text)}")
    console.print()


def _line(console: Console, text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True)
