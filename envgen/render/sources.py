"""What of the extension a cell's build context holds, and which of its build steps are the cell's."""

from __future__ import annotations

from pathlib import PurePosixPath

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.plan import applies
from envgen.spec.matrix import BuildStep, Extension, Matrix


def applying_steps(cell: Cell, extension: Extension | None, facts: Facts) -> tuple[BuildStep, ...]:
    """The build steps that apply to a cell."""
    steps = extension.build.steps if extension else ()
    return tuple(step for step in steps if applies(step.when, cell, facts))


def source_below(matrix: Matrix, extension: Extension | None) -> PurePosixPath | None:
    """The extension's folder as the build context has it; None when it comes from the index or lies outside."""
    if extension is None or extension.path is None:
        return None
    context = matrix.file.absolute().parent
    source = extension.path.absolute()
    return PurePosixPath(source.relative_to(context).as_posix()) if source.is_relative_to(context) else None
