"""Host compilers: which of them a system has, and what torch asks of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any, Self

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envgen.cell import Cuda, GrammarError, Os
from envgen.compat.read import Table
from envgen.compat.verdict import Source
from envgen.compat.words import listed
from envgen.spec.labels import Compiler as CompilerLabel


class Family(StrEnum):
    """Compilers that number their releases alike."""

    GCC = "gcc"
    CLANG = "clang"
    MSVC = "msvc"

    @property
    def words(self) -> str:
        return "MSVC" if self is Family.MSVC else self.value


@dataclass(frozen=True)
class Compiler:
    """One release of a compiler: a major of gcc or clang, a toolset of Visual C++ (`14.44`)."""

    family: Family
    version: Version

    def __str__(self) -> str:
        return f"{self.family.words} {self.version}"


@dataclass(frozen=True)
class Limit:
    """The releases of a compiler that something takes: from `since` on, and below `below`; None: no such end."""

    since: Version | None = None
    below: Version | None = None

    @classmethod
    def between(cls, since: str, below: str) -> Self:
        return cls(Version(since), Version(below))

    def takes(self, version: Version) -> bool:
        return (self.since is None or self.since <= version) and (self.below is None or version < self.below)

    def __str__(self) -> str:
        ends = [f"from {self.since}"] if self.since else []
        return " and ".join([*ends, f"below {self.below}"] if self.below else ends)


@dataclass(frozen=True)
class Demand:
    """What something asks of a host compiler.

    Attributes:
        asks: how a sentence begins that names the limits: `nvcc 13.0 takes`.
        limits: the compilers that it limits; it takes every release of another.
    """

    asks: str
    limits: Mapping[Family, Limit]
    source: Source

    def takes(self, compiler: Compiler) -> bool:
        limit = self.limits.get(compiler.family)
        return limit is None or limit.takes(compiler.version)

    def limits_of(self, compilers: Iterable[Compiler]) -> str:
        """`nvcc 13.0 takes gcc below 16`, of the families that some compilers belong to; empty when it limits none."""
        families = {compiler.family for compiler in compilers}
        limits = [f"{family.words} {limit}" for family, limit in self.limits.items() if family in families]
        return f"{self.asks} {listed(limits)}" if limits else ""


@dataclass(frozen=True)
class Standard:
    """The C++ of a torch: the flag that its cpp_extension passes, and the least that its headers accept."""

    flag: int
    headers: int
    demand: Demand


@dataclass(frozen=True)
class System:
    """The compilers in an operating system's own archive, the default first."""

    compilers: tuple[Compiler, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Compilers:
    """The compilers of systems, and what each torch asks of one.

    Attributes:
        systems: those that are known.
        visual_studios: the toolsets of a Visual Studio by its year, newest first.
        standards: torch to its C++.
        floors: torch to the oldest compilers that its own files take.
        bounds: torch and CUDA to what cpp_extension checks before it compiles with nvcc; on Linux only.
        unit_gb: gigabytes of memory that compiling one unit takes: of the `host` compiler, and of `nvcc`.
    """

    systems: Mapping[Os, System]
    visual_studios: Mapping[str, tuple[Compiler, ...]]
    standards: tuple[tuple[SpecifierSet, Standard], ...]
    floors: tuple[tuple[SpecifierSet, Demand], ...]
    bounds: tuple[tuple[SpecifierSet, frozenset[Cuda], Demand], ...]
    unit_gb: Mapping[str, float]

    @classmethod
    def read(cls, table: Table) -> Self:
        """The compilers of a data file."""
        first = {row["standard"]: _floor(row) for row, _ in table.rows("standards")}
        return cls(
            systems=_systems(table),
            visual_studios={
                row["year"]: tuple(Compiler(Family.MSVC, Version(text)) for text in row["toolsets"])
                for row, _ in table.rows("visual_studios")
            },
            standards=tuple(
                (SpecifierSet(row["torch"]), _standard(row, first[row["flag"]], source))
                for row, source in table.rows("torch_standards")
            ),
            floors=tuple(
                (SpecifierSet(row["torch"]), Demand("its own files take", _floor(row), source))
                for row, source in table.rows("torch_floors")
            ),
            bounds=tuple(
                (SpecifierSet(row["torch"]), frozenset(map(Cuda.parse, row["cuda"])), _bounds(row, source))
                for row, source in table.rows("torch_bounds")
            ),
            unit_gb={row["compiler"]: float(row["gb"]) for row, _ in table.rows("unit_memory")},
        )

    def named(self, text: str) -> tuple[Compiler, ...]:
        """What a value of a `compiler` axis stands for.

        Returns:
            One compiler (`gcc12`, `clang17`, `msvc14.38`), or the toolsets of a Visual Studio (`msvc2022`); none when
            the text names no compiler that is known.
        """
        try:
            label = CompilerLabel.parse(text)
        except GrammarError:
            return ()
        family, version = Family(label.family), Version(label.version)
        if family is Family.MSVC and version.major > 1900:
            return self.visual_studios.get(label.version, ())
        return (Compiler(family, version),)

    def described(self, compiler: Compiler) -> str:
        """`MSVC 14.50 of Visual Studio 2026`, `gcc 12`."""
        if compiler.family is not Family.MSVC:
            return str(compiler)
        # The oldest toolset of a year is the last of its list.
        years = [year for year, toolsets in self.visual_studios.items() if toolsets[-1].version <= compiler.version]
        return f"{compiler} of Visual Studio {max(years)}" if years else str(compiler)

    def standard(self, torch: Version) -> Standard | None:
        """The C++ of a torch."""
        return next((standard for versions, standard in self.standards if versions.contains(torch)), None)

    def floor(self, torch: Version) -> Demand | None:
        """What a torch's own files say of old compilers, if anything."""
        return next((demand for versions, demand in self.floors if versions.contains(torch)), None)

    def check(self, torch: Version, cuda: Cuda) -> Demand | None:
        """What a torch's cpp_extension checks for a CUDA; None where its tables do not have it."""
        rows = (demand for versions, cudas, demand in self.bounds if cuda in cudas and versions.contains(torch))
        return next(rows, None)

    def demands(self, torch: Version | None, cuda: Cuda | None) -> tuple[Demand, ...]:
        """All that a torch asks of a host compiler: for its headers, and beside nvcc where a CUDA is given."""
        if torch is None:
            return ()
        standard = self.standard(torch)
        found = (standard.demand if standard else None, self.floor(torch), self.check(torch, cuda) if cuda else None)
        return tuple(demand for demand in found if demand)

    def gcc(self, os: Os) -> tuple[int, ...]:
        """The majors of g++ in a system's archive, the default first."""
        system = self.systems.get(os)
        compilers = system.compilers if system else ()
        return tuple(compiler.version.major for compiler in compilers if compiler.family is Family.GCC)


def names(compilers: Iterable[Compiler]) -> str:
    """`gcc 9 to 14 and clang 14, 15 and 19`: by family, ascending, three or more in a row as a span."""
    by_family = groupby(sorted(compilers, key=_rank), key=lambda compiler: compiler.family)
    return " and ".join(f"{family.words} {_spans([found.version for found in group])}" for family, group in by_family)


def _rank(compiler: Compiler) -> tuple[int, Version]:
    return list(Family).index(compiler.family), compiler.version


def _spans(versions: list[Version]) -> str:
    gapless = [version.major for version in versions] == list(range(versions[0].major, versions[-1].major + 1))
    return f"{versions[0]} to {versions[-1]}" if gapless and len(versions) > 2 else listed(versions)


def _systems(table: Table) -> dict[Os, System]:
    systems: dict[Os, System] = {}
    for row, source in table.rows("system_compilers"):
        found = tuple(Compiler(Family(row["compiler"]), Version(text)) for text in row["versions"])
        for os in map(Os.parse, row["os"]):
            known = systems.get(os, System((), ()))
            systems[os] = System(known.compilers + found, (*known.sources, source))
    return systems


def _standard(row: Mapping[str, Any], first: Mapping[Family, Limit], source: Source) -> Standard:
    return Standard(row["flag"], row["headers"], Demand(f"C++{row['flag']} needs", first, source))


def _bounds(row: Mapping[str, Any], source: Source) -> Demand:
    limits = {Family.GCC: Limit.between(*row["gcc"]), Family.CLANG: Limit.between(*row["clang"])}
    return Demand("its cpp_extension takes", limits, source)


def _floor(row: Mapping[str, Any]) -> dict[Family, Limit]:
    return {family: Limit(since=Version(row[family])) for family in Family if family in row}
