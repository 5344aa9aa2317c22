"""`envgen windows-pair`: the scripts and the workflow that take a program from a Linux cell to a Windows cell."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated

import typer
from rich.markup import escape

from envgen import __version__
from envgen.cell import Cell, OsFamily
from envgen.cli.console import output
from envgen.cli.context import DEFAULT_MATRIX, JsonOption, MatrixOption, parse_cell, read_matrix
from envgen.compat.facts import Facts
from envgen.compat.words import counted
from envgen.engine.windows import Pair, WindowsKnowledge, pairs_of
from envgen.engine.windows.pair import makes, takes, unfit
from envgen.errors import EmptySelectionError, MatrixError, StaleError, UsageError
from envgen.plan import Plan
from envgen.plan.runners import runner_for
from envgen.render.files import Generated, check, write
from envgen.render.sources import source_below
from envgen.render.windows_pair import PairInputs, pair_files, workflow_file
from envgen.spec.matrix import Matrix, WindowsProgram

_FOLDER = Path("environments", "windows")
_PICK = "`envgen windows-pair` without cells picks a pair that fits."
_CMAKE = "CMakeLists.txt"


def windows_pair_command(
    cells: Annotated[
        list[str] | None,
        typer.Argument(metavar="[LINUX_CELL WINDOWS_CELL]", help="One pair; the matrix's newest if not given."),
    ] = None,
    folder: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Where the scripts are written, below the matrix.")
    ] = _FOLDER,
    every: Annotated[
        bool, typer.Option("--all", help="Every fitting pair of the matrix, not the newest alone.")
    ] = False,
    install: Annotated[
        str, typer.Option("--install", metavar="WHAT", help="What the workflow gives to pip to have envgen.")
    ] = f"envgen=={__version__}",
    only_check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail when a file is missing or differs.")
    ] = False,
    matrix: MatrixOption = DEFAULT_MATRIX,
    as_json: JsonOption = False,
) -> None:
    """Write what takes a program from Linux to Windows: scripts for both machines, and a workflow with both jobs.

    `export.sh` compiles the model of `extension.windows_program` in the Linux cell, `run.ps1` checks, loads and runs it
    in the Windows cell, and `build-native.ps1` builds the extension's library by MSVC through CMake. The cells have the
    same torch and CUDA, and the Windows cell a TensorRT that runs what the other's builds. The workflow is
    `.github/workflows/windows-engine.yml`. The exit code is 6 when files are stale.

    Examples: `envgen windows-pair`, `envgen windows-pair --all`, `envgen windows-pair --check`,
    `envgen windows-pair LINUX_CELL WINDOWS_CELL -o scripts`
    """
    spec, facts, planned = read_matrix(matrix)
    program = _program(spec)
    pairs = _pairs(cells or [], spec, facts, planned, program)
    others = 0 if every else len(pairs) - 1
    inputs = [_inputs(pair, spec, facts, program, folder) for pair in (pairs if every else pairs[:1])]
    files = [file for each in inputs for file in pair_files(each)]
    notes = _notes(inputs)
    files.append(workflow_file(inputs, install, notes))
    root = spec.file.absolute().parent
    if only_check:
        _check(files, root, as_json=as_json)
        return
    changed = write(files, root)
    if as_json:
        print(json.dumps(_as_json(inputs, files, [*map(Path.as_posix, changed)], notes), indent=1))
        return
    console = output()
    for each in inputs:
        console.print(f"[bold]{escape(each.name)}[/]", highlight=False)
        console.print(f"  makes   {each.linux}\n  takes   {each.windows}", highlight=False, soft_wrap=True)
    for note in notes:
        console.print(f"[yellow]note[/] {escape(note)}", highlight=False, soft_wrap=True)
    more = f" {counted(others, 'other pair')} of the matrix: --all." if others else ""
    console.print(f"{counted(len(files), 'file')}, {len(changed)} written.{more}", highlight=False)
    for path in changed:
        console.print(path.as_posix(), style="dim", highlight=False, soft_wrap=True)


def _program(spec: Matrix) -> WindowsProgram:
    """What is compiled for Windows.

    Raises:
        UsageError: the matrix does not say.
        MatrixError: it asks for what torch-tensorrt does not let be set.
    """
    program = spec.extension.windows_program if spec.extension else None
    if program is None:
        raise UsageError(
            f"{spec.file.name} names no program for Windows.",
            "Add `windows_program: {model: my_extension.models:make}` to its extension.",
        )
    if wrong := WindowsKnowledge.current().of_settings(program.settings):
        place = spec.place("extension", "windows_program", "settings", wrong.evidence["setting"])
        raise MatrixError(wrong.sentence, wrong.fix, place)
    return program


def _pairs(named: Sequence[str], spec: Matrix, facts: Facts, planned: Plan, program: WindowsProgram) -> Sequence[Pair]:
    """The pair that was named, or those of the matrix.

    Raises:
        UsageError: the cells that were named are no pair.
        EmptySelectionError: the matrix has none.
    """
    if named:
        return [_named([*map(parse_cell, named)], facts, program)]
    cells = [entry.cell for entry in planned.cells if entry.cell.tensorrt]
    pairs = pairs_of(cells, facts, version_compatible=program.version_compatible)
    if not pairs:
        raise EmptySelectionError(
            f"No two cells of {spec.file.name} are a pair: one of Linux on x86_64 and one of Windows, with TensorRT,"
            " the same torch and the same CUDA.",
            "Add windows2022 to its axis `os`, and a TensorRT that has wheels for both; `envgen why CELL` says what"
            " stops a cell.",
        )
    return pairs


def _named(cells: Sequence[Cell], facts: Facts, program: WindowsProgram) -> Pair:
    if len(cells) != 2:
        raise UsageError(f"{counted(len(cells), 'cell')} given.", "Name a Linux cell and a Windows cell, or none.")
    linux, windows = cells
    if not makes(linux, facts):
        raise UsageError(
            f"{linux} makes no programs for Windows: that takes Linux on x86_64, the full TensorRT and a torch-tensorrt"
            f" {WindowsKnowledge.current().makers['torch-tensorrt']} that the facts know.",
            "Name the Linux cell first." if linux.os.family is OsFamily.WINDOWS else _PICK,
        )
    if not takes(windows):
        raise UsageError(
            f"{windows} is no Windows cell with the full TensorRT.",
            _PICK if windows.os.family is OsFamily.WINDOWS else "Name the Windows cell second.",
        )
    if wrong := unfit(linux, windows, facts, version_compatible=program.version_compatible):
        raise UsageError(wrong, _PICK)
    return Pair(linux, windows)


def _inputs(pair: Pair, spec: Matrix, facts: Facts, program: WindowsProgram, folder: Path) -> PairInputs:
    root = spec.file.absolute().parent
    below = (root / folder).resolve()
    if not below.is_relative_to(root.resolve()):
        raise UsageError(
            f"--output {folder} is not below the matrix.", "The scripts find the project from where they are."
        )
    source = source_below(spec, spec.extension)
    built = source is not None and (root / source / _CMAKE).is_file()
    runners = {cell: runner_for(cell, spec, facts) for cell in (pair.linux, pair.windows)}
    labels = {cell: runner.labels if runner and runner.gpu else () for cell, runner in runners.items()}
    return PairInputs(
        name=pair.name,
        linux=pair.linux,
        windows=pair.windows,
        folder=PurePosixPath(below.relative_to(root.resolve()).as_posix()),
        matrix_name=spec.file.name,
        program=program,
        source=source if built else None,
        linux_labels=labels[pair.linux] or ("self-hosted", "linux", "x64", "gpu"),
        windows_labels=labels[pair.windows] or ("self-hosted", "windows", "x64", "gpu"),
    )


def _notes(inputs: Sequence[PairInputs]) -> list[str]:
    """What the user should know of what was written."""
    notes = []
    if any("self-hosted" in labels for each in inputs for labels in (each.linux_labels, each.windows_labels)):
        notes.append(
            "A cell without a runner with `gpu: true` in the matrix is given the labels self-hosted, x64, gpu."
        )
    if any(each.source is None for each in inputs):
        notes.append("The extension has no CMakeLists.txt, so nothing builds its library by MSVC.")
    return notes


def _check(files: Sequence[Generated], root: Path, *, as_json: bool) -> None:
    drifts = check(files, root)
    if as_json:
        print(json.dumps({"stale": [{"file": d.path.as_posix(), "is": str(d.kind)} for d in drifts]}, indent=1))
    if drifts:
        told = "\n".join(map(str, drifts))
        raise StaleError(f"These files are not what would be written now:\n{told}", "Run `envgen windows-pair`.")
    if not as_json:
        output().print(f"{counted(len(files), 'file')}: what would be written now.", highlight=False)


def _as_json(
    inputs: Sequence[PairInputs], files: Sequence[Generated], changed: Sequence[str], notes: Sequence[str]
) -> dict[str, object]:
    pairs = [{"name": each.name, "linux": str(each.linux), "windows": str(each.windows)} for each in inputs]
    paths = [file.path.as_posix() for file in files]
    return {"pairs": pairs, "files": paths, "written": changed, "notes": notes}
