"""What the name of a library, a header or a symbol tells, from names.yaml."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from envgen.diagnose.causes import Cause

_FILE = Path(__file__).with_name("names.yaml")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Kind = Literal["symbols", "libraries", "headers", "linked", "modules", "packages"]


@dataclass(frozen=True)
class _Entry:
    names: re.Pattern[str]
    causes: tuple[Cause, ...]


def causes_of(kind: Kind, name: str) -> tuple[Cause, ...]:
    """Why something of that name is missing, the likeliest first; nothing when the name does not tell."""
    return next((entry.causes for entry in _entries()[kind] if entry.names.match(name)), ())


def base(path: str) -> str:
    """The last part of a path of any system."""
    return re.split(r"[/\\]", path)[-1]


@cache
def _entries() -> dict[str, tuple[_Entry, ...]]:
    content = yaml.load(_FILE.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader
    return {
        kind: tuple(_Entry(re.compile("|".join(row["names"])), tuple(map(Cause, row["causes"]))) for row in rows)
        for kind, rows in content.items()
    }
