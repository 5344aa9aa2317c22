"""What the matrix and the known images say of a Windows cell's Dockerfile."""

from __future__ import annotations

from envgen.cell import Cell
from envgen.compat.facts import Facts
from envgen.compat.windows import WindowsContainers
from envgen.errors import EnvgenError
from envgen.lock import Lock, build_constraints
from envgen.render.sources import applying_steps, source_below
from envgen.render.windows import WindowsInputs
from envgen.spec.matrix import DeviceCode, Matrix


def windows_cell_inputs(
    cell: Cell, lock: Lock, matrix: Matrix, facts: Facts, known: WindowsContainers, notes: tuple[str, ...] = ()
) -> WindowsInputs:
    """Everything that the Dockerfile of a Windows cell says.

    Raises:
        EnvgenError: no image or installer is known for it, or it must hold device code.
    """
    extension = matrix.extension
    if extension and extension.build.device_code is DeviceCode.REQUIRED and not cell.cuda.is_cpu:
        raise EnvgenError(
            f"{cell} must hold device code, and no image of Windows has nvcc.",
            "Make device code optional, or build the cell on a machine.",
        )
    return WindowsInputs(
        cell=cell,
        image=known.image(cell),
        python=known.python(cell),
        build_tools=known.build_tools,
        components=known.components,
        redistributable=known.redistributable,
        matrix_name=matrix.file.name,
        lock_sha256=lock.sha256,
        versions=lock.versions,
        uv_version=lock.uv,
        extension=extension,
        steps=applying_steps(cell, extension, facts),
        source=source_below(matrix, extension),
        variables=matrix.variables_of(cell.extra),
        notes=notes,
        build_constraints=build_constraints(lock),
    )
