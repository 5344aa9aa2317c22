"""The index of one release, from its wheel to its files: symbols, and the layout where a compiler can tell it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from envgen.compat.records import Platform
from envgen.compat.verdict import Source
from envgen.errors import UsageError
from envgen.files import WriteError
from envgen.index import File, IndexFault, Reader, RemoteWheel
from envgen.symbols.build import index_wheel, wheels_of
from envgen.symbols.layout import Layouts
from envgen.symbols.probe import Compiler, ProbeFault, compiles_for, probe_wheel
from envgen.symbols.store import LAYOUTS, SYMBOLS
from envgen.symbols.table import SymbolTable


class NothingToIndexError(UsageError):
    """No release was asked for that the index of packages has."""


@dataclass(frozen=True)
class Work:
    """One release on one platform that is to be indexed."""

    release: Version
    platform: Platform
    file: File


@dataclass(frozen=True)
class Indexed:
    """What came of it.

    Attributes:
        symbols: how many of torch's names its libraries export.
        layout: how many values of its layout are known; None when none is.
        note: why no layout is known.
        fault: why it could not be indexed; empty when it was.
    """

    work: Work
    seconds: float
    symbols: int = 0
    libraries: tuple[str, ...] = ()
    layout: int | None = None
    note: str = ""
    fault: str = ""


def work_for(reader: Reader, wanted: SpecifierSet, platforms: Iterable[Platform]) -> tuple[Work, ...]:
    """The releases of torch on the default index that a range admits, newest first.

    Raises:
        IndexFault: the index cannot be read.
        NothingToIndexError: it has none of them for these platforms.
    """
    chosen = tuple(platforms)
    listings = reversed(reader.listings("torch"))  # the first index has the last word
    wheels = {place: file for listing in listings for place, file in wheels_of(listing).items()}
    found = [
        Work(release, platform, file)
        for (release, platform), file in wheels.items()
        if platform in chosen and wanted.contains(release)
    ]
    if not found:
        on = " or ".join(platform.words for platform in chosen)
        raise NothingToIndexError(
            f"The index of packages has no torch{wanted} for {on}.", "`envgen plan` lists the releases there are."
        )
    return tuple(sorted(found, key=lambda each: (each.release, each.platform), reverse=True))


def make_index(
    reader: Reader,
    work: Work,
    folder: Path,
    today: date,
    compiler: Compiler | None,
    tell: Callable[[str], None] = lambda _: None,
) -> Indexed:
    """Reads a wheel and writes the files of its release; what is wrong with it is said, and ends nothing else.

    Args:
        folder: where the files go, and where libraries are unpacked meanwhile.
        compiler: None leaves the layout unknown.
        tell: called with what is read next.

    Raises:
        WriteError: the system refuses.
    """
    started = time.monotonic()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with reader.wheel(work.file) as wheel:
            table = index_wheel(wheel, work.file, work.platform, today, folder, tell)
            table.write(folder / f"{work.platform}-{work.release}{SYMBOLS}")
            libraries = tuple(name for bit, name in enumerate(table.libraries) if (table.patterns >> bit & 1).any())
            note = _no_layout(work.platform, compiler)
            layout: int | None = None
            if compiler and not note:
                tell("torch/include")
                layout, note = _make_layout(wheel, work, folder, today, compiler)
    except IndexFault as fault:
        return Indexed(work, time.monotonic() - started, fault=fault.what)
    except OSError as error:
        raise WriteError(
            f"Cannot unpack {work.file.name} in {folder}: {error.strerror or error}.",
            "Libraries take up to 1.5 GB while they are read; ENVGEN_FACTS names another folder.",
        ) from None
    return Indexed(work, time.monotonic() - started, len(table.hashes), libraries, layout, note)


def merge_into(shipped: Path, folder: Path) -> tuple[Path, ...]:
    """Adds the files of single releases to those that are shipped, one for each platform.

    Args:
        folder: where the single files lie.

    Returns:
        What was written.

    Raises:
        IndexDamaged, FactsError: one of them is not what was written.
        WriteError: the system refuses.
    """
    written: list[Path] = []
    for platform in Platform:
        if own := sorted(folder.glob(f"{platform}-*{SYMBOLS}")):
            written.append(shipped / f"{platform}{SYMBOLS}")
            SymbolTable.merged([SymbolTable.read(path) for path in _behind(written[-1], own)]).write(written[-1])
        if own := sorted(folder.glob(f"{platform}-*{LAYOUTS}")):
            written.append(shipped / f"{platform}{LAYOUTS}")
            Layouts.merged([Layouts.read(path) for path in _behind(written[-1], own)]).write(written[-1])
    return tuple(written)


def _behind(first: Path, others: Iterable[Path]) -> list[Path]:
    return [*([first] if first.exists() else []), *others]


def _no_layout(platform: Platform, compiler: Compiler | None) -> str:
    if platform is not compiles_for():
        return "the layout is asked of a compiler for the same platform only"
    return "" if compiler else "no g++ or clang++ is here to be asked for the layout"


def _make_layout(
    wheel: RemoteWheel, work: Work, folder: Path, today: date, compiler: Compiler
) -> tuple[int | None, str]:
    try:
        values = probe_wheel(wheel, compiler, work.platform, folder)
    except ProbeFault as fault:
        return None, fault.what
    source = Source(f"torch's headers compiled with {compiler.version}", today, "measured")
    Layouts(work.platform, today, source, {work.release: values}).write(
        folder / f"{work.platform}-{work.release}{LAYOUTS}"
    )
    return len(values), ""
