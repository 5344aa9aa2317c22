"""How a verdict looks: its answer, its sentence, what it rests on, and what other sources say."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape

from envgen.compat.verdict import Answer, Source, Verdict

STYLE = {
    Answer.FITS: "green",
    Answer.UNKNOWN: "yellow",
    Answer.UNSUPPORTED: "red",
    Answer.MISSING: "red",
    Answer.IMPOSSIBLE: "red",
}
INDENT = max(map(len, Answer)) + 2


def show_verdict(verdict: Verdict, console: Console, rules: str = "") -> None:
    """The answer with the rules that gave it; indented below, the sentence and the sources."""
    head = f"[{STYLE[verdict.answer]}]{verdict.answer:<{INDENT}}[/][bold]{rules or verdict.rule}[/]"
    console.print(head, highlight=False, soft_wrap=True)
    for text, style in _lines(verdict):
        for line in _wrapped(text, console):
            console.print(f"{' ' * INDENT}[{style}]{escape(line)}[/]", highlight=False, soft_wrap=True)


def verdict_json(verdict: Verdict) -> dict[str, object]:
    """The same for programs."""
    return {
        "rule": verdict.rule,
        "answer": str(verdict.answer),
        "sentence": verdict.sentence,
        "sources": [_source_json(source) for source in verdict.sources],
        "disputed": [{"says": claim.says, "source": _source_json(claim.source)} for claim in verdict.disputed],
    }


def _lines(verdict: Verdict) -> Iterator[tuple[str, str]]:
    yield verdict.sentence, "none"
    for source in dict.fromkeys(verdict.sources):
        yield str(source), "dim"
    for claim in verdict.disputed:
        yield f"also claimed: {claim.says}; {claim.source}", "yellow"


def _wrapped(text: str, console: Console) -> list[str]:
    """Broken to a terminal's width; a file or a pipe breaks no lines."""
    width = max(console.width - INDENT, INDENT)
    return textwrap.wrap(text, width, break_long_words=False) if console.is_terminal else [text]


def _source_json(source: Source) -> dict[str, str]:
    return {"text": source.text, "as_of": str(source.as_of), "kind": source.kind}
