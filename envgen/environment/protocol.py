"""What every environment offers to the ladder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from envgen.command import Command


class Unavailable(Exception):  # noqa: N818 - an outcome ("not run"), not an error
    """The environment is not to be had on this machine; the text says why, as a sentence."""


class Environment(Protocol):
    """A place where a cell's commands run.

    It describes commands and runs none: the ladder runs them, each in its own process group.
    """

    @property
    def kind(self) -> str:
        """`venv`, `current`."""

    @property
    def uses_lock(self) -> bool:
        """Whether it is made from the cell's lock."""

    def creation(self) -> tuple[Command, ...]:
        """The commands that make it; none when it is there already.

        Raises:
            Unavailable: it is not to be had here.
        """

    def exists(self) -> bool:
        """Whether it was made completely."""

    def site_packages(self) -> Path | None:
        """Where its packages are, seen from outside; None when that is not known yet."""

    def command(self, argv: tuple[str, ...], cwd: Path, variables: Mapping[str, str | None]) -> Command:
        """A command inside it: `python` means its interpreter, its own programs come first."""
