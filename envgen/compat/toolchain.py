"""The CUDA toolkit: host compilers and device code of its nvcc, its wheels, and the drivers that carry it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from packaging.version import Version

from envgen.cell import Cuda, GrammarError, OsFamily
from envgen.compat.compilers import Demand, Family, Limit
from envgen.compat.read import Table
from envgen.compat.verdict import Source


@dataclass(frozen=True)
class DriverVersion:
    """A driver as NVIDIA writes it (`550.54.15`, `580.65.06`), or its branch alone (`550`)."""

    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        if not re.fullmatch(r"\d{3,4}(\.\d{1,4}){0,2}", text, re.ASCII):
            raise GrammarError(f"{text!r} is no driver version such as 580 or 550.54.15")
        return cls(text)

    def __str__(self) -> str:
        return self.text

    @property
    def version(self) -> Version:
        return Version(self.text)

    def older_than(self, other: DriverVersion) -> bool:
        """A driver that is named by its branch may be any of it."""
        if "." not in self.text:
            return self.version.major < other.version.major
        return self.version < other.version


@dataclass(frozen=True)
class Driver:
    """The oldest driver that something needs, where one was published."""

    linux: DriverVersion | None
    windows: DriverVersion | None
    source: Source

    def on(self, family: OsFamily) -> DriverVersion | None:
        return {OsFamily.LINUX: self.linux, OsFamily.WINDOWS: self.windows}.get(family)


@dataclass(frozen=True)
class Toolchain:
    """What is known of each release of the toolkit.

    Attributes:
        host: CUDA to what its nvcc asks of the host compiler.
        architectures: CUDA to what its nvcc compiles machine code for: `75`, `90a`.
        architectures_sources: CUDA to where that is known from.
        wheels: CUDA to the requirements that install its compiler.
        without_nvcc: wheels whose names promise a compiler that they do not hold.
        shipped: CUDA to the driver that its first release came with.
        minimum: major of CUDA to the oldest driver that runs programs of it, short of the JIT of newer PTX.
    """

    host: Mapping[Cuda, Demand]
    architectures: Mapping[Cuda, frozenset[str]]
    architectures_sources: Mapping[Cuda, Source]
    wheels: Mapping[Cuda, tuple[str, ...]]
    wheels_source: Source
    without_nvcc: tuple[str, ...]
    without_nvcc_source: Source
    shipped: Mapping[Cuda, Driver]
    minimum: Mapping[int, Driver]

    @classmethod
    def read(cls, table: Table) -> Self:
        """The toolchain of a data file."""
        device_code = [(Cuda.parse(row["cuda"]), row, source) for row, source in table.rows("nvcc_architectures")]
        wheels = [(Cuda.parse(row["cuda"]), row, source) for row, source in table.rows("toolkit_wheels")]
        host = [(Cuda.parse(row["cuda"]), row, source) for row, source in table.rows("host_compilers")]
        hollow = list(table.rows("wheels_without_nvcc"))
        return cls(
            host={cuda: Demand(f"nvcc {cuda.dotted} takes", _limits(row), source) for cuda, row, source in host},
            architectures={cuda: frozenset(row["sm"]) for cuda, row, _ in device_code},
            architectures_sources={cuda: source for cuda, _, source in device_code},
            wheels={cuda: tuple(row["requires"]) for cuda, row, _ in wheels},
            wheels_source=wheels[0][2],
            without_nvcc=tuple(row["package"] for row, _ in hollow),
            without_nvcc_source=hollow[0][1],
            shipped=dict(_shipped(table)),
            minimum={int(row["cuda"]): _driver(row, source) for row, source in table.rows("minimum_drivers")},
        )


def _limits(row: Mapping[str, Any]) -> dict[Family, Limit]:
    # A toolset 14.44 has the _MSC_VER 1944.
    since, below = (Version(f"14.{number - 1900}") for number in row["msc_ver"])
    return {
        Family.GCC: Limit(below=Version(str(row["gcc_max"] + 1))),
        Family.CLANG: Limit(below=Version(str(row["clang_below"]))),
        Family.MSVC: Limit(since, below),
    }


def _shipped(table: Table) -> list[tuple[Cuda, Driver]]:
    """Of every minor of CUDA the driver of its first release; updates (`12.4u1`) came with newer ones."""
    rows = [(row, source) for row, source in table.rows("toolkit_drivers") if "u" not in row["cuda"]]
    return [(Cuda.parse(row["cuda"]), _driver(row, source)) for row, source in rows]


def _driver(row: Mapping[str, Any], source: Source) -> Driver:
    linux, windows = (DriverVersion.parse(row[name]) if row[name] else None for name in ("linux", "windows"))
    return Driver(linux, windows, source)
