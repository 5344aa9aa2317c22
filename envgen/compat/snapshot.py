"""One package as an index had it on a day: its releases, its files with their hashes, and what was read inside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Self

from packaging.version import InvalidVersion, Version

from envgen.compat.read import FactsError, source_of, taken_of
from envgen.compat.verdict import Source

SCHEMA = 2
SUFFIX = ".json"


@dataclass(frozen=True)
class Snapshot:
    """What one index says of one package, and what its wheels say of themselves.

    Attributes:
        taken: the day on which the index last said so.
        source: the index; its address only where the user configured one.
        page: SHA-256 of the index's page, so that an unchanged one needs no second look.
        releases: version to what is known of it, ascending. What could not be read is not there.
    """

    package: str
    taken: date
    source: Source
    page: str
    releases: Mapping[Version, Mapping[str, Any]]

    @classmethod
    def parse(cls, text: str, path: Path) -> Self:
        """A snapshot from its JSON.

        Args:
            text: the content of the file.
            path: where it came from, for the message.

        Raises:
            FactsError: not JSON, of another schema, or not of the form; says which.
        """
        try:
            content = json.loads(text)
            if content.get("schema") != SCHEMA:
                raise FactsError(f"{path} has the schema {content.get('schema')}, and this envgen reads {SCHEMA}.")
            releases = {Version(version): entry for version, entry in content["releases"].items()}
            if not all(isinstance(entry.get("files"), dict) for entry in releases.values()):
                raise FactsError(f"{path} has a release without files.")
            source, taken = source_of(content.get("source"), path), taken_of(content, path)
            return cls(content["package"], taken, source, content["page"], dict(sorted(releases.items())))
        except (ValueError, KeyError, TypeError, AttributeError, InvalidVersion) as error:
            raise FactsError(f"{path} is not a snapshot of a package: {error}.") from None

    @classmethod
    def read(cls, path: Path) -> Self:
        """A snapshot file.

        Raises:
            FactsError: it cannot be read or used.
        """
        try:
            return cls.parse(path.read_text(encoding="utf-8"), path)
        except OSError as error:
            raise FactsError(f"{path} cannot be read: {error.strerror}.") from None

    @property
    def text(self) -> str:
        """As it is written: sorted, one line for each thing, so that a difference is readable."""
        source = {"as_of": str(self.source.as_of), "kind": self.source.kind, "text": self.source.text}
        releases = ((str(version), _lines(self.releases[version], "  ")) for version in sorted(self.releases))
        content = {
            "package": _lines(self.package, ""),
            "page": _lines(self.page, ""),
            "releases": _object(releases, " "),
            "schema": _lines(SCHEMA, ""),
            "source": _lines(source, " "),
            "taken": _lines(str(self.taken), ""),
        }
        return _object(content.items(), "") + "\n"

    @property
    def files(self) -> dict[str, str]:
        """File name to SHA-256, of all releases; empty where the index gives none."""
        return {name: digest for entry in self.releases.values() for name, digest in entry["files"].items()}


def _lines(value: Any, indent: str) -> str:
    if not isinstance(value, Mapping) or not value:
        return json.dumps(value, ensure_ascii=False)
    return _object(((key, _lines(value[key], f"{indent} ")) for key in sorted(value)), indent)


def _object(members: Iterable[tuple[str, str]], indent: str) -> str:
    lines = (f"{indent} {json.dumps(key)}: {text}" for key, text in members)
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
