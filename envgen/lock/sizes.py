"""How large the files of a lock are: asked from their servers, so that a run can say what it will download."""

from __future__ import annotations

import ssl
import urllib.request
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from envgen.lock.crew import Crew
from envgen.lock.pep751 import Document

TIMEOUT = 15.0
CONNECTIONS = 12


def file_sizes(lock: Document) -> dict[str, int]:
    """File name to bytes, for each file of a lock that is installed; a server that does not say is left out."""
    files = [package.installed for package in lock.packages]
    unknown = {file.file_name: file.url for file in files if file.url and file.size is None}
    names = sorted(unknown)
    sizes = Crew(_size, [unknown[name] for name in names], CONNECTIONS).in_order()
    return {name: size for name, size in zip(names, sizes, strict=True) if size is not None}


def _size(location: str) -> int | None:
    parts = urlsplit(location)
    if parts.scheme == "file":
        path = Path(url2pathname(parts.path))
        return path.stat().st_size if path.is_file() else None
    if parts.scheme not in ("http", "https"):
        return None
    request = urllib.request.Request(location, method="HEAD")  # noqa: S310 - http or https, as checked above
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT, context=ssl.create_default_context()) as answer:  # noqa: S310
            length = answer.headers.get("Content-Length")
    except (OSError, HTTPException, ValueError):
        return None
    return int(length) if length and length.isdigit() else None
