"""Every container cell of a matrix rendered, with a stand-in for its lock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from envgen.cell import Cell, OsFamily
from envgen.compat.facts import Facts
from envgen.lock import Lock
from envgen.plan import plan
from envgen.render.cell_files import CellFiles, cell_files
from envgen.render.images import matrix_images
from envgen.spec.matrix import Matrix


def rendered(
    matrix: Matrix, facts: Facts, lock: Path, conda_lock: Path | None = None
) -> Iterator[tuple[Cell, CellFiles]]:
    """The cells that have containers, with their files.

    Args:
        lock: any file.
    """
    images = matrix_images(matrix)
    stand_in = Lock(lock, (), "request", "0" * 64, "0.13.8")
    for entry in plan(matrix, facts).cells:
        if entry.cell.os.family is not OsFamily.MACOS:
            yield entry.cell, cell_files(entry.cell, stand_in, matrix, facts, images, conda_lock)
