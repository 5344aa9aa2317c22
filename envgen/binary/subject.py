"""What `envgen diagnose` was given: binaries, something with binaries in it, a release on an index, or a text."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from envgen.binary.read import is_archive, is_binary_name, looks_like_binary
from envgen.errors import UsageError

STDIN = "-"


class Kind(StrEnum):
    """What is to be done with it."""

    BINARIES = "binaries"
    RELEASE = "release"
    TEXT = "text"


def kind_of(text: str) -> Kind:
    """What an argument of the command line is; a file is told by its content.

    Raises:
        UsageError: there is no such file, and it names no release.
        OSError: the file cannot be read.
    """
    path = Path(text)
    if not text:
        raise UsageError(
            "An empty name was given.", "Name a file, a folder, or NAME==VERSION; a variable may be unset."
        )
    if text == STDIN:
        return Kind.TEXT
    if path.is_dir():
        return Kind.BINARIES
    if path.exists() and not path.is_file():
        return Kind.TEXT  # a pipe, which can be read once only
    if path.exists():
        return Kind.BINARIES if _is_binary(path) else Kind.TEXT
    if release_of(text):
        return Kind.RELEASE
    raise UsageError(
        f"There is no file {text!r}, and it names no release either.", "Name a file, a folder, or NAME==VERSION."
    )


def release_of(text: str) -> tuple[str, str] | None:
    """Name and version of `NAME==VERSION`; None for anything else."""
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415 - for a release only

    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None
    specifiers = list(requirement.specifier)
    if len(specifiers) != 1 or specifiers[0].operator != "==" or "*" in specifiers[0].version:
        return None
    return requirement.name, specifiers[0].version


def _is_binary(path: Path) -> bool:
    """A file with a library's name is meant as one, whatever is in it."""
    if is_binary_name(path.name) or path.suffix in (".whl", ".zip") or is_archive(path):
        return True
    with path.open("rb") as stream:
        return looks_like_binary(stream.read(4))
