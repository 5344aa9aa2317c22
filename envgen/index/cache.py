"""Pages of indexes as they were last seen, for conditional requests."""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from envgen.files import WriteError, write_atomically
from envgen.index.listing import File
from envgen.index.page import from_json, to_json


@dataclass(frozen=True)
class CachedPage:
    """The files of a page, and what the server told it by."""

    files: tuple[File, ...]
    etag: str | None
    last_modified: str | None

    @property
    def conditions(self) -> dict[str, str]:
        """The headers that ask for the page only if it is another by now."""
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in headers.items() if value}


class PageCache:
    """One file per page in a folder; several processes may use it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, url: str, index: str) -> CachedPage | None:
        """The page of an address; None when there is none, or when its file is damaged."""
        try:
            kept = json.loads(self._path(url).read_text(encoding="utf-8"))
            if kept["sha256"] != _digest(kept["page"]):
                return None
            files = tuple(from_json(kept["page"], url, index))
            return CachedPage(files, kept["etag"], kept["last_modified"])
        except (OSError, ValueError, TypeError, LookupError, RecursionError):
            return None

    def store(self, url: str, package: str, page: CachedPage) -> None:
        """Keeps a page that the server can be asked about; nothing that may hold a secret, as a query may."""
        if page.conditions and not any("?" in file.url for file in page.files):
            self._write(self._path(url), to_json(package, page.files), page)

    def _write(self, path: Path, content: dict[str, Any], page: CachedPage) -> None:
        kept = {
            "etag": page.etag,
            "last_modified": page.last_modified,
            "sha256": _digest(content),
            "page": content,
        }
        with contextlib.suppress(WriteError):  # then the page is read anew the next time
            write_atomically(path, json.dumps(kept, indent=1))

    def _path(self, url: str) -> Path:
        return self._folder / f"{hashlib.sha256(url.encode()).hexdigest()}.json"


def _digest(page: Any) -> str:
    return hashlib.sha256(json.dumps(page, sort_keys=True).encode()).hexdigest()
