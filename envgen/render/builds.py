"""What the builder stage of a Dockerfile runs, in whichever system it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from packaging.requirements import InvalidRequirement, Requirement

from envgen.cell import Cell
from envgen.errors import EnvgenError
from envgen.spec.matrix import BuildStep, Extension


@dataclass(frozen=True)
class BuildInputs:
    """What a build is of.

    Attributes:
        steps: the extension's build steps that apply to this cell.
        source: the extension's folder, relative to the build context; None when it comes from the index.
        matrix_name: the file name of the matrix, for errors.
    """

    cell: Cell
    extension: Extension
    steps: tuple[BuildStep, ...]
    source: PurePosixPath | None
    matrix_name: str


@dataclass(frozen=True)
class Commands:
    """Commands in the copied source, or the install of a requirement that is written into requirements.txt."""

    commands: tuple[tuple[str, ...], ...]
    source: PurePosixPath | None = None
    requirement: str | None = None


def build_commands(inputs: BuildInputs, install: tuple[str, ...]) -> Commands:
    """The steps of the extension, or the install by its own build backend.

    Args:
        install: the command that installs what follows it into the folder of importable files.

    Raises:
        EnvgenError: the extension cannot be built in a container.
    """
    extension = inputs.extension
    if extension.source:
        return _from_index(extension, extension.source, install)
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
    return Commands(tuple(step.run for step in inputs.steps) or ((*install, "."),), source=inputs.source)


def _from_index(extension: Extension, source: str, install: tuple[str, ...]) -> Commands:
    if extension.build.steps:
        raise EnvgenError(
            f"{extension.name} comes from the index and has build steps of its own, which no Dockerfile runs.",
            "Give its unpacked source as `path`, or leave the steps out.",
        )
    try:
        requirement = Requirement(source)
    except InvalidRequirement:
        raise EnvgenError(f"{source!r} is not a requirement such as name==1.0.", "Correct `source`.") from None
    hashes = ("--require-hashes",) if extension.sha256 else ()
    command = (*install, *hashes, "--no-binary", requirement.name, "--requirement", "requirements.txt")
    line = f"{requirement} --hash=sha256:{extension.sha256}" if extension.sha256 else str(requirement)
    return Commands((command,), requirement=line)
