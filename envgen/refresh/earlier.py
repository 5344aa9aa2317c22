"""What a page leaves out, and an earlier look at the same files has said: an index need not state all it could."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from envgen.index import File


def completed(files: Iterable[File], known: Mapping[str, Any]) -> list[File]:
    """The files of a release with the hash, the date and the Python that their page does not state.

    Args:
        known: the earlier snapshot's entry of the release. It counts for files with the hash that they had, or where
            one of the two hashes is not stated.
    """
    files = list(files)
    digests: Mapping[str, str] = known.get("files", {})
    date = datetime.fromisoformat(known["date"]).replace(tzinfo=UTC) if "date" in known else None
    silent = not any(file.requires_python for file in files)  # where one file states it, the others mean what they say
    python = known.get("requires_python", "") if silent else ""

    def complete(file: File) -> File:
        digest = digests.get(file.name)
        if digest is None or (digest and file.sha256 and digest != file.sha256):
            return file
        return replace(
            file,
            sha256=file.sha256 or digest or None,
            uploaded=file.uploaded or date,
            requires_python=file.requires_python or python,
        )

    return [complete(file) for file in files]
