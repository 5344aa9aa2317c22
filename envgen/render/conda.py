"""A Linux cell and its conda lock as a Dockerfile: micromamba installs, and is not in the last stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from envgen import __version__
from envgen.cell import Cell
from envgen.render.about import (
    cell_folder,
    default_command,
    described,
    ignore_list,
    image_tag,
    packaged_version,
    platform,
)
from envgen.render.builds import BuildInputs, build_commands
from envgen.render.files import Generated
from envgen.render.templates import render_template
from envgen.spec.matrix import BuildStep, Extension

_INSTALL = ("python", "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--target", "/opt/step")


@dataclass(frozen=True)
class CondaInputs:
    """Everything the conda Dockerfile of a cell says; as `DockerInputs`.

    Attributes:
        base_image: one with micromamba.
        lock: path of the conda-lock.yml below the build context.
        versions: package name to exact version in the lock, for the cell's platform.
        device_code: whether the cell's CUDA units are compiled.
    """

    cell: Cell
    base_image: str
    runtime_image: str
    lock: PurePosixPath
    lock_sha256: str
    versions: Mapping[str, str]
    matrix_name: str
    extension: Extension | None = None
    steps: tuple[BuildStep, ...] = ()
    source: PurePosixPath | None = None
    device_code: bool = False
    cuda_archs: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    max_jobs: int = 4


def conda_files(inputs: CondaInputs) -> tuple[Generated, ...]:
    """`conda.Dockerfile` and its ignore list, in the cell's folder.

    Raises:
        EnvgenError: a value of the matrix cannot stand in a Dockerfile.
    """
    folder = cell_folder(inputs.cell)
    ignored = ignore_list((str(inputs.lock),), inputs.source, inputs.matrix_name)
    return (
        Generated(Path(folder, "conda.Dockerfile"), _dockerfile(inputs, folder)),
        Generated(Path(folder, "conda.Dockerfile.dockerignore"), ignored),
    )


def _dockerfile(inputs: CondaInputs, folder: str) -> str:
    cell, extension = inputs.cell, inputs.extension
    of = BuildInputs(cell, extension, inputs.steps, inputs.source, inputs.matrix_name) if extension else None
    env = dict(_build_env(inputs, extension)) if extension else {}
    return render_template(
        "conda.Dockerfile.j2",
        envgen=__version__,
        matrix=inputs.matrix_name,
        cell=cell,
        folder=folder,
        tag=image_tag(cell, extension),
        platform=platform(cell),
        notes=inputs.notes,
        base_image=inputs.base_image,
        runtime_image=inputs.runtime_image,
        lock_path=str(inputs.lock),
        # An ENV would outrank what the user gives with --build-arg.
        max_jobs=env.pop("MAX_JOBS", str(inputs.max_jobs)),
        build=build_commands(of, _INSTALL) if of else None,
        build_env=tuple(env.items()),
        runtime_env=tuple(_runtime_env(inputs)),
        version=packaged_version(extension),
        description=described(cell, inputs.versions),
        lock=f"sha256:{inputs.lock_sha256}",
        check=default_command(extension),
    )


def _build_env(inputs: CondaInputs, extension: Extension) -> Iterator[tuple[str, str]]:
    yield "ENVGEN_CELL", str(inputs.cell)
    yield "ENVGEN_OUT", "/opt/step"  # of one step; each begins with an empty one
    yield "ENVGEN_DEVICE_CODE", "1" if inputs.device_code else "0"
    if inputs.device_code:
        yield "CUDA_HOME", "/opt/venv"
        yield "FORCE_CUDA", "1"
        yield "TORCH_CUDA_ARCH_LIST", ";".join(inputs.cuda_archs)
    yield from sorted(inputs.variables.items())
    yield from sorted(extension.build.env.items())


def _runtime_env(inputs: CondaInputs) -> Iterator[tuple[str, str]]:
    if inputs.extension:
        yield "PYTHONPATH", "/opt/extension"
    if not inputs.cell.cuda.is_cpu:
        yield "NVIDIA_VISIBLE_DEVICES", "all"
        yield "NVIDIA_DRIVER_CAPABILITIES", "compute,utility"
    yield from sorted(inputs.variables.items())
