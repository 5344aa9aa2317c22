"""What `envgen facts refresh` does and shows."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import platformdirs
from rich.console import Console
from rich.markup import escape
from rich.status import Status

from envgen.cli.console import output
from envgen.compat.store import Store
from envgen.compat.words import counted
from envgen.errors import UsageError
from envgen.index import Reader
from envgen.refresh.access import configured_access
from envgen.refresh.guards import Finding, some
from envgen.refresh.packages import followed
from envgen.refresh.refresh import Observer, refresh
from envgen.refresh.report import Outcome, Report, State
from envgen.refresh.settle import Target

TELL_EVERY = 10.0  # seconds between lines of a log about what takes long
SHOWN = 12  # lines of a difference
HELD_SHOWN = 3  # findings of one guard
_STYLE = {State.NEW: "green", State.UNCHANGED: "dim", State.HELD: "yellow", State.FAILED: "red", State.RENEWED: "green"}
_BUNDLED = Path("envgen/compat/data/packages")


def refresh_facts(update_repo: Path | None, *, from_scratch: bool, accept: bool, as_json: bool) -> int:
    """Refreshes the user's facts, or those bundled in a checkout, and prints what came of it.

    Returns:
        The exit code.
    """
    store = Store.of()
    target = _target(update_repo, store)
    with Reader(configured_access(), _pages(store)) as reader, _observed(output(stderr=True)) as observer:
        today = datetime.now(UTC).date()
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
    return report.exit_code


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
    for sentence in report.dropped:
        console.print(escape(sentence), highlight=False, soft_wrap=True)


def _details(outcome: Outcome) -> Iterator[str]:
    for guard in dict.fromkeys(finding.guard for finding in outcome.findings):
        yield from _held([finding for finding in outcome.findings if finding.guard == guard])
    if outcome.faults:
        more = len(outcome.faults) - 1
        also = f" So with {more} more." if more else ""
        yield f"{outcome.faults[0]}{also}{' What was known of it is kept.' if outcome.kept else ''}"
    yield from outcome.notes
    lines = outcome.difference.lines
    yield from lines[:SHOWN]
    if len(lines) > SHOWN:
        yield f"and {counted(len(lines) - SHOWN, 'line')} more; --json has them all"


def _held(findings: Sequence[Finding]) -> Iterator[str]:
    """What one guard found in a package; of much of it the first, and how much more."""
    if len(findings) <= HELD_SHOWN:
        yield from (f"{finding.guard}: {finding.sentence}" for finding in findings)
        return
    first, others = findings[0], [finding.release for finding in findings[1:]]
    files = sum(finding.files for finding in findings)
    in_all = f", {counted(files, 'file')} in all" if files else ""
    yield f"{first.guard}: {first.sentence} So with {some(others)}{in_all}; --json has them all"


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
