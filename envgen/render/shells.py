"""Ways into one cell: a shell by compose, and a development container for an editor."""

from __future__ import annotations

from pathlib import Path

from envgen import __version__
from envgen.cell import Cell
from envgen.render.about import cell_folder, image_tag, platform
from envgen.render.files import Generated
from envgen.render.templates import render_template
from envgen.spec.matrix import Extension


def shell_files(cell: Cell, extension: Extension | None, matrix_name: str) -> tuple[Generated, ...]:
    """`compose.yaml` and `devcontainer.json` of a Linux cell.

    Raises:
        EnvgenError: a value of the matrix cannot stand in them.
    """
    folder = cell_folder(cell)
    return tuple(
        Generated(
            Path(folder, name),
            render_template(
                f"{name}.j2",
                envgen=__version__,
                matrix=matrix_name,
                cell=str(cell),
                folder=folder,
                tag=image_tag(cell, extension),
                platform=platform(cell),
                gpu=not cell.cuda.is_cpu,
            ),
        )
        for name in ("compose.yaml", "devcontainer.json")
    )
