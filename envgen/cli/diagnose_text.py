"""`envgen diagnose LOG`: why something failed, told from what was printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from rich.console import Console
from rich.markup import escape

from envgen.binary.subject import STDIN
from envgen.cli.console import output
from envgen.diagnose import Facts, diagnose_log, diagnose_text
from envgen.errors import UsageError
from envgen.results import Diagnosis

_CHUNK = 1 << 16  # characters


def diagnose_texts(subjects: Sequence[str], records: list[object] | None, *, verbose: bool) -> bool:
    """Prints why each text says that something failed, or adds it to the records.

    Returns:
        Whether a text tells no cause that is known.
    """
    console, unknown = output(), False
    for subject in subjects:
        with _opened(subject) as stream:
            told = diagnose_log(_chunks(stream))
        unknown |= not told
        if records is None:
            _show(subject, told, console, verbose=verbose)
        else:
            records.append({"text": subject, "diagnoses": [each.model_dump(mode="json") for each in told]})
    return unknown


def diagnose_lines(subjects: Sequence[str]) -> int:
    """Reads lines of `{"id", "platform", "error"}` and writes `{"id", "causes"}`, the likeliest cause first.

    Returns:
        The exit code.

    Raises:
        UsageError: a line is none.
    """
    for subject in subjects:
        with _opened(subject) as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    print(json.dumps(_answer(line, f"{subject}:{number}")), flush=True)
    return 0


def _answer(line: str, place: str) -> dict[str, object]:
    try:
        asked = json.loads(line)
        identity, error, platform = asked["id"], asked["error"], asked.get("platform", "")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(
            f'{place}: not a line of JSON with "id" and "error".', "Write one object on each line."
        ) from None
    told = diagnose_text(str(error), Facts(platform=str(platform)))
    return {"id": identity, "causes": [each.cause for each in told]}


def _show(subject: str, told: Sequence[Diagnosis], console: Console, *, verbose: bool) -> None:
    if not told:
        _line(console, f"[bold]{escape(subject)}[/]: no known cause is in it.")
        return
    _line(console, f"[bold]{escape(subject)}[/]")
    for number, each in enumerate(told):
        _line(console, f"  [red]{each.cause}[/]{' (or, less likely)' * bool(number)} {escape(each.sentence)}")
        _line(console, f"    {escape(each.fix)}")
        if verbose and each.evidence.get("line"):
            _line(console, f"    [dim]told from: {escape(each.evidence['line'])} ({each.rule})[/]")


@contextmanager
def _opened(subject: str) -> Iterator[IO[str]]:
    if subject == STDIN:
        yield sys.stdin
        return
    with Path(subject).open(encoding="utf-8", errors="replace") as stream:
        yield stream


def _chunks(stream: IO[str]) -> Iterator[str]:
    while chunk := stream.read(_CHUNK):
        yield chunk


def _line(console: Console, text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True)
