"""What `envgen facts index` does and shows."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from rich.console import Console
from rich.markup import escape

from envgen.cli.console import output
from envgen.compat.records import Platform
from envgen.compat.words import counted, listed
from envgen.errors import UsageError
from envgen.index import Reader
from envgen.refresh.access import configured_access
from envgen.symbols import Column, IndexStore, SymbolIndex
from envgen.symbols.make import Indexed, Work, make_index, merge_into, work_for
from envgen.symbols.probe import compiles_for, find_compiler

ALL = "all"
TELL_EVERY = 10.0  # seconds between lines of a log about what takes long
_BUNDLED = Path("envgen/symbols/data")


def index_torch(
    requirement: str, chosen: Sequence[str], *, again: bool, layout: bool, update_repo: Path | None, as_json: bool
) -> int:
    """Indexes the releases that a requirement admits, and prints what came of it.

    Returns:
        The exit code: 7 when something could not be read.
    """
    wanted, platforms = _wanted(requirement), _platforms(chosen)
    store = IndexStore.of()
    if store.user is None:
        raise UsageError("ENVGEN_FACTS is `bundled`: there is no place for an index.", "Unset it, or name a folder.")
    target = _target(update_repo)
    today = datetime.now(UTC).date()
    compiler = find_compiler() if layout else None
    with Reader(configured_access(), store.user.parent / "pages") as reader:
        every = work_for(reader, wanted, platforms)
        known = set() if again else _known(SymbolIndex(store), platforms)
        todo = [work for work in every if (work.release, work.platform) not in known]
        found = []
        for work in todo:
            with _told(output(stderr=True), work) as tell:
                found.append(make_index(reader, work, store.user, today, compiler, tell))
            if not as_json:
                _show(found[-1], output())
    written = merge_into(target, store.user) if target else ()
    if as_json:
        print(json.dumps({"indexed": [_as_json(each) for each in found], "written": [str(path) for path in written]}))
    else:
        _summary(found, len(every) - len(todo), written, output())
    return 7 if any(each.fault for each in found) else 0


def known_releases(*, as_json: bool) -> None:
    """Prints of which releases the symbols and the layouts are known, and as of when."""
    index = SymbolIndex.current()
    known = {platform: index.columns(platform) for platform in Platform}
    layouts = {(at, each.release): bool(index.layout(each.release, at)) for at, row in known.items() for each in row}
    if as_json:
        rows = [
            {**asdict(each), "platform": platform, "layout": layouts[platform, each.release]}
            for platform, row in known.items()
            for each in row
        ]
        print(json.dumps({"releases": rows, "notices": list(index.notices)}, default=str))
        return
    for platform, row in known.items():
        if row:
            print(_known_line(platform, row, sum(layouts[platform, each.release] for each in row)))
    for notice in index.notices:
        print(notice, file=sys.stderr)


def _known_line(platform: Platform, row: Sequence[Column], layouts: int) -> str:
    days = sorted({each.taken for each in row})
    read = f"{days[0]} to {days[-1]}" if len(days) > 1 else f"{days[0]}"
    span = f"{counted(len(row), 'release')}, {row[0].release} to {row[-1].release}"
    return f"{platform}: {span}, read {read}; layouts of {layouts or 'none'}"


def _wanted(text: str) -> SpecifierSet:
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        raise UsageError(
            f"{text!r} does not say which releases.", "Write it as torch==2.15.0 or 'torch>=2.9'."
        ) from None
    if requirement.name != "torch":
        raise UsageError(f"Symbols are indexed of torch, not of {requirement.name}.", "Write it as torch==2.15.0.")
    return requirement.specifier


def _platforms(chosen: Sequence[str]) -> tuple[Platform, ...]:
    if ALL in chosen:
        return tuple(Platform)
    if chosen:
        unknown = [text for text in chosen if text not in list(Platform)]
        if unknown:
            raise UsageError(f"{unknown[0]!r} is no platform.", f"Take {listed([*map(str, Platform), ALL])}.")
        return tuple(Platform(text) for text in chosen)
    here = compiles_for()
    if here is None:
        raise UsageError("This machine is none that torch has Linux or macOS wheels for.", "Name one with --platform.")
    return (here,)


def _target(update_repo: Path | None) -> Path | None:
    if update_repo is not None and not (update_repo / _BUNDLED).is_dir():
        raise UsageError(f"{update_repo} is no checkout of envgen.", "Give the folder with its pyproject.toml.")
    return update_repo / _BUNDLED if update_repo else None


def _known(index: SymbolIndex, platforms: Sequence[Platform]) -> set[tuple[Version, Platform]]:
    return {(release, platform) for platform in platforms for release in index.releases(platform)}


@contextmanager
def _told(console: Console, work: Work) -> Iterator[Callable[[str], None]]:
    """Says what is being read: in place on a terminal, a line now and then in a log."""
    head = f"torch {work.release}, {work.platform}"
    if console.is_terminal:
        with console.status(f"{head}: its members") as status:
            yield lambda member: status.update(f"{head}: {escape(member)}")
        return
    told = time.monotonic()

    def tell(member: str) -> None:
        nonlocal told
        if time.monotonic() - told >= TELL_EVERY:
            told = time.monotonic()
            console.print(f"{head}: {escape(member)}", highlight=False, soft_wrap=True)

    yield tell


def _show(found: Indexed, console: Console) -> None:
    head = f"torch {found.work.release}, {found.work.platform}"
    if found.fault:
        console.print(f"{head}: [red]not indexed[/]: {escape(found.fault)}", highlight=False, soft_wrap=True)
        return
    layout = f"{found.layout} values of its layout" if found.layout else f"layout unknown: {found.note}"
    console.print(
        f"{head}: {counted(found.symbols, 'symbol')} of {len(found.libraries)} libraries,"
        f" {escape(layout)}, {found.seconds:.1f} s",
        highlight=False,
        soft_wrap=True,
    )


def _summary(found: Sequence[Indexed], known: int, written: Sequence[Path], console: Console) -> None:
    done = sum(not each.fault for each in found)
    already = f", {known} known already (--again reads them anew)" if known else ""
    console.print(f"{counted(done, 'release')} indexed{already}.", highlight=False, soft_wrap=True)
    for path in written:
        console.print(f"{escape(str(path))}: {path.stat().st_size} bytes", highlight=False, soft_wrap=True)


def _as_json(found: Indexed) -> dict[str, Any]:
    return {
        "release": str(found.work.release),
        "platform": str(found.work.platform),
        "wheel": found.work.file.name,
        "symbols": found.symbols,
        "libraries": list(found.libraries),
        "layout": found.layout,
        "note": found.note,
        "fault": found.fault,
        "seconds": round(found.seconds, 1),
    }
