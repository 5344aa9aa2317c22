"""`envgen facts`: bring the facts up to date, and say how old they are."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import platformdirs
import typer
from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table

from envgen.cell import GrammarError
from envgen.cli.console import output
from envgen.cli.context import JsonOption
from envgen.compat.store import Store
from envgen.compat.words import counted
from envgen.errors import UsageError
from envgen.index import Reader
from envgen.refresh.access import configured_access
from envgen.refresh.ages import Ages, ages
from envgen.refresh.packages import followed
from envgen.refresh.refresh import Observer, Target, refresh
from envgen.refresh.report import Outcome, Report, State
from envgen.spec.quantity import parse_duration

app = typer.Typer(no_args_is_help=True, help="What envgen knows of packages: bring it up to date, see how old it is.")
TELL_EVERY = 10.0  # seconds between lines of a log about what takes long
SHOWN = 12  # lines of a difference
_STYLE = {State.NEW: "green", State.UNCHANGED: "dim", State.HELD: "yellow", State.FAILED: "red"}
_BUNDLED = Path("envgen/compat/data/packages")


@app.command("refresh")
def refresh_command(
    offline: Annotated[bool, typer.Option("--offline", help="Ask no index; say what is there.")] = False,
    update_repo: Annotated[
        Path | None,
        typer.Option(
            "--update-repo",
            metavar="FOLDER",
            help="Write the snapshots bundled in this checkout of envgen, and print the"
            " difference as Markdown. For maintainers.",
        ),
    ] = None,
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", help="Look into every file again, not only into new ones.")
    ] = False,
    accept: Annotated[bool, typer.Option("--accept", help="Take what a guard held back, after a look at it.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Ask the indexes that pip and uv are configured with for what is new, and keep it in the user's cache.

    Only new files are looked into, by ranges: a few megabytes for each. Facts that would change what rules rely on
    (a vanished file, other content under one name, a new ABI or GPU architecture) are held back until `--accept`;
    the exit code is 7 then, and 6 when something could not be read. What fails keeps its old facts.

    Examples: `envgen facts refresh`, `envgen facts refresh --json`, `envgen facts refresh --update-repo .`
    """
    store = Store.of()
    if offline:
        _status(ages(store), as_json=as_json, header="No index was asked. These facts are used:")
        return
    target = _target(update_repo, store)
    access = configured_access()
    with Reader(access, _pages(store)) as reader, _observed(output(stderr=True)) as observer:
        today = _today()
        report = refresh(reader, target, followed(), today, observer, again=from_scratch, accept=accept)
    if as_json:
        print(json.dumps(report.as_json(), indent=2))
    elif update_repo:
        print(report.as_markdown(), end="")
        _summary(report, output(stderr=True))
    else:
        console = output()
        _packages(report, console)
        _summary(report, console)
    raise typer.Exit(report.exit_code)


@app.command("status")
def status_command(
    max_age: Annotated[
        str | None, typer.Option("--max-age", metavar="AGE", help="Exit with 1 when something is older, such as `30d`.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """How old every snapshot and every file of hand-kept facts is, and where it was read from.

    Example, for CI: `envgen facts status --max-age 30d`
    """
    found = ages(Store.of())
    limit = _age(max_age) if max_age else None
    _status(found, as_json=as_json)
    if limit is not None and found.oldest(_today()) > limit:
        raise typer.Exit(1)


def _target(update_repo: Path | None, store: Store) -> Target:
    if update_repo is None:
        if store.user is None:
            raise UsageError(
                "ENVGEN_FACTS is `bundled`: there is no place for newer facts.", "Unset it, or let it name a folder."
            )
        return Target(store)
    folder = update_repo / _BUNDLED
    if not folder.is_dir():
        raise UsageError(f"{update_repo} is no checkout of envgen.", "Give the folder with its pyproject.toml.")
    return Target(Store(None, folder), folder)


def _pages(store: Store) -> Path:
    """Where pages of indexes are kept for conditional requests: beside the user's facts, whatever is written."""
    return (store.user or platformdirs.user_cache_path("envgen", appauthor=False) / "facts") / "pages"


def _age(text: str) -> timedelta:
    try:
        return timedelta(seconds=parse_duration(text))
    except GrammarError:
        raise UsageError(f"{text!r} is not an age.", "Write it as 30d or 12h.") from None


def _today() -> date:
    return datetime.now(UTC).date()


@contextmanager
def _observed(console: Console) -> Iterator[Observer]:
    if not console.is_terminal:
        yield _Lines(console)
        return
    with console.status("asking the indexes") as status:
        yield _Line(status)


class _Line:
    """In place, on a terminal."""

    def __init__(self, status: Status) -> None:
        self._status = status

    def surveys(self, package: str) -> None:
        self._status.update(f"{package}: asking")

    def looked(self, package: str, files: int) -> None:
        self._status.update(f"{package}: looked into {counted(files, 'file')}")


class _Lines:
    """A line now and then, in a log."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told = time.monotonic()

    def surveys(self, package: str) -> None:
        """Most are done at once."""

    def looked(self, package: str, files: int) -> None:
        if time.monotonic() - self._told >= TELL_EVERY:
            self._told = time.monotonic()
            self._console.print(f"{package}: looked into {counted(files, 'file')}", highlight=False)


def _packages(report: Report, console: Console) -> None:
    for outcome in report.outcomes:
        where = f" on {outcome.index}" if outcome.index else ""
        style = _STYLE[outcome.state]
        console.print(
            f"{escape(outcome.package + where)}  [{style}]{outcome.state}[/]", highlight=False, soft_wrap=True
        )
        for line in _details(outcome):
            console.print(f"  {escape(line)}", highlight=False, soft_wrap=True)


def _details(outcome: Outcome) -> Iterator[str]:
    yield from (f"{finding.guard}: {finding.sentence}" for finding in outcome.findings)
    if outcome.faults:
        more = len(outcome.faults) - 1
        yield f"{outcome.faults[0]}{f' So with {more} more.' if more else ''} What was known of it is kept."
    lines = outcome.difference.lines
    yield from lines[:SHOWN]
    if len(lines) > SHOWN:
        yield f"and {counted(len(lines) - SHOWN, 'line')} more; --json has them all"


def _summary(report: Report, console: Console) -> None:
    head = "Nothing to do. " if report.nothing_to_do else ""
    console.print(
        f"{head}{counted(report.packages, 'package')}, {counted(report.added, 'new release')},"
        f" {counted(report.looked, 'file')} looked into, {counted(report.requests, 'request')},"
        f" {report.megabytes:.1f} MB, {report.seconds:.1f} s.",
        highlight=False,
    )
    if any(outcome.state is State.HELD for outcome in report.outcomes):
        console.print(
            "[yellow]Facts were held back; the old ones stay.[/] Look at them, then: envgen facts refresh --accept"
        )


def _status(found: Ages, *, as_json: bool, header: str = "") -> None:
    today = _today()
    if as_json:
        print(json.dumps({**asdict(found), "oldest_days": found.oldest(today).days}, indent=2, default=str))
        return
    console = output()
    if header:
        console.print(header)
    table = Table(box=None, pad_edge=False)
    for name in ("facts", "as of", "days", "from", "what"):
        table.add_column(name, justify="right" if name == "days" else "left", no_wrap=name != "what")
    for each in found.snapshots:
        what = f"{counted(each.releases, 'release')}, {counted(each.files, 'file')}, measured, {each.index}"
        table.add_row(each.package, str(each.taken), str((today - each.taken).days), each.origin, escape(what))
    for own in found.tables:
        kinds = ", ".join(f"{number} {kind}" for kind, number in own.kinds)
        what = f"{kinds}; oldest {own.oldest_as_of}: {own.oldest}"
        table.add_row(own.name, str(own.taken), str((today - own.taken).days), "bundled", escape(what))
    console.print(table)
    for notice in found.notices:
        print(notice, file=sys.stderr)
