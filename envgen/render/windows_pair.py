"""A pair of cells as scripts: one for the Linux machine, two for the Windows machine, and a workflow for all pairs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from envgen import __version__
from envgen.cell import Cell
from envgen.render.files import Generated
from envgen.render.templates import render_template
from envgen.spec.matrix import WindowsProgram

WORKFLOW = Path(".github", "workflows", "windows-engine.yml")


@dataclass(frozen=True)
class PairInputs:
    """Everything that the scripts of one pair say.

    Attributes:
        name: of the pair's folder and jobs.
        folder: that the scripts of all pairs are in, relative to the matrix.
        source: the folder of the extension with its CMakeLists.txt; None where there is none.
        linux_labels, windows_labels: of the runners that take the cells.
    """

    name: str
    linux: Cell
    windows: Cell
    folder: PurePosixPath
    matrix_name: str
    program: WindowsProgram
    source: PurePosixPath | None
    linux_labels: tuple[str, ...]
    windows_labels: tuple[str, ...]


def pair_files(inputs: PairInputs) -> tuple[Generated, ...]:
    """`export.sh`, `run.ps1`, and `build-native.ps1` where there is something to be built by CMake.

    Raises:
        EnvgenError: a value of the matrix cannot stand in them.
    """
    folder = inputs.folder / inputs.name
    names = {"export.sh": "windows_export.sh", "run.ps1": "windows_run.ps1"}
    if inputs.source is not None:
        names["build-native.ps1"] = "windows_native.ps1"
    run = f"windows-run-{inputs.name}"
    return tuple(
        Generated(
            Path(folder, name),
            render_template(
                f"{template}.j2",
                envgen=__version__,
                matrix=inputs.matrix_name,
                linux=inputs.linux,
                windows=inputs.windows,
                model=inputs.program.model,
                shapes=inputs.program.shapes,
                export_run=f"windows-export-{inputs.name}",
                run_run=run,
                run_folder=f".envgen/runs/{run}",
                up="/".join(".." for _ in folder.parts),
                source=str(inputs.source),
                build=f".envgen/native/{inputs.name}",
                platform=f"{inputs.windows.os}-{inputs.windows.arch}",
                torch=str(inputs.windows.torch),
            ),
        )
        for name, template in names.items()
    )


def workflow_file(pairs: Iterable[PairInputs], install: str, notes: Iterable[str] = ()) -> Generated:
    """The workflow that exports, builds, runs and reports all pairs.

    Args:
        install: what pip installs to have envgen.
        notes: what is to be known of it, in comments.

    Raises:
        EnvgenError: a value of the matrix cannot stand in it.
    """
    listed = list(pairs)
    first = listed[0]
    return Generated(
        WORKFLOW,
        render_template(
            "windows_workflow.yaml.j2",
            envgen=__version__,
            matrix=first.matrix_name,
            folder=str(first.folder),
            native=first.source is not None,
            install=install,
            notes=tuple(notes),
            pairs=[_row(pair) for pair in listed],
        ),
    )


def _row(pair: PairInputs) -> dict[str, object]:
    torch = pair.windows.torch
    return {
        "name": pair.name,
        "python": str(pair.windows.python),
        "torch": f"{torch}.*" if torch.is_minor else str(torch),
        "linux_labels": pair.linux_labels,
        "windows_labels": pair.windows_labels,
    }
