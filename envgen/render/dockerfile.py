"""A cell and its lock as a multi-stage Dockerfile: toolchain, dependencies, builder, runtime."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from envgen import __version__
from envgen.cell import Cell, OsFamily, SmArch
from envgen.errors import EnvgenError
from envgen.lock import BUILD_CONSTRAINTS
from envgen.render.about import (
    cell_folder,
    default_command,
    described,
    ignore_list,
    image_tag,
    packaged_version,
    platform,
)
from envgen.render.builds import BuildInputs, Commands, build_commands
from envgen.render.files import Generated
from envgen.render.layers import WHOLE, Layer
from envgen.render.shells import shell_files
from envgen.render.templates import render_template
from envgen.spec.matrix import BuildStep, Extension, Toolkit

# No cache: uv would take the binary that it built for another cell's torch.
_INSTALL = ("uv", "pip", "install", "--no-cache", "--no-deps", "--no-build-isolation", "--target", "/opt/step")


@dataclass(frozen=True)
class DockerInputs:
    """Everything a cell's Dockerfile says.

    Attributes:
        base_image: where the build stages start; the default of the build argument BASE_IMAGE.
        runtime_image: where the last stage starts; the default of the build argument RUNTIME_IMAGE.
        extension: what is built; None renders an environment alone.
        steps: the extension's build steps that apply to this cell.
        source: the extension's folder, relative to the build context; None when it comes from the index.
        matrix_name: the file name of the matrix, for the header.
        lock_sha256: hash of the cell's pylock.toml.
        versions: package name to exact version in the lock.
        python: the interpreter that uv installs: a minor version, or an exact one.
        layers: the locks that are installed one after the other; the last is the cell's own.
        system_python: whether the system's own interpreter is the cell's, so that none is installed.
        gcc: major of the host compiler.
        device_code: whether the cell's CUDA units are compiled.
        cuda_archs: the architectures they are compiled for.
        variables: environment variables of the cell's own axes.
        max_jobs: compiler processes at a time, unless the extension's own variables say; the default of the build
            argument MAX_JOBS.
        archive: the hosts of the system's packages, in whose place a mirror may stand.
        notes: what a reader is to know of it, for the header.
        build_constraints: what the lock's source distributions are built with; empty where it has none.
    """

    cell: Cell
    base_image: str
    runtime_image: str
    matrix_name: str
    lock_sha256: str
    versions: Mapping[str, str]
    uv_version: str
    python: str
    gcc: int
    layers: tuple[Layer, ...] = (Layer(WHOLE),)
    system_python: bool = False
    extension: Extension | None = None
    steps: tuple[BuildStep, ...] = ()
    source: PurePosixPath | None = None
    device_code: bool = False
    cuda_archs: tuple[SmArch, ...] = ()
    toolkit: Toolkit = Toolkit.MACHINE
    variables: Mapping[str, str] = field(default_factory=dict)
    max_jobs: int = 4
    archive: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    build_constraints: str = ""


@dataclass(frozen=True)
class _Build:
    """What the builder stage does, and in which variables."""

    does: Commands
    max_jobs: str
    env: tuple[tuple[str, str], ...]
    cuda_wheels: bool = False


def environment_files(inputs: DockerInputs, lock: str) -> tuple[Generated, ...]:
    """The files of one cell's folder: Dockerfile, the context's ignore list, the locks, and the ways into the cell.

    Raises:
        EnvgenError: a value of the matrix cannot stand in a Dockerfile.
    """
    folder = Path(cell_folder(inputs.cell))
    return (
        Generated(folder / "Dockerfile", render_dockerfile(inputs)),
        Generated(folder / "Dockerfile.dockerignore", render_dockerignore(inputs)),
        Generated(folder / WHOLE, lock),
        *(Generated(folder / layer.lock, layer.text) for layer in inputs.layers if layer.text is not None),
        *([Generated(folder / BUILD_CONSTRAINTS, inputs.build_constraints)] if inputs.build_constraints else []),
        *shell_files(inputs.cell, inputs.extension, inputs.matrix_name),
    )


def render_dockerfile(inputs: DockerInputs) -> str:
    """The cell's Dockerfile; the same bytes on every machine.

    Raises:
        EnvgenError: the cell is not a Linux cell, or a value of the matrix cannot stand in a Dockerfile.
    """
    cell = inputs.cell
    if cell.os.family is not OsFamily.LINUX:
        raise EnvgenError(f"{cell} is no Linux cell, and this is the Dockerfile of one.", "Leave it out.")
    build = _build(inputs, inputs.extension) if inputs.extension else None
    return render_template(
        "Dockerfile.j2",
        envgen=__version__,
        matrix=inputs.matrix_name,
        cell=cell,
        folder=cell_folder(cell),
        tag=image_tag(cell, inputs.extension),
        base_image=inputs.base_image,
        runtime_image=inputs.runtime_image,
        gcc=inputs.gcc,
        uv_version=inputs.uv_version,
        python=inputs.python,
        layers=inputs.layers,
        build_constraints=BUILD_CONSTRAINTS if inputs.build_constraints else "",
        system_python=inputs.system_python,
        platform=platform(cell),
        archives=f"s,https?://({'|'.join(map(re.escape, inputs.archive))}),",
        notes=inputs.notes,
        build=build,
        build_env=build.env if build else tuple(sorted(inputs.variables.items())),
        version=packaged_version(inputs.extension),
        description=described(inputs.cell, inputs.versions),
        lock=f"sha256:{inputs.lock_sha256}",
        runtime_env=tuple(_runtime_env(inputs)),
        check=default_command(inputs.extension),
    )


def render_dockerignore(inputs: DockerInputs) -> str:
    """What the build context holds: the extension's source and the cell's locks, nothing else."""
    names = [*(layer.lock for layer in inputs.layers), *([BUILD_CONSTRAINTS] if inputs.build_constraints else [])]
    locks = tuple(f"{cell_folder(inputs.cell)}/{name}" for name in names)
    return ignore_list(locks, inputs.source, inputs.matrix_name)


def _build(inputs: DockerInputs, extension: Extension) -> _Build:
    of = BuildInputs(inputs.cell, extension, inputs.steps, inputs.source, inputs.matrix_name)
    env = dict(_build_env(inputs, extension))
    # An ENV would outrank what the user gives with --build-arg.
    max_jobs = env.pop("MAX_JOBS", str(inputs.max_jobs))
    cuda_wheels = inputs.device_code and inputs.toolkit is Toolkit.WHEELS
    return _Build(build_commands(of, _INSTALL), max_jobs, tuple(env.items()), cuda_wheels)


def _build_env(inputs: DockerInputs, extension: Extension) -> Iterator[tuple[str, str]]:
    yield "CC", f"gcc-{inputs.gcc}"
    yield "CXX", f"g++-{inputs.gcc}"
    yield "ENVGEN_CELL", str(inputs.cell)
    yield "ENVGEN_OUT", "/opt/step"  # of one step; each begins with an empty one
    yield "ENVGEN_DEVICE_CODE", "1" if inputs.device_code else "0"
    if inputs.device_code:
        yield "CUDAHOSTCXX", f"g++-{inputs.gcc}"
        yield "FORCE_CUDA", "1"
        yield "TORCH_CUDA_ARCH_LIST", ";".join(map(str, sorted(inputs.cuda_archs)))
    if inputs.device_code and inputs.toolkit is Toolkit.WHEELS:
        # Where the compiler wheels of CUDA 13 and later unpack.
        yield "CUDA_HOME", f"/opt/venv/lib/python{inputs.cell.python}/site-packages/nvidia/cu{inputs.cell.cuda.major}"
    yield from sorted(inputs.variables.items())
    yield from sorted(extension.build.env.items())


def _runtime_env(inputs: DockerInputs) -> Iterator[tuple[str, str]]:
    if inputs.extension:
        yield "PYTHONPATH", "/opt/extension"
    if not inputs.cell.cuda.is_cpu:
        yield "NVIDIA_VISIBLE_DEVICES", "all"
        yield "NVIDIA_DRIVER_CAPABILITIES", "compute,utility"
    yield from sorted(inputs.variables.items())
