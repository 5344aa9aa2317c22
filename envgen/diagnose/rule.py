"""A message rule: a text that programs print, and the causes that it may have.

Rules are data (`rules/*.yaml`). Their texts are regular expressions in which case does not count, with shorthands: a
space stands for any white space, line breaks included, for logs are wrapped (` ?` for some or none); `'` and `"` for
any quote, or none; `<name>` captures evidence of that name; `<PART>` stands for any of the alternatives of that name in
the same file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from envgen.diagnose.causes import Cause
from envgen.diagnose.facts import NOTHING_KNOWN, Facts

# A name begins where no other one goes on, and is never given up in part: hostile lines cost no more than their length.
_NAME = r"(?:(?<![^\s'\"(=\[,])(?:[A-Za-z]:(?=[\\/]))?[^\s:'\"()<>|*?,]{1,400}+)"
_VERSION = r"\d[\w.]{0,40}"
_WORD = r"[^\s'\",;:()<>]{1,200}"
_PIECES: Mapping[str, str] = {
    "file": _NAME,
    "other": _NAME,
    "library": _NAME,
    "symbol": r"[\w@$?.]{1,4000}",
    "version": _VERSION,
    "needed": _VERSION,
    "found": _VERSION,
    "limit": _VERSION,
}
_MEANT = {" ": r"\s{1,60}", " ?": r"\s{0,60}", "'": r"['\"]?", '"': r"['\"]?"}
_LOOSE = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]| \?|[ '\"]")  # a class of characters stays as it is


class Weight(IntEnum):
    """How much a text says.

    GIST is no more than words that go together; HINT may stand in the log of something that works; LIKELY has several
    causes, or comes with a more telling text; SURE has the one cause, or causes that its own evidence tells apart.
    """

    GIST = 0
    HINT = 1
    LIKELY = 2
    SURE = 3


@dataclass(frozen=True)
class Clues:
    """What a rule may look at beside its own match.

    Attributes:
        symbols: the undefined symbols that the whole text names.
        marks: ids of all rules that fit the text.
    """

    facts: Facts = NOTHING_KNOWN
    symbols: tuple[str, ...] = ()
    marks: frozenset[str] = frozenset()


Decide = Callable[[Mapping[str, str], Clues], tuple[Cause, ...]]


@dataclass(frozen=True)
class Rule:
    """One text and its causes.

    Attributes:
        near: one of these stands, in lower case, in or close to every text that fits; searching for them is fast.
        causes: of a match's evidence, the likeliest first; none when the match says nothing after all.
    """

    id: str
    near: tuple[str, ...]
    pattern: re.Pattern[str]
    causes: Decide
    weight: Weight = Weight.SURE


def pattern_of(texts: Sequence[str], parts: Mapping[str, Sequence[str]]) -> re.Pattern[str]:
    """The regular expression of a rule's texts, of which the first that fits counts."""
    joined = "|".join(texts)
    for name, alternatives in parts.items():
        joined = joined.replace(f"<{name}>", f"(?:{'|'.join(alternatives)})")
    return re.compile(_expanded(joined), re.IGNORECASE)


def _expanded(text: str) -> str:
    """A text without its shorthands; the captures of one name are numbered, as regular expressions need it."""
    spaced = _LOOSE.sub(lambda match: _MEANT.get(match[0], match[0]), text)
    named = re.sub(r"(?<!\?P)<([a-z]+)>", lambda match: f"(?P<{match[1]}>{_PIECES.get(match[1], _WORD)})", spaced)
    counts: Counter[str] = Counter()

    def numbered(match: re.Match[str]) -> str:
        counts[match[1]] += 1
        return f"(?P<{match[1]}{counts[match[1]]}>"

    return re.sub(r"\(\?P<([a-z]+)>", numbered, named)
