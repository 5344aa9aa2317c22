"""Messages that people posted in public, each with its cause and its thread.

cases.jsonl: 222 messages; the rules were written with 159 of them at hand, and tried on the other 63 before those were
looked at (first 82.5 %, among the first two 82.5 %). found.jsonl: 154 further messages, collected when the rules stood,
and tried before they were looked at (83.8 % and 85.1 %). Since then the rules were mended with all of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from envgen.diagnose import Facts, diagnose_text


@dataclass(frozen=True)
class Case:
    id: str
    platform: str
    cause: str
    source: str
    error: str

    @property
    def told(self) -> tuple[str, ...]:
        return told(self.error, self.platform)


@cache
def told(error: str, platform: str = "") -> tuple[str, ...]:
    """The causes, the likeliest first."""
    return tuple(each.cause for each in diagnose_text(error, Facts(platform=platform)))


@cache
def cases(file: str = "cases.jsonl") -> tuple[Case, ...]:
    lines = (Path(__file__).parent / file).read_text(encoding="utf-8").splitlines()
    return tuple(
        Case(row["id"], row["platform"], row["cause"], row["source"], row["error"]) for row in map(json.loads, lines)
    )
