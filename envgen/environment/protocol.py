"""What every environment offers to the ladder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from envgen.cell import SmArch
from envgen.command import Command


class Unavailable(Exception):  # noqa: N818 - an outcome ("not run"), not an error
    """The environment is not to be had on this machine; the text says why, as a sentence."""


@dataclass(frozen=True)
class Recipe:
    """How an environment that builds the extension by itself does that.

    Attributes:
        source: where it wants a copy of the extension's source.
        device_code: whether it compiles CUDA units.
        archs: for which GPUs.
    """

    source: Path
    device_code: bool
    archs: tuple[SmArch, ...]


class Environment(Protocol):
    """A place where a cell's commands run.

    It describes commands and runs none: the ladder runs them, each in its own process group.
    """

    @property
    def kind(self) -> str:
        """`venv`, `conda`, `docker`, `current`."""

    @property
    def uses_lock(self) -> bool:
        """Whether it is made from the cell's lock."""

    @property
    def recipe(self) -> Recipe | None:
        """How it builds the extension by itself; None where the ladder runs the build steps in it."""

    def creation(self) -> tuple[Command, ...]:
        """The commands that make it; none when it is there already.

        Raises:
            Unavailable: it is not to be had here.
        """

    def prepare(self) -> None:
        """Puts in place the files that the commands read, before those that make it or that build.

        Raises:
            OSError: one cannot be read or written.
        """

    def building(self, out: Path, facts: Path) -> tuple[Command, ...]:
        """Where it has a recipe: the commands that build the extension.

        Args:
            out: where they leave what, on PYTHONPATH, makes it importable.
            facts: where they leave what is worth telling, as JSON.
        """

    def exists(self) -> bool:
        """Whether it was made completely."""

    def disk_bytes(self) -> int:
        """What it takes of the disk; what it shares with others counts too."""

    def site_packages(self) -> Path | None:
        """Where its packages are, seen from outside; None when that is not known yet, or not to be seen."""

    def inside(self, path: Path) -> str:
        """How a command in it calls the cell's artifact, a probe, or a file in the folder it runs in."""

    def command(self, argv: tuple[str, ...], cwd: Path, variables: Mapping[str, str | None]) -> Command:
        """A command inside it: `python` means its interpreter, its own programs come first."""


class OnThisMachine:
    """What environments have in common whose commands are processes of this machine, and see its files."""

    @property
    def recipe(self) -> Recipe | None:
        return None

    def prepare(self) -> None:
        """Nothing: the commands read no files of their own."""

    def building(self, out: Path, facts: Path) -> tuple[Command, ...]:
        return ()

    def inside(self, path: Path) -> str:
        return str(path)


def folder_bytes(folder: Path) -> int:
    """Bytes of all files below a folder; what is shared with a cache by hard links counts too."""
    return sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file())
