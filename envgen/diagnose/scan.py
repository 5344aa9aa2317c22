"""Looks for the rules' texts in logs of any length, in memory and time that do not hang on what the log holds."""

from __future__ import annotations

import re
import string
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from envgen.diagnose.rule import Rule

BEFORE = 600  # characters of a text before its anchor
AFTER = 1600  # and behind it
KEPT = 24  # matches of one rule
TRIED = 48  # places of one anchor, in one piece of the log
_PIECE = 1 << 20  # characters
_LONGEST_LINE = 400
_COLOURS = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")
_QUOTES = dict.fromkeys((0x60, 0xB4, *range(0x2018, 0x2020), 0x2032), "'")  # ` and the typographic ones
_LOWER = {ord(letter): letter.lower() for letter in string.ascii_uppercase}


@dataclass(frozen=True)
class Found:
    """A rule's text in a log.

    Attributes:
        at: where it begins, in characters of the cleaned log.
        line: the line that it begins on.
        evidence: what the rule captured.
    """

    rule: Rule
    at: int
    line: str
    evidence: Mapping[str, str]


def cleaned(text: str) -> str:
    """Text without colours and with plain quotes; a column of `|` or `E` before each line may stay."""
    if "\x1b" in text:
        text = _COLOURS.sub("", text)
    return text if text.isascii() and "`" not in text else text.translate(_QUOTES)


def pieces(chunks: Iterable[str]) -> Iterator[str]:
    """A log in pieces of about a million characters, whatever the size of its chunks."""
    held: list[str] = []
    size = 0
    for chunk in chunks:
        for start in range(0, len(chunk), _PIECE):
            part = chunk[start : start + _PIECE]
            held.append(part)
            size += len(part)
            if size >= _PIECE:
                yield "".join(held)
                held, size = [], 0
    if held:
        yield "".join(held)


@dataclass
class Scan:
    """One pass over a log, piece by piece."""

    rules: Iterable[Rule]
    found: dict[str, list[Found]] = field(default_factory=lambda: defaultdict(list))
    _seen: set[tuple[str, int]] = field(default_factory=set)
    _kept: str = ""
    _base: int = 0

    def __post_init__(self) -> None:
        self._by_anchor: dict[str, list[Rule]] = defaultdict(list)
        for each in self.rules:
            for anchor in each.near:
                self._by_anchor[anchor].append(each)

    def feed(self, piece: str) -> None:
        """Looks through the next piece, and again at the end of the one before, over whose edge a text may reach."""
        text = self._kept + cleaned(piece)
        lowered = _lowered(text)
        for anchor, rules in self._by_anchor.items():
            self._look(text, lowered, anchor, rules)
        self._base += max(0, len(text) - BEFORE - AFTER)
        self._kept = text[-BEFORE - AFTER :]

    def all(self) -> list[Found]:
        """What was found, in the order of the log."""
        return sorted((found for each in self.found.values() for found in each), key=lambda found: found.at)

    def _look(self, text: str, lowered: str, anchor: str, rules: list[Rule]) -> None:
        at = lowered.find(anchor)
        for _ in range(TRIED):
            if at < 0:
                return
            for each in rules:
                self._try(each, text, at)
            at = lowered.find(anchor, at + len(anchor))

    def _try(self, each: Rule, text: str, at: int) -> None:
        for match in each.pattern.finditer(text, max(0, at - BEFORE), at + AFTER):
            place = (each.id, self._base + match.start())
            if len(self.found[each.id]) >= KEPT:
                return
            if place not in self._seen:
                self._seen.add(place)
                evidence = {_name(key): " ".join(value.split()) for key, value in match.groupdict().items() if value}
                self.found[each.id].append(Found(each, place[1], _line(text, match.start()), evidence))


def _lowered(text: str) -> str:
    """Text in lower case, of the same length: a few letters would become two."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else text.translate(_LOWER)


def _name(group: str) -> str:
    """The name of a capture: each alternative of a pattern numbers its own."""
    return group.rstrip("0123456789")


def _line(text: str, at: int) -> str:
    """The line on which a match begins; of a very long one, what is near."""
    begin = max(text.rfind("\n", 0, at) + 1, at - _LONGEST_LINE // 2)
    end = text.find("\n", at, begin + _LONGEST_LINE)
    return text[begin : end if end >= 0 else begin + _LONGEST_LINE].strip()
