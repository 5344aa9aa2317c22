"""What the containers of Windows cells start from, and what is installed into them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from envgen.cell import Arch, Cell, Os, PythonVersion
from envgen.compat.read import Table
from envgen.errors import EnvgenError

_DATA = Path(__file__).parent / "data" / "windows.yaml"


@dataclass(frozen=True)
class Installer:
    """A program that installs something; sha256 is empty where its publisher may replace it."""

    url: str
    sha256: str = ""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls(row["url"], row.get("sha256", ""))


@dataclass(frozen=True)
class WindowsContainers:
    """The data that ships with envgen.

    Attributes:
        components: of the build tools, by their ids.
        own: images of the user's own; they go before the known ones.
    """

    images: Mapping[tuple[Os, Arch], str]
    pythons: Mapping[int, Installer]
    build_tools: Installer
    redistributable: Installer
    components: tuple[str, ...]
    own: Mapping[Os, str] = field(default_factory=dict)

    @classmethod
    def load(cls) -> Self:
        """The data that ships with envgen."""
        table = Table(_DATA)
        tools = {row["name"]: Installer.of(row) for row, _ in table.rows("tools")}
        return cls(
            images={(Os.parse(row["os"]), Arch(row["arch"])): row["image"] for row, _ in table.rows("systems")},
            pythons={PythonVersion.parse(row["python"]).minor: Installer.of(row) for row, _ in table.rows("pythons")},
            build_tools=tools["build-tools"],
            redistributable=tools["redistributable"],
            components=tuple(row["name"] for row, _ in table.rows("components")),
        )

    def named(self, name: Callable[[str], str]) -> WindowsContainers:
        """The same, with another name for every image."""
        return replace(
            self,
            images={key: name(image) for key, image in self.images.items()},
            own={os: name(image) for os, image in self.own.items()},
        )

    def image(self, cell: Cell) -> str:
        """What a cell's container starts from.

        Raises:
            EnvgenError: there is no such image.
        """
        found = self.own.get(cell.os) or self.images.get((cell.os, cell.arch))
        if not found:
            known = ", ".join(sorted(f"{os} on {arch}" for os, arch in self.images))
            raise EnvgenError(
                f"No base image is known for {cell.os} on {cell.arch}.", f"Use {known}, or name one in `docker.images`."
            )
        return found

    def python(self, cell: Cell) -> Installer:
        """The installer of a cell's Python.

        Raises:
            EnvgenError: none is known.
        """
        found = self.pythons.get(cell.python.minor)
        if not found:
            raise EnvgenError(f"No installer of Python {cell.python} for Windows is known.", "Exclude the cell.")
        return found
