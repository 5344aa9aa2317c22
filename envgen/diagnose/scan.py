"""Looks for the rules' texts in logs of any length, in memory and time that do not hang on what the log holds.

Every rule has texts that stand near what it looks for, and each of these a word that gives it away: one pass over the
words of a line tells which rules are worth a try. A rule is tried so often from the beginning of a log on, and so often
at its end; what lies between, when there is so much of it, is noise.
"""

from __future__ import annotations

import re
import string
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from envgen.diagnose.rule import Rule, Weight

SHORT = 60  # lines that somebody copied out of a log; in longer texts no gist is looked for
TRIED_FIRST = 25  # of the places where a rule may fit
TRIED_LAST = 15
KEPT = 24  # matches of one rule
_BEFORE, _AFTER = 400, 1400  # characters around such a place
_LINES_BEFORE, _LINES_AFTER = 2, 4
_LONGEST_LINE = 4000
_SHOWN = 400
_PIECE = 1 << 20
_WORDS = re.compile(r"[a-z0-9]+|[\u4e00-\u9fff]{2}")
_WARNS = re.compile(r"warning\b", re.IGNORECASE)
_COLOURS = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")
_QUOTES = dict.fromkeys((0x60, 0xB4, *range(0x2018, 0x2020), 0x2032), "'")  # ` and the typographic ones
_LOWER = {ord(letter): letter.lower() for letter in string.ascii_uppercase}


@dataclass(frozen=True)
class Found:
    """A rule's text in a log.

    Attributes:
        at: where it begins, in characters of the cleaned log.
        line: the line that it begins on.
        warned: whether that line is a warning, and no rule on warnings found it.
        evidence: what the rule captured.
    """

    rule: Rule
    at: int
    line: str
    warned: bool
    evidence: Mapping[str, str]


class _Place(NamedTuple):
    """Some lines of the log, around one on which a rule may fit.

    Attributes:
        at: where that line begins.
        column: where on it the text stands that the rule goes by.
    """

    rule: Rule
    at: int
    lines: list[str]
    column: int

    def cut(self) -> tuple[int, str]:
        """What is near, and where that begins."""
        before = self.lines[:_LINES_BEFORE]
        start = sum(map(len, before)) + len(before)
        begin = max(0, start + self.column - _BEFORE)
        return self.at - start + begin, "\n".join(self.lines)[begin : begin + _BEFORE + _AFTER]


@dataclass
class Scan:
    """One pass over a log, piece by piece, and `finish` at the end.

    Attributes:
        lines: how many were looked at.
        short: whether the text is.
    """

    rules: Sequence[Rule]
    lines: int = 0
    short: bool = True
    _found: dict[tuple[str, int], Found] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _last: dict[str, deque[_Place]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=TRIED_LAST)))
    _held: list[str] = field(default_factory=lambda: [""] * _LINES_BEFORE)
    _rest: str = ""
    _offset: int = -_LINES_BEFORE  # of the first held line, in characters

    def __post_init__(self) -> None:
        self._look_for(self.rules)

    def _look_for(self, rules: Iterable[Rule]) -> None:
        self._by_word: dict[str, list[tuple[str, Rule]]] = defaultdict(list)
        for each in rules:
            for near in each.near:
                self._by_word[max(_WORDS.findall(near), key=len)].append((near, each))
        self._words = frozenset(self._by_word)

    def feed(self, chunk: str) -> None:
        """Looks through the next part of the log."""
        for start in range(0, len(chunk), _PIECE):
            *lines, rest = self._lines(self._rest + cleaned(chunk[start : start + _PIECE]))
            self._look(self._held + lines)
            self._rest = rest

    def finish(self) -> list[Found]:
        """What was found in all, in the order of the log."""
        self._look([*self._held, *self._lines(self._rest), *[""] * _LINES_AFTER])
        for places in self._last.values():
            for place in places:
                self._try(place)
        told = (found for found in self._found.values() if self.short or found.rule.weight > Weight.GIST)
        return sorted(told, key=lambda found: found.at)

    def _lines(self, text: str) -> list[str]:
        return [part for line in text.split("\n") for part in (_parts(line) if len(line) > _LONGEST_LINE else (line,))]

    def _look(self, lines: list[str]) -> None:
        """Looks at all lines that have their neighbours beside them, and keeps the others."""
        at = self._offset
        end = max(len(lines) - _LINES_AFTER, 0)
        for index, line in enumerate(lines[:end]):
            if self.short and self.lines + index > SHORT:
                self.short = False
                self._look_for(each for each in self.rules if each.weight > Weight.GIST)
            if index >= _LINES_BEFORE and line:
                lowered = _lowered(line)
                words = _WORDS.findall(lowered)
                if not self._words.isdisjoint(words):
                    self._candidates(lines, index, at, lowered, self._words.intersection(words))
            if index < end - _LINES_BEFORE:
                self._offset = at + len(line) + 1
            at += len(line) + 1
        self.lines += end
        self._held = lines[max(end - _LINES_BEFORE, 0) :]

    def _candidates(self, lines: list[str], index: int, at: int, lowered: str, words: Iterable[str]) -> None:
        around = ""  # the line with those beside it, for texts that are wrapped
        tried: set[str] = set()
        for near, each in (entry for word in words for entry in self._by_word[word]):
            if each.id in tried:
                continue
            column = lowered.find(near)
            if column < 0 and " " in near:
                around = around or " ".join(_lowered(line).strip() for line in lines[index - 1 : index + 2])
            if column >= 0 or near in around:
                tried.add(each.id)
                beside = lines[index - _LINES_BEFORE : index + _LINES_AFTER]
                self._consider(_Place(each, at, beside, max(column, 0)))

    def _consider(self, place: _Place) -> None:
        self._counts[place.rule.id] += 1
        if self._counts[place.rule.id] <= TRIED_FIRST:
            self._try(place)
        else:
            self._last[place.rule.id].append(place)

    def _try(self, place: _Place) -> None:
        begin, text = place.cut()
        for number, match in enumerate(place.rule.pattern.finditer(text)):
            at = begin + match.start()
            if number >= KEPT or (place.rule.id, at) in self._found:
                continue
            evidence = {_name(key): " ".join(value.split()) for key, value in match.groupdict().items() if value}
            line = _line(text, match.start())
            warned = bool(_WARNS.search(line)) and not _WARNS.search(match[0])
            self._found[place.rule.id, at] = Found(place.rule, at, line, warned, evidence)


def cleaned(text: str) -> str:
    """Text without colours and with plain quotes, whose lines end as usual; a column of `|` or `E` may stay."""
    if "\x1b" in text:
        text = _COLOURS.sub("", text)
    if "\r" in text:
        text = text.replace("\r", "\n")
    return text if text.isascii() and "`" not in text else text.translate(_QUOTES)


def _parts(line: str) -> Iterator[str]:
    """A line in parts that are short enough to be looked at."""
    yield from (line[start : start + _LONGEST_LINE] for start in range(0, max(len(line), 1), _LONGEST_LINE))


def _lowered(text: str) -> str:
    """Text in lower case, of the same length: a few letters would become two."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else text.translate(_LOWER)


def _name(group: str) -> str:
    """The name of a capture: each alternative of a pattern numbers its own."""
    return group.rstrip("0123456789")


def _line(text: str, at: int) -> str:
    """The line on which a match begins; of a very long one, what is near."""
    begin = max(text.rfind("\n", 0, at) + 1, at - _SHOWN // 2)
    end = text.find("\n", at, begin + _SHOWN)
    return text[begin : end if end >= 0 else begin + _SHOWN].strip()
