"""The files of one cell: its lock, and what the matrix, the facts and the known images say of its Dockerfile."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from envgen.cell import Cell, OsFamily, SmArch
from envgen.compat.architectures import compilable, torch_architectures
from envgen.compat.compilers import Family
from envgen.compat.containers import Containers
from envgen.compat.facts import Facts
from envgen.compat.pins import pins
from envgen.compat.words import listed
from envgen.errors import EnvgenError
from envgen.lock import Lock, build_constraints
from envgen.render.conda import CondaInputs, conda_files
from envgen.render.dockerfile import DockerInputs, environment_files
from envgen.render.files import Generated
from envgen.render.images import Images, unpinned_notes
from envgen.render.layers import lock_layers
from envgen.render.sources import applying_steps, source_below
from envgen.render.windows import windows_files
from envgen.render.windows_cells import windows_cell_inputs
from envgen.spec.labels import COMPILER
from envgen.spec.matrix import DeviceCode, Extension, Matrix, PackageAxis, Toolkit


@dataclass(frozen=True)
class CellFiles:
    """What was rendered of a cell; `linux` is what its Dockerfile says, where it is a Linux cell."""

    files: tuple[Generated, ...]
    linux: DockerInputs | None = None


def cell_files(
    cell: Cell, lock: Lock, matrix: Matrix, facts: Facts, images: Images, conda_lock: Path | None = None
) -> CellFiles:
    """Dockerfile, ignore list and lock of a Linux or a Windows cell.

    Args:
        conda_lock: the cell's conda lock, where it has one that is to have a Dockerfile too.

    Raises:
        EnvgenError: no image is known for it, or a value of the matrix cannot stand in a Dockerfile.
    """
    text = lock.path.read_text(encoding="utf-8")
    if cell.os.family is OsFamily.WINDOWS:
        notes = unpinned_notes([images.windows.image(cell)])
        return CellFiles(windows_files(windows_cell_inputs(cell, lock, matrix, facts, images.windows, notes), text))
    inputs = cell_inputs(cell, lock, matrix, facts, images.linux)
    conda = conda_files(conda_cell_inputs(inputs, conda_lock, matrix, images.linux)) if conda_lock else ()
    return CellFiles((*environment_files(inputs, text), *conda), inputs)


def conda_cell_inputs(inputs: DockerInputs, lock: Path, matrix: Matrix, images: Containers) -> CondaInputs:
    """Everything that the conda Dockerfile of a Linux cell says.

    Raises:
        EnvgenError: the lock cannot be read.
    """
    try:
        sha256 = hashlib.sha256(lock.read_bytes()).hexdigest()
    except OSError as error:
        raise EnvgenError(f"Cannot read {lock}: {error.strerror}.", "Check its permissions.") from None
    runtime_image = images.plain_image(inputs.cell.os)
    compiled = inputs.extension is not None and inputs.extension.build.device_code is not DeviceCode.NONE
    return CondaInputs(
        cell=inputs.cell,
        base_image=images.micromamba,
        runtime_image=runtime_image,
        lock=PurePosixPath(lock.relative_to(matrix.file.absolute().parent).as_posix()),
        lock_sha256=sha256,
        versions={},
        matrix_name=inputs.matrix_name,
        extension=inputs.extension,
        steps=inputs.steps,
        source=inputs.source,
        device_code=compiled and not inputs.cell.cuda.is_cpu,
        cuda_archs=tuple(map(str, sorted(inputs.cuda_archs))),
        variables=inputs.variables,
        notes=unpinned_notes((images.micromamba, runtime_image)),
    )


def cell_inputs(cell: Cell, lock: Lock, matrix: Matrix, facts: Facts, images: Containers) -> DockerInputs:
    """Everything that the Dockerfile of a Linux cell says.

    Raises:
        EnvgenError: no image or compiler is known for it.
    """
    extension = matrix.extension
    nvcc = _compiles_device_code(cell, extension, facts, images)
    toolkit = extension.build.toolkit if extension else Toolkit.MACHINE
    system = images.system(cell.os)
    base_image, runtime_image = linux_images(cell, matrix, facts, images)
    return DockerInputs(
        cell=cell,
        base_image=base_image,
        runtime_image=runtime_image,
        matrix_name=matrix.file.name,
        lock_sha256=lock.sha256,
        versions=lock.versions,
        uv_version=lock.uv,
        python=str(cell.python),
        gcc=_gcc(cell, facts, images, nvcc=nvcc),
        layers=lock_layers(lock, _brought_by_axes(cell, matrix, facts)),
        system_python=system.python == cell.python,
        extension=extension,
        steps=applying_steps(cell, extension, facts),
        source=source_below(matrix, extension),
        device_code=nvcc,
        cuda_archs=_architectures(cell, extension, facts) if extension and nvcc else (),
        toolkit=toolkit,
        variables=matrix.variables_of(cell.extra),
        archive=system.archive,
        notes=unpinned_notes((base_image, runtime_image)),
        build_constraints=build_constraints(lock),
    )


def cell_images(cell: Cell, matrix: Matrix, facts: Facts, images: Images) -> tuple[str, ...]:
    """Every image that a cell's Dockerfile starts from.

    Raises:
        EnvgenError: no image is known for it.
    """
    if cell.os.family is OsFamily.WINDOWS:
        return (images.windows.image(cell),)
    return linux_images(cell, matrix, facts, images.linux)


def linux_images(cell: Cell, matrix: Matrix, facts: Facts, images: Containers) -> tuple[str, str]:
    """What the build of a cell starts from, and what its last stage does.

    Raises:
        EnvgenError: no image is known for it.
    """
    extension = matrix.extension
    nvcc = _compiles_device_code(cell, extension, facts, images)
    machine = extension is None or extension.build.toolkit is Toolkit.MACHINE
    return images.base_image(cell, nvcc=nvcc and machine), images.plain_image(cell.os)


def _brought_by_axes(cell: Cell, matrix: Matrix, facts: Facts) -> Iterator[str]:
    """The packages that a cell has for another axis than those of torch: TensorRT, and those of the matrix's own."""
    for requirement in pins(cell, facts).requirements:
        yield canonicalize_name(Requirement(requirement).name)
    for axis in matrix.extra:
        if isinstance(axis, PackageAxis):
            yield canonicalize_name(Requirement(axis.package).name)


def _gcc(cell: Cell, facts: Facts, images: Containers, *, nvcc: bool) -> int:
    """The major of g++ that the Dockerfile installs: the one that the cell names, or the system's first that will do.

    Raises:
        EnvgenError: the cell names another compiler, or one that the system does not have, or none will do.
    """
    demands = facts.compilers.demands(facts.newest_patch(cell.torch), cell.cuda if nvcc else None)
    limit = facts.toolchain.host.get(cell.cuda) if nvcc else None
    text = cell.value(COMPILER)
    if text is None:
        return images.gcc(cell.os, (*demands, *([limit] if limit else [])))
    named = facts.compilers.named(str(text))
    majors = images.system(cell.os).gcc
    if named and named[0].family is Family.GCC and named[0].version.major in majors:
        return named[0].version.major
    raise EnvgenError(
        f"A Dockerfile cannot install the compiler {text} on {cell.os}: it can install g++ {listed(sorted(majors))}.",
        "Render cells with one of these, or write the image by hand.",
    )


def _compiles_device_code(cell: Cell, extension: Extension | None, facts: Facts, images: Containers) -> bool:
    """Always when it must; where nvcc is to be had when it may."""
    if extension is None or cell.cuda.is_cpu or extension.build.device_code is DeviceCode.NONE:
        return False
    if extension.build.device_code is DeviceCode.REQUIRED:
        return True
    if extension.build.toolkit is Toolkit.WHEELS:
        return cell.cuda in facts.toolchain.wheels
    return images.nvcc_image(cell.cuda, cell.os) is not None


def _architectures(cell: Cell, extension: Extension, facts: Facts) -> tuple[SmArch, ...]:
    """Of those asked for, the ones that the cell's torch and its nvcc know."""
    nvcc = facts.toolchain.architectures.get(cell.cuda)
    return compilable(extension.build.cuda_archs, torch_architectures(cell, facts), nvcc)
