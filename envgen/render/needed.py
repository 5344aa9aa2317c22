"""Which images the cells of a matrix start from."""

from __future__ import annotations

from collections.abc import Iterable

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.errors import EnvgenError
from envgen.lock import ENVIRONMENTS
from envgen.lock.conda import CONDA
from envgen.render.cell_files import cell_images
from envgen.render.images import unpinned_images
from envgen.spec.matrix import Matrix


def needed_images(cells: Iterable[Cell], matrix: Matrix, facts: Facts) -> frozenset[str]:
    """The images of all cells that have a Dockerfile, as they are named."""
    images = unpinned_images(matrix)
    needed: set[str] = set()
    for cell in cells:
        try:
            needed.update(cell_images(cell, matrix, facts, images))
        except EnvgenError:
            continue  # `envgen render` says why it has none
    if any((matrix.file.absolute().parent / ENVIRONMENTS / CONDA).glob("*/conda-lock.yml")):
        needed.add(images.linux.micromamba)
    return frozenset(needed)
