"""From what was printed to causes: the first fatal text, said by its most telling rule, before what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from envgen.binary.demangle import demangle
from envgen.diagnose.catalogue import diagnosis
from envgen.diagnose.causes import LAST_RESORTS, Cause
from envgen.diagnose.facts import NOTHING_KNOWN, Facts
from envgen.diagnose.rule import Clues, Weight
from envgen.diagnose.ruleset import rules
from envgen.diagnose.scan import Found, Scan
from envgen.diagnose.symbols import string_form
from envgen.results import Diagnosis

MOST = 5  # causes that are told
GIST = "gist-"  # what the ids of rules begin with that know no exact text


def diagnose_text(text: str, facts: Facts = NOTHING_KNOWN) -> tuple[Diagnosis, ...]:
    """The causes that a text tells, the likeliest first; none when no rule knows it.

    Args:
        text: a message or a whole log.
        facts: of the place where it was printed.
    """
    return diagnose_log((text,), facts)


def diagnose_log(chunks: Iterable[str], facts: Facts = NOTHING_KNOWN, *, loosely: bool = True) -> tuple[Diagnosis, ...]:
    """As `diagnose_text`, of a log of any size that comes in chunks.

    Args:
        loosely: whether a short text that no rule knows exactly may be told by words that go together.
    """
    scan = Scan(rules() if loosely else [each for each in rules() if each.weight > Weight.GIST])
    for chunk in chunks:
        scan.feed(chunk)
    told: dict[Cause, Diagnosis] = {}
    for cause, found in sorted(_ranked(scan.finish(), facts), key=lambda each: each[0] in LAST_RESORTS):
        told.setdefault(cause, diagnosis(cause, _evidence(found), found.rule.id))
    return tuple(told.values())[:MOST]


def _ranked(found: list[Found], facts: Facts) -> Iterator[tuple[Cause, Found]]:
    """Every cause that some match names, from the weightiest and first on."""
    symbols = tuple(each.evidence["symbol"] for each in found if "symbol" in each.evidence)
    clues = Clues(facts, symbols, frozenset(each.rule.id for each in found))
    for each in sorted(found, key=lambda each: (-_weight(each), each.at)):
        for cause in each.rule.causes({**each.evidence, "line": each.line}, clues):
            yield cause, each


def _weight(found: Found) -> Weight:
    """What stands in a warning did not end anything yet."""
    return min(Weight.HINT, found.rule.weight) if found.warned else found.rule.weight


def _evidence(found: Found) -> dict[str, str]:
    evidence = dict(found.evidence)
    if "name" in evidence:
        evidence["name"] = evidence["name"].partition(" referenced in ")[0]
    if "symbol" in evidence:
        evidence["function"] = demangle(evidence["symbol"])
        evidence["abi"] = string_form(evidence["symbol"])
    return {name: value for name, value in evidence.items() if value} | {"line": found.line}
