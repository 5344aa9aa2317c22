"""How large the files of locks are: asked from their servers, so that a run can say what it will download."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import requests
from requests.adapters import HTTPAdapter

from envgen.lock.crew import Crew
from envgen.lock.once import Once
from envgen.lock.pep751 import Document

TIMEOUT = 15.0
CONNECTIONS = 20


@dataclass
class Sizes:
    """Sizes of files by their address; each is asked once, however many cells have it.

    Attributes:
        certificate: a bundle of certificate authorities in place of the usual ones.
    """

    certificate: str | None = None
    _known: Once[str, int | None] = field(default_factory=Once)
    _session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self._session.headers["Accept-Encoding"] = (
            "identity"  # the length of what is downloaded, not of a packed answer
        )
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS, pool_block=True))

    def know(self, location: str, size: int) -> None:
        """Takes over what an earlier lock says."""
        self._known.know(location, size)

    def of(self, lock: Document) -> dict[str, int]:
        """File name to bytes, for each file of a lock that is installed; a server that does not say is left out."""
        files = [package.installed for package in lock.packages]
        unknown = {file.file_name: file.url for file in files if file.url and file.size is None}
        names = sorted(unknown)
        sizes = Crew(self._size, [unknown[name] for name in names], CONNECTIONS).in_order()
        return {name: size for name, size in zip(names, sizes, strict=True) if size is not None}

    def _size(self, location: str) -> int | None:
        return self._known.get(location, lambda: self._asked(location))

    def _asked(self, location: str) -> int | None:
        parts = urlsplit(location)
        if parts.scheme == "file":
            path = Path(url2pathname(parts.path))
            return path.stat().st_size if path.is_file() else None
        if parts.scheme not in ("http", "https"):
            return None
        try:
            answer = self._session.head(
                location, timeout=TIMEOUT, allow_redirects=True, verify=self.certificate or True
            )
        except (requests.RequestException, OSError, ValueError):
            return None
        length = answer.headers.get("Content-Length") if answer.ok else None
        return int(length) if length and length.isdigit() else None
