"""Reads the data files; an entry without source, date and kind is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from envgen.compat.verdict import Source
from envgen.errors import EnvgenError

KINDS = ("measured", "primary", "secondary", "recalled")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class FactsError(EnvgenError):
    """A data file with facts is not what it should be."""


class Table:
    """A YAML data file: named sources, and lists of rows that each name one of them.

    Args:
        path: the file.

    Raises:
        FactsError: no date, or a source without text, date or a known kind.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._content: Mapping[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
        self.taken = taken_of(self._content, path)
        self._sources = {name: source_of(entry, path) for name, entry in self._content.get("sources", {}).items()}

    def rows(self, name: str) -> Iterator[tuple[Mapping[str, Any], Source]]:
        """The rows of one list, each with its source.

        Raises:
            FactsError: a row names no source, or one that the file does not describe.
        """
        for row in self._content[name]:
            source = self._sources.get(row.get("source"))
            if source is None:
                raise FactsError(f"{self._path.name}: the entry {row} under {name!r} names no known source.")
            yield row, source

    @property
    def sources(self) -> tuple[Source, ...]:
        """Everything that its rows may name."""
        return tuple(self._sources.values())

    def lists(self) -> tuple[str, ...]:
        return tuple(name for name in self._content if name not in ("taken", "sources"))


def taken_of(content: Mapping[str, Any], path: Path) -> date:
    taken = content.get("taken")
    if isinstance(taken, str):
        return date.fromisoformat(taken)
    if not isinstance(taken, date):
        raise FactsError(f"{path.name} does not say when its facts were taken.")
    return taken


def source_of(entry: Mapping[str, Any] | None, path: Path) -> Source:
    """A source as a data file writes it: text, as_of, kind.

    Raises:
        FactsError: one of the three is missing, or the kind is not a known one.
    """
    entry = entry or {}
    missing = [name for name in ("text", "as_of", "kind") if not entry.get(name)]
    if missing:
        raise FactsError(f"{path.name}: the source {dict(entry)} lacks {', '.join(missing)}.")
    if entry["kind"] not in KINDS:
        raise FactsError(f"{path.name}: {entry['kind']!r} is not a kind of source; use {', '.join(KINDS)}.")
    as_of = entry["as_of"]
    return Source(entry["text"], as_of if isinstance(as_of, date) else date.fromisoformat(as_of), entry["kind"])
