"""A Windows cell and its lock as a Dockerfile on Windows Server Core."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from envgen import __version__
from envgen.cell import Cell
from envgen.compat.windows import Installer
from envgen.lock import BUILD_CONSTRAINTS
from envgen.render.about import cell_folder, default_command, described, ignore_list, image_tag, packaged_version
from envgen.render.builds import BuildInputs, Commands, build_commands
from envgen.render.files import Generated
from envgen.render.templates import render_template
from envgen.spec.matrix import BuildStep, Extension

_PYTHON = "C:\\venv\\Scripts\\python.exe"
_PYTHON_OPTIONS = ("/quiet", "InstallAllUsers=1", "TargetDir=C:\\Python", "Include_launcher=0", "Include_test=0")
_BUILD_TOOLS_OPTIONS = ("--quiet", "--wait", "--norestart", "--nocache", "--installPath", "C:\\BuildTools")
_INSTALL = (
    "C:\\Python\\python.exe", "-m", "uv", "pip", "install", "--python", _PYTHON,
    "--no-cache", "--no-deps", "--no-build-isolation", "--target", "C:\\step",
)  # fmt: skip
_SYNC = (
    "C:\\Python\\python.exe", "-m", "uv", "pip", "sync", "--preview-features", "pylock", "--no-config", "--no-cache",
    "--require-hashes", "--python", _PYTHON, "C:\\envgen\\pylock.toml",
)  # fmt: skip
_SYNC_BUILDING = (*_SYNC, "--build-constraints", f"C:\\envgen\\{BUILD_CONSTRAINTS}")


@dataclass(frozen=True)
class WindowsInputs:
    """Everything a Windows cell's Dockerfile says; as `DockerInputs`, with what is installed.

    Attributes:
        image: where every stage starts.
        python: the installer of the cell's Python.
        build_tools: the installer of the compiler.
        components: what of the build tools.
        redistributable: the installer of the compiler's runtime libraries.
    """

    cell: Cell
    image: str
    python: Installer
    build_tools: Installer
    components: tuple[str, ...]
    redistributable: Installer
    matrix_name: str
    lock_sha256: str
    versions: Mapping[str, str]
    uv_version: str
    extension: Extension | None = None
    steps: tuple[BuildStep, ...] = ()
    source: PurePosixPath | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    build_constraints: str = ""


def windows_files(inputs: WindowsInputs, lock: str) -> tuple[Generated, ...]:
    """The files of one cell's folder: Dockerfile, the context's ignore list, and the lock.

    Raises:
        EnvgenError: a value of the matrix cannot stand in a Dockerfile.
    """
    folder = cell_folder(inputs.cell)
    constraints = [Generated(Path(folder, BUILD_CONSTRAINTS), inputs.build_constraints)] * bool(
        inputs.build_constraints
    )
    locks = (f"{folder}/pylock.toml", *(file.path.as_posix() for file in constraints))
    ignored = ignore_list(locks, inputs.source, inputs.matrix_name)
    return (
        Generated(Path(folder, "Dockerfile"), _dockerfile(inputs, folder)),
        Generated(Path(folder, "Dockerfile.dockerignore"), ignored),
        Generated(Path(folder, "pylock.toml"), lock),
        *constraints,
    )


def _dockerfile(inputs: WindowsInputs, folder: str) -> str:
    cell = inputs.cell
    free = cell.python.free_threaded
    return render_template(
        "Dockerfile.windows.j2",
        envgen=__version__,
        matrix=inputs.matrix_name,
        cell=cell,
        folder=folder,
        tag=image_tag(cell, inputs.extension),
        image=inputs.image,
        notes=inputs.notes,
        python=inputs.python,
        interpreter=f"C:\\Python\\python{cell.python if free else ''}.exe",
        python_options=(*_PYTHON_OPTIONS, *(["Include_freethreaded=1"] if free else [])),
        build_tools=inputs.build_tools,
        build_tools_options=(*_BUILD_TOOLS_OPTIONS, *(word for name in inputs.components for word in ("--add", name))),
        redistributable=inputs.redistributable,
        uv=f"uv=={inputs.uv_version}",
        sync=_SYNC_BUILDING if inputs.build_constraints else _SYNC,
        build_constraints=BUILD_CONSTRAINTS if inputs.build_constraints else "",
        build=_commands(inputs, inputs.extension) if inputs.extension else None,
        build_env=tuple(_build_env(inputs, inputs.extension)) if inputs.extension else (),
        runtime_env=tuple(_runtime_env(inputs)),
        version=packaged_version(inputs.extension),
        description=described(cell, inputs.versions),
        lock=f"sha256:{inputs.lock_sha256}",
        check=default_command(inputs.extension),
    )


def _commands(inputs: WindowsInputs, extension: Extension) -> Commands:
    of = BuildInputs(inputs.cell, extension, inputs.steps, inputs.source, inputs.matrix_name)
    return build_commands(of, _INSTALL)


def _build_env(inputs: WindowsInputs, extension: Extension) -> Iterator[tuple[str, str]]:
    yield "DISTUTILS_USE_SDK", "1"  # the compiler is the one that the variables below name
    yield "ENVGEN_CELL", str(inputs.cell)
    yield "ENVGEN_OUT", "C:\\step"  # of one step; each begins with an empty one
    yield "ENVGEN_DEVICE_CODE", "0"
    yield from sorted(inputs.variables.items())
    yield from sorted(extension.build.env.items())


def _runtime_env(inputs: WindowsInputs) -> Iterator[tuple[str, str]]:
    if inputs.extension:
        yield "PYTHONPATH", "C:\\extension"
    yield from sorted(inputs.variables.items())
