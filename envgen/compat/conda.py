"""What a cell is called in conda's channels: its platform, its packages, its virtual packages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from packaging.utils import canonicalize_name
from packaging.version import Version

from envgen.cell import Arch, Cell, Cuda, Os, OsFamily, PythonVersion
from envgen.compat.facts import Facts
from envgen.compat.read import Table
from envgen.spec.labels import Compiler

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Subdir:
    """A platform as a channel's folder names it, with the oldest processor its packages run on."""

    name: str
    archspec: str


@dataclass(frozen=True)
class PythonBuilds:
    """How a channel tells the builds of Python apart, from the release on that also comes without the global lock."""

    since: Version
    locked: str
    free: str

    def of(self, python: PythonVersion) -> str:
        """The glob of a Python's builds: `*_cp313`; empty where there is only one kind."""
        if not python.free_threaded and Version(f"3.{python.minor}") < self.since:
            return ""
        glob = self.free if python.free_threaded else self.locked
        return glob.format(digits=f"3{python.minor}")


@dataclass(frozen=True)
class CondaNames:
    """The data that ships with envgen.

    Attributes:
        channels: taken where the matrix names none.
        names: name on the Python package index to name in the channel, where they differ.
        device_code: what compiles CUDA units against torch.
        by_pip: globs of packages of the Python package index that the channel does not have.
    """

    channels: tuple[str, ...]
    names: Mapping[str, str]
    device_code: tuple[str, ...]
    by_pip: tuple[str, ...]
    _subdirs: Mapping[tuple[OsFamily, Arch], Subdir]
    _virtual: Mapping[OsFamily, Mapping[str, str]]
    _torch: Mapping[str, str]
    _python: PythonBuilds
    _compilers: Mapping[OsFamily, tuple[str, ...]]
    _named_compilers: Mapping[str, tuple[str, ...]]

    @classmethod
    def load(cls) -> Self:
        table = Table(_DATA / "conda.yaml")

        def rows(name: str) -> list[Mapping[str, Any]]:
            return [row for row, _ in table.rows(name)]

        builds = {row["package"]: row for row in rows("builds")}
        python = builds["python"]
        return cls(
            channels=tuple(row["name"] for row in rows("channels")),
            names={row["pypi"]: row["conda"] for row in rows("names")},
            device_code=tuple(package for row in rows("device_code") for package in row["packages"]),
            by_pip=tuple(glob for row in rows("by_pip") for glob in row["names"]),
            _subdirs={
                (OsFamily(row["family"]), Arch(row["arch"])): Subdir(row["subdir"], row["archspec"])
                for row in rows("subdirs")
            },
            _virtual={OsFamily(row["family"]): row["packages"] for row in rows("virtual")},
            _torch=builds["pytorch"],
            _python=PythonBuilds(Version(python["since"]), python["locked"], python["free"]),
            _compilers={OsFamily(row["family"]): tuple(row["packages"]) for row in rows("compilers")},
            _named_compilers={row["compiler"]: tuple(row["packages"]) for row in rows("named_compilers")},
        )

    def subdir(self, cell: Cell) -> str:
        """The platform of a cell: `linux-64`."""
        return self._subdirs[cell.os.family, cell.arch].name

    def name(self, pypi: str) -> str:
        """The channel's name of a package of the Python index."""
        name = canonicalize_name(pypi)
        return self.names.get(name, name)

    def python_build(self, python: PythonVersion) -> str:
        return self._python.of(python)

    def torch_build(self, cuda: Cuda) -> str:
        """The glob of torch's builds for a CUDA, or for none: `cuda129*`, `cpu*`."""
        return self._torch["cpu"] if cuda.is_cpu else self._torch["cuda"].format(digits=f"{cuda.major}{cuda.minor}")

    def compilers(self, cell: Cell, named: Compiler | None) -> tuple[str, ...]:
        """The specs of what compiles host code for a cell, by the axis `compiler` where there is one."""
        subdir = self.subdir(cell)
        if named is None:
            return tuple(package.format(subdir=subdir) for package in self._compilers[cell.os.family])
        return tuple(
            package.format(subdir=subdir, version=named.version) for package in self._named_compilers[named.family]
        )

    def virtual(self, cell: Cell, facts: Facts) -> dict[str, str]:
        """What the cell's machine has, as virtual packages: name to `VERSION` or `VERSION BUILD`."""
        found = dict(self._virtual[cell.os.family])
        found["__archspec"] = f"1 {self._subdirs[cell.os.family, cell.arch].archspec}"
        if cell.os.family is OsFamily.MACOS:
            found["__osx"] = _dotted(cell.os)
        system = facts.systems.get(cell.os)
        if system and system.glibc:
            found["__glibc"] = str(system.glibc)
        if not cell.cuda.is_cpu:
            found["__cuda"] = cell.cuda.dotted
        return found


def _dotted(os: Os) -> str:
    return os.release if "." in os.release else f"{os.release}.0"
