"""Which packages a refresh follows: packages.yaml, beside the bundled snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml
from packaging.version import Version

from envgen.compat.store import BUNDLED


class Inside(StrEnum):
    """What is read inside the files of a release."""

    NOTHING = ""
    TORCH = "torch"
    TORCH_TENSORRT = "torch-tensorrt"
    METADATA = "metadata"
    STUB = "stub"


@dataclass(frozen=True)
class Package:
    """A package that is followed.

    Attributes:
        since: older releases are of no interest.
        everywhere: the user's further indexes are looked at too, each for itself.
    """

    name: str
    since: Version
    inside: Inside
    everywhere: bool


@dataclass(frozen=True)
class Known:
    """A finding of a guard that somebody has looked at and that stops nothing any more."""

    guard: str
    release: str


@dataclass(frozen=True)
class Limits:
    """Ages of facts, counted from the day on which they were taken.

    Attributes:
        warn: from then on every plan says so.
        fail: from then on CI is to fail.
    """

    warn: timedelta
    fail: timedelta


@dataclass(frozen=True)
class Followed:
    as_of: date
    packages: tuple[Package, ...]
    known: frozenset[Known]
    limits: Limits


def followed(file: Path = BUNDLED / "packages.yaml") -> Followed:
    """What packages.yaml says."""
    content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return Followed(
        as_of=content["as_of"],
        packages=tuple(_package(entry) for entry in content["packages"]),
        known=frozenset(Known(entry["guard"], entry["release"]) for entry in content["known"]),
        limits=Limits(**{name: timedelta(days=days) for name, days in content["days"].items()}),
    )


def _package(entry: dict[str, Any]) -> Package:
    inside = Inside(entry.get("inside", ""))
    return Package(entry["name"], Version(entry["since"]), inside, entry.get("indexes") == "every")
