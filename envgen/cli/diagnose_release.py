"""`envgen diagnose NAME==VERSION`: the wheels of a release on the indexes that pip and uv are configured with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

from platformdirs import user_cache_path
from rich.console import Console

from envgen.binary.subject import release_of
from envgen.cell import OsFamily
from envgen.cli.console import output
from envgen.cli.diagnose_groups import Choices, Group
from envgen.cli.diagnose_places import places, pythons
from envgen.compat.words import counted, listed
from envgen.errors import UsageError
from envgen.index import File, Reader
from envgen.inspection.published import Wanted, choose, look_into_wheel, wheels_of
from envgen.machine import this_machine
from envgen.prediction.bundle import pinned_torch
from envgen.refresh.access import configured_access

_NAMED = 5  # wheels in a sentence


def release_groups(subject: str, choices: Choices) -> Iterator[Group]:
    """Each wheel that is asked for, fetched as far as its libraries need.

    Raises:
        UsageError: there is no such release, or none of its wheels is asked for.
        IndexFault: the index cannot be read.
        Unreadable: a wheel is damaged.
    """
    release = release_of(subject)
    assert release is not None
    host = this_machine().host
    family = host.os.family if host.os else OsFamily.LINUX
    asked = [place[:2] for place in places(choices.platform, host.arch)]
    wanted = Wanted(pythons(choices.python), asked)
    with Reader(configured_access(), user_cache_path("envgen", appauthor=False) / "pages") as reader:
        files = wheels_of(*release, reader)
        chosen = choose(files, wanted, (family, host.arch))
        if not chosen:
            raise UsageError(
                f"{subject} has no wheel for what was asked for; it has {_some(files)}.",
                "Leave out --python or --platform, or name others.",
            )
        for file in chosen:
            yield _group(file, reader, len(files) - len(chosen))


def _some(files: Sequence[File]) -> str:
    more = len(files) - _NAMED
    names = [file.name for file in files[:_NAMED]]
    return listed([*names, *([f"{more} more"] if more > 0 else [])])


def _group(file: File, reader: Reader, others: int) -> Group:
    console = output(stderr=True)
    with _fetching(file, console):
        published = look_into_wheel(file, reader)
    notes = [f"asks for {published.requires}"] if published.requires else []
    if not published.looked:
        notes.append("No shared library is in it.")
    if others:
        notes.append(f"{counted(others, 'other wheel')} of this release: --python and --platform choose")
    return Group(file.name, published.looked, tuple(notes), pinned_torch([published.requires]))


def _fetching(file: File, console: Console) -> AbstractContextManager[object]:
    return console.status(f"Reading {file.name}") if console.is_terminal else nullcontext()
