"""`envgen facts`: bring the facts up to date, and say how old they are."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from envgen.cell import GrammarError
from envgen.cli.console import output
from envgen.cli.context import JsonOption
from envgen.compat.store import Store
from envgen.compat.words import counted, listed
from envgen.errors import StaleError, UsageError
from envgen.refresh.ages import Ages, SnapshotAge, TableAge, ages
from envgen.spec.quantity import parse_duration

app = typer.Typer(no_args_is_help=True, help="What envgen knows of packages: bring it up to date, see how old it is.")


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
    the exit code is 8 then, and 7 when something could not be read. What fails keeps its old facts.

    Examples: `envgen facts refresh`, `envgen facts refresh --json`, `envgen facts refresh --update-repo .`
    """
    if offline:
        _refuse_beside_offline(update_repo is not None, from_scratch=from_scratch, accept=accept)
        _status(ages(Store.of()), as_json=as_json, header="No index was asked. These facts are used:")
        return
    # What speaks HTTP takes a quarter of a second to import, which no other command should spend.
    from envgen.cli.refreshing import refresh_facts  # noqa: PLC0415

    raise typer.Exit(refresh_facts(update_repo, from_scratch=from_scratch, accept=accept, as_json=as_json))


@app.command("index")
def index_command(
    requirement: Annotated[
        str | None,
        typer.Argument(
            metavar="REQUIREMENT", help="Releases of torch: torch==2.15.0, 'torch>=2.9'. None: say what is known."
        ),
    ] = None,
    platform: Annotated[
        list[str] | None,
        typer.Option("--platform", metavar="NAME", help="linux_x86_64, win_amd64, macos_arm64, ..., or all."),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Read also what is known already.")] = False,
    layout: Annotated[bool, typer.Option(help="Ask this machine's C++ compiler how the types lie in memory.")] = True,
    update_repo: Annotated[
        Path | None,
        typer.Option(
            "--update-repo",
            metavar="FOLDER",
            help="Add what is in the cache to what this checkout of envgen ships. For maintainers.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Read which symbols torch's libraries export, from their wheels, for what `envgen diagnose --against` judges.

    The common releases are shipped; this adds newer ones to the user's cache, for this machine's platform unless
    others are named. Only the libraries are read, by ranges: 60 to 850 MB a wheel. Exits with 7 when one could not be.

    Examples: `envgen facts index` (what is known), `envgen facts index torch==2.15.0`,
    `envgen facts index 'torch>=2.9' --platform win_amd64 --no-layout`
    """
    from envgen.cli.indexing import index_torch, known_releases  # noqa: PLC0415 - speaks HTTP, as above

    if requirement is None:
        if platform or again or update_repo or not layout:
            raise UsageError(
                "No releases were named.", "Name some, such as torch==2.15.0, or give no option but --json."
            )
        known_releases(as_json=as_json)
        return
    raise typer.Exit(
        index_torch(requirement, platform or [], again=again, layout=layout, update_repo=update_repo, as_json=as_json)
    )


@app.command("status")
def status_command(
    max_age: Annotated[
        str | None, typer.Option("--max-age", metavar="AGE", help="Exit with 6 when something is older, such as `30d`.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """How old every snapshot and every file of hand-kept facts is, and where it was read from.

    Example, for CI: `envgen facts status --max-age 30d`
    """
    limit = _age(max_age) if max_age is not None else None
    found = ages(Store.of())
    _status(found, as_json=as_json)
    if limit is not None and (older := found.older(_today(), limit)):
        raise _too_old(older, str(max_age))


def _refuse_beside_offline(update_repo: bool, *, from_scratch: bool, accept: bool) -> None:
    given = {"--update-repo": update_repo, "--from-scratch": from_scratch, "--accept": accept}
    asking = [option for option, wanted in given.items() if wanted]
    if asking:
        raise UsageError(
            f"--offline asks no index, and {listed(asking)} {'needs' if len(asking) == 1 else 'need'} one asked.",
            "Leave one of them out.",
        )


def _age(text: str) -> timedelta:
    try:
        return timedelta(seconds=parse_duration(text))
    except GrammarError:
        raise UsageError(
            f"--max-age: {text!r} is not an age above zero." if text else "--max-age is empty.",
            "Write it as 30d or 12h.",
        ) from None


def _too_old(older: Sequence[SnapshotAge | TableAge], limit: str) -> StaleError:
    """Names the oldest; which of them a refresh renews depends on their kind."""
    first, more = older[0], len(older) - 1
    what = f"{first.name}, as of {first.taken}, {f'and {more} more are' if more else 'is'} older than {limit}."
    remedies = [
        "`envgen facts refresh` renews what comes from indexes" * any(isinstance(each, SnapshotAge) for each in older),
        "a newer envgen brings newer hand-kept files" * any(isinstance(each, TableAge) for each in older),
    ]
    remedy = "; ".join(filter(None, remedies))
    return StaleError(what, f"{remedy[0].upper()}{remedy[1:]}.")


def _today() -> date:
    return datetime.now(UTC).date()


def _status(found: Ages, *, as_json: bool, header: str = "") -> None:
    if as_json:
        print(json.dumps(_as_json(found), indent=2, default=str))
        return
    console = output()
    if header:
        console.print(header)
    with console.capture() as captured:
        console.print(_table(found))
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))
    for notice in found.notices:
        print(notice, file=sys.stderr)


def _table(found: Ages) -> Table:
    today = _today()
    table = Table(box=None, pad_edge=False)
    for name in ("facts", "as of", "days", "from", "what"):
        table.add_column(name, justify="right" if name == "days" else "left", no_wrap=name != "what")
    for each in found.snapshots:
        what = f"{counted(each.releases, 'release')}, {counted(each.files, 'file')}, {each.kind}, {each.index}"
        table.add_row(each.package, str(each.taken), str((today - each.taken).days), each.origin, escape(what))
    for own in found.tables:
        kinds = ", ".join(f"{number} {kind}" for kind, number in own.kinds)
        what = f"{kinds}; oldest {own.oldest_as_of}: {own.oldest}"
        table.add_row(own.name, str(own.taken), str((today - own.taken).days), "bundled", escape(what))
    return table


def _as_json(found: Ages) -> dict[str, Any]:
    today = _today()
    return {
        "snapshots": [{**asdict(each), "days": (today - each.taken).days} for each in found.snapshots],
        "tables": [
            {**asdict(each), "kinds": dict(each.kinds), "days": (today - each.taken).days} for each in found.tables
        ],
        "notices": list(found.notices),
        "oldest_days": found.oldest(today).days,
    }
