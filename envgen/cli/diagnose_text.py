"""`envgen diagnose LOG`: why something failed, told from what was printed."""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.markup import escape

from envgen.binary import printable
from envgen.binary.read import looks_like_binary
from envgen.binary.subject import STDIN
from envgen.cli.console import output
from envgen.diagnose import GIST, Facts, catalogue, diagnose_log, diagnose_text
from envgen.errors import UsageError
from envgen.results import Diagnosis

UNKNOWN = 9  # exit code: no rule knows a text
_BAD_LINE = 2
_CHUNK = 1 << 18  # bytes
_LONGEST_LINE = 1 << 24
_LONGEST = 4_000  # characters of a sentence
_SHOWN = ("symbol", "function", "library", "file", "header", "version", "needed", "found", "arch", "name", "signal")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def diagnose_texts(subjects: Sequence[str], records: list[object] | None, *, verbose: bool) -> int:
    """Prints why each text says that something failed, or adds it to the records.

    Returns:
        The exit code: 0, or `UNKNOWN` when a text tells no known cause.
    """
    console, code = output(), 0
    for subject in subjects:
        with _opened(subject) as stream:
            first = stream.read(_CHUNK)
            if looks_like_binary(first[:4]) and b"\0" in first:
                raise UsageError(f"{_called(subject)} is a library, no text.", "Write it into a file, and name that.")
            told = diagnose_log(_decoded(first, stream))
        code = code if told else UNKNOWN
        if records is not None:
            records.append({"text": subject, "diagnoses": [each.model_dump(mode="json") for each in told]})
        elif first:
            _show(subject, told, console, verbose=verbose)
        else:
            _line(console, _nothing(subject))
    return code


def diagnose_lines(subjects: Sequence[str]) -> int:
    """Reads lines of `{"id", "platform", "error"}` and writes `{"id", "causes"}`, the likeliest cause first.

    A text that no rule knows has no causes. A line that asks nothing is told on standard error, and the rest goes on.

    Returns:
        The exit code: 0, or 2 when a line was none of these.
    """
    code = 0
    for subject in subjects:
        with _opened(subject) as stream:
            for number, line in enumerate(iter(lambda: stream.readline(_LONGEST_LINE), b""), 1):
                if not line.strip():
                    continue
                try:
                    print(json.dumps(_answer(line)), flush=True)
                except ValueError as error:
                    print(f"{subject}:{number}: {error}", file=sys.stderr)
                    code = _BAD_LINE
    return code


def _answer(line: bytes) -> dict[str, object]:
    """Raises ValueError, with what is wrong, for a line that asks nothing."""
    try:
        asked = json.loads(line.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        raise ValueError("this line is no JSON.") from None
    if not isinstance(asked, dict) or "id" not in asked or not isinstance(asked.get("error"), str):
        raise ValueError('this line has no "id", or no text as its "error".')
    told = diagnose_text(asked["error"], Facts(platform=str(asked.get("platform", ""))))
    return {"id": asked["id"], "causes": [each.cause for each in told]}


def _show(subject: str, told: Sequence[Diagnosis], console: Console, *, verbose: bool) -> None:
    name = _called(subject)
    if not told:
        _line(console, f"[bold]{_plain(name)}[/]: no rule knows what is in this text, so no cause is named.")
        return
    best, *others = told
    text = next(text for text in catalogue().values() if text.cause == best.cause)
    _line(console, f"[bold]{_plain(name)}[/]: [red]{escape(text.title)}[/] ({best.cause})")
    _line(console, f"  {_plain(best.sentence)}")
    _line(console, f"  [dim]{_plain(best.evidence.get('line', ''))}[/]")
    _line(console, f"  Why: {escape(text.explanation)}")
    _line(console, f"  Fix: {_plain(best.fix)}")
    if best.rule.startswith(GIST):
        _line(console, "  [yellow]No rule knows this text exactly; that is told from words in it that go together.[/]")
    if verbose:
        known = {key: best.evidence[key] for key in _SHOWN if best.evidence.get(key)}
        _line(
            console,
            f"  [dim]rule {best.rule}; {_plain(', '.join(f'{key} {value}' for key, value in known.items()))}[/]",
        )
    for other in others:
        _line(console, f"  Or, less likely, {other.cause}: {_plain(other.sentence)}{_plain(f' {other.fix}' * verbose)}")


def _nothing(subject: str) -> str:
    return f"[bold]{_plain(_called(subject))}[/] is empty: errors go there with `COMMAND > build.log 2>&1`."


def _called(subject: str) -> str:
    return "standard input" if subject == STDIN else subject


def _plain(text: str) -> str:
    """What a log says, with nothing in it that a terminal or rich obeys."""
    return escape(printable(text, most=_LONGEST))


@contextmanager
def _opened(subject: str) -> Iterator[BinaryIO]:
    """Raises UsageError for a file that cannot be read."""
    if subject == STDIN:
        yield sys.stdin.buffer
        return
    try:
        stream = Path(subject).open("rb")  # noqa: SIM115 - what goes wrong later is not the file's fault
    except OSError as error:
        raise UsageError(
            f"{subject} cannot be read: {error.strerror or error}.", "Name a file, or - for a text."
        ) from None
    with stream:
        yield stream


def _decoded(first: bytes, stream: BinaryIO) -> Iterator[str]:
    """A text of any encoding that logs come in; Windows' shells write UTF-16."""
    encoding = next((encoding for mark, encoding in _MARKS if first.startswith(mark)), "utf-8")
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    while first:
        yield decoder.decode(first)
        first = stream.read(_CHUNK)
    yield decoder.decode(b"", final=True)


def _line(console: Console, text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True)
