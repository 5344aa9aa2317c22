"""What is to be said of each cause, from causes.yaml, and diagnoses made of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import yaml

from envgen.diagnose.causes import Cause
from envgen.results import Diagnosis

_FILE = Path(__file__).with_name("causes.yaml")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Source:
    """Where a statement is from: its text, the day, and the kind (measured, primary, secondary, recalled)."""

    text: str
    as_of: str
    kind: str


@dataclass(frozen=True)
class CauseText:
    """One cause in words.

    Attributes:
        explanation: why such things happen, whatever the case.
        says: templates of a sentence about one failure, the one with the most evidence first.
        fix: templates of what to do, likewise.
        source: where its facts are from; None where it states none.
        says_nothing_of_the_cell: whether what it stopped was not run, rather than failed.
    """

    cause: Cause
    title: str
    explanation: str
    says: tuple[str, ...]
    fix: tuple[str, ...]
    source: Source | None = None
    says_nothing_of_the_cell: bool = False

    def sentence(self, evidence: Mapping[str, str]) -> str:
        """What is wrong, with as much of the evidence as a template takes."""
        return _filled(self.says, evidence)

    def remedy(self, evidence: Mapping[str, str]) -> str:
        """What to do, with the command to run."""
        return _filled(self.fix, evidence)


@cache
def catalogue() -> Mapping[Cause, CauseText]:
    """Every cause in words, in the order of `Cause`; read once."""
    content = yaml.load(_FILE.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader, in C where there is one
    sources = {
        name: Source(row["text"], row["as_of"].isoformat(), row["kind"]) for name, row in content["sources"].items()
    }
    entries = content["causes"]
    return {
        cause: CauseText(
            cause,
            entries[cause]["title"],
            entries[cause]["explanation"],
            tuple(entries[cause]["says"]),
            tuple(entries[cause]["fix"]),
            sources[entries[cause]["source"]] if "source" in entries[cause] else None,
            entries[cause].get("says_nothing_of_the_cell", False),
        )
        for cause in Cause
    }


def diagnosis(cause: Cause, evidence: Mapping[str, str], rule: str, sentence: str = "", fix: str = "") -> Diagnosis:
    """A diagnosis in the catalogue's words.

    Args:
        evidence: what it was told from; the names that the templates know are `file`, `library`, `symbol`, `function`,
            `version`, `needed`, `found`, `arch`, `header`, `name`, `program`, `signal`, `limit`, `gotten`, `told`.
        rule: id of the rule that says so.
        sentence: said in place of the catalogue's.
        fix: likewise.
    """
    text = catalogue()[cause]
    return Diagnosis(
        cause=cause,
        sentence=sentence or text.sentence(evidence),
        fix=fix or text.remedy(evidence),
        evidence=dict(evidence),
        rule=rule,
    )


def fields(template: str) -> frozenset[str]:
    """The names of evidence that a template takes."""
    return frozenset(name for _, name, _, _ in Formatter().parse(template) if name)


def _filled(templates: Iterable[str], evidence: Mapping[str, str]) -> str:
    known = {name: value for name, value in evidence.items() if value}
    return next((template.format_map(known) for template in templates if fields(template) <= known.keys()), "")
