"""All message rules, read from rules/*.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from envgen.diagnose.causes import Cause
from envgen.diagnose.decide import DECISIONS
from envgen.diagnose.rule import Decide, Rule, Weight, pattern_of

_FOLDER = Path(__file__).with_name("rules")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule; compiling them takes about a tenth of a second, once."""
    return tuple(each for file in sorted(_FOLDER.glob("*.yaml")) for each in _of_file(file))


def _of_file(file: Path) -> Iterator[Rule]:
    content = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader
    parts = content.get("parts", {})
    for row in content["rules"]:
        texts = [row["text"]] if isinstance(row["text"], str) else row["text"]
        weight = Weight[row.get("weight", "sure").upper()]
        yield Rule(row["id"], tuple(row["near"]), pattern_of(texts, parts), _causes(row), weight)


def _causes(row: Mapping[str, Any]) -> Decide:
    if decision := row.get("decide"):
        return DECISIONS[decision]
    causes = tuple(map(Cause, row["causes"]))
    return lambda _evidence, _clues: causes
