"""A cell and its lock as a multi-stage Dockerfile: toolchain, dependencies, builder, runtime."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

from packaging.requirements import InvalidRequirement, Requirement

from envgen import __version__
from envgen.cell import Arch, Cell, GrammarError, OsFamily, SmArch
from envgen.errors import EnvgenError
from envgen.lock import ENVIRONMENTS
from envgen.render.files import Generated
from envgen.render.templates import render_template
from envgen.results import Rung
from envgen.source import CACHES, OUTPUTS
from envgen.spec.matrix import BuildStep, Extension, Toolkit

_SHOWN_VERSIONS = ("torch", "torch-tensorrt", "tensorrt")
_IMPORT = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"


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
        system_python: whether the system's own interpreter is the cell's, so that none is installed.
        gcc: major of the host compiler.
        device_code: whether the cell's CUDA units are compiled.
        cuda_archs: the architectures they are compiled for.
        variables: environment variables of the cell's own axes.
        max_jobs: compiler processes at a time, unless the extension's own variables say; the default of the build
            argument MAX_JOBS.
        archive: the hosts of the system's packages, in whose place a mirror may stand.
        notes: what a reader is to know of it, for the header.
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


@dataclass(frozen=True)
class _Build:
    """What the builder stage does: commands in the copied source, or the install of a requirement."""

    source: PurePosixPath | None
    requirement: str | None
    max_jobs: str
    env: tuple[tuple[str, str], ...]
    commands: tuple[tuple[str, ...], ...]
    cuda_wheels: bool = False


def environment_files(inputs: DockerInputs, lock: str) -> tuple[Generated, ...]:
    """The files of one cell's folder: Dockerfile, the context's ignore list, and the lock.

    Raises:
        EnvgenError: a value of the matrix cannot stand in a Dockerfile.
    """
    folder = Path(_folder(inputs.cell))
    return (
        Generated(folder / "Dockerfile", render_dockerfile(inputs)),
        Generated(folder / "Dockerfile.dockerignore", render_dockerignore(inputs)),
        Generated(folder / "pylock.toml", lock),
    )


def render_dockerfile(inputs: DockerInputs) -> str:
    """The cell's Dockerfile; the same bytes on every machine.

    Raises:
        EnvgenError: the cell is not a Linux cell, or a value of the matrix cannot stand in a Dockerfile.
    """
    cell = inputs.cell
    build = _build(inputs, inputs.extension) if inputs.extension else None
    return render_template(
        "Dockerfile.j2",
        envgen=__version__,
        matrix=inputs.matrix_name,
        cell=cell,
        folder=_folder(cell),
        tag=f"envgen:{cell}",
        base_image=inputs.base_image,
        runtime_image=inputs.runtime_image,
        gcc=inputs.gcc,
        uv_version=inputs.uv_version,
        python=inputs.python,
        system_python=inputs.system_python,
        platform=platform(cell),
        archives=f"s,https?://({'|'.join(map(re.escape, inputs.archive))}),",
        notes=inputs.notes,
        build=build,
        build_env=build.env if build else tuple(sorted(inputs.variables.items())),
        version=_version(inputs.extension),
        description=_description(inputs),
        lock=f"sha256:{inputs.lock_sha256}",
        runtime_env=tuple(_runtime_env(inputs)),
        check=_check(inputs.extension),
    )


def render_dockerignore(inputs: DockerInputs) -> str:
    """What the build context holds: the extension's source and the cell's lock, nothing else."""
    return render_template(
        "dockerignore.j2",
        envgen=__version__,
        matrix=inputs.matrix_name,
        caches=CACHES,
        outputs=OUTPUTS,
        folder=_folder(inputs.cell),
        source=str(inputs.source) if inputs.source else None,
    )


def platform(cell: Cell) -> str:
    """As Docker names it."""
    system = "windows" if cell.os.family is OsFamily.WINDOWS else "linux"
    return f"{system}/{'arm64' if cell.arch is Arch.AARCH64 else 'amd64'}"


def _version(extension: Extension | None) -> str:
    """Of the packaged software, where the matrix says it."""
    return extension.source.partition("==")[2] if extension and extension.source else ""


def _folder(cell: Cell) -> str:
    try:
        canonical = Cell.parse(str(cell)) == cell
    except GrammarError:
        canonical = False
    if not canonical:
        raise EnvgenError(f"{str(cell)!r} is not a cell id.", "Correct the axis values in matrix.yaml.")
    if cell.os.family is not OsFamily.LINUX:
        raise EnvgenError(f"{cell} is no Linux cell, and envgen renders containers of Linux only.", "Leave it out.")
    return f"{ENVIRONMENTS}/{cell}"


def _build(inputs: DockerInputs, extension: Extension) -> _Build:
    env = dict(_build_env(inputs, extension))
    # An ENV would outrank what the user gives with --build-arg.
    max_jobs = env.pop("MAX_JOBS", str(inputs.max_jobs))
    cuda_wheels = inputs.device_code and inputs.toolkit is Toolkit.WHEELS
    begin = partial(_Build, max_jobs=max_jobs, env=tuple(env.items()), cuda_wheels=cuda_wheels)
    # No cache: uv would take the binary that it built for another cell's torch.
    install = ("uv", "pip", "install", "--no-cache", "--no-deps", "--no-build-isolation", "--target", "/opt/extension")
    if extension.source:
        if extension.build.steps:
            raise EnvgenError(
                f"{extension.name} comes from the index and has build steps of its own, which no Dockerfile runs.",
                "Give its unpacked source as `path`, or leave the steps out.",
            )
        requirement = _requirement(extension.source, extension.sha256)
        hashes = ("--require-hashes",) if extension.sha256 else ()
        name = Requirement(extension.source).name
        command = (*install, *hashes, "--no-binary", name, "--requirement", "requirements.txt")
        return begin(source=None, requirement=requirement, commands=(command,))
    if inputs.source is None:
        raise EnvgenError(
            f"The source of {extension.name} lies outside the folder of {inputs.matrix_name}, which is the context.",
            "Move it below that folder.",
        )
    if extension.build.steps and not inputs.steps:
        raise EnvgenError(
            f"None of the build steps of {extension.name} applies to {inputs.cell}.",
            "Widen the `when` of a step, or exclude the cell.",
        )
    commands = tuple(step.run for step in inputs.steps) or ((*install, "."),)
    return begin(source=inputs.source, requirement=None, commands=commands)


def _requirement(source: str, sha256: str | None) -> str:
    try:
        requirement = str(Requirement(source))
    except InvalidRequirement:
        raise EnvgenError(f"{source!r} is not a requirement such as name==1.0.", "Correct `source`.") from None
    return f"{requirement} --hash=sha256:{sha256}" if sha256 else requirement


def _build_env(inputs: DockerInputs, extension: Extension) -> Iterator[tuple[str, str]]:
    yield "CC", f"gcc-{inputs.gcc}"
    yield "CXX", f"g++-{inputs.gcc}"
    yield "ENVGEN_CELL", str(inputs.cell)
    yield "ENVGEN_OUT", "/opt/extension"
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


def _description(inputs: DockerInputs) -> str:
    cuda = inputs.cell.cuda
    packages = [f"{name} {inputs.versions[name]}" for name in _SHOWN_VERSIONS if name in inputs.versions]
    return ", ".join(
        [f"Python {inputs.cell.python}", *packages, "CPU" if cuda.is_cpu else f"CUDA {cuda.major}.{cuda.minor}"]
    )


def _check(extension: Extension | None) -> tuple[str, ...]:
    """What the image runs by default: the CPU check, or at least the imports."""
    if extension is None:
        return ("python", "-c", _IMPORT, "torch")
    check = extension.check(Rung.CPU)
    return check.run if check else ("python", "-c", _IMPORT, *extension.imports)
