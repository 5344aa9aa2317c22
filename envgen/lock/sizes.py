"""How large the files of a lock are: asked from their servers, so that a run can say what it will download."""

from __future__ import annotations

import ssl
import tomllib
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from envgen.lock.pylock import file_name, installed_file

TIMEOUT = 15.0
CONNECTIONS = 12


def file_sizes(pylock: str) -> dict[str, int]:
    """File name to bytes, for each file of a lock that is installed; a server that does not say is left out."""
    chosen = [installed_file(entry) for entry in tomllib.loads(pylock).get("packages", [])]
    unknown = [file for file in chosen if "url" in file and "size" not in file]
    with ThreadPoolExecutor(max_workers=CONNECTIONS) as pool:
        sizes = list(pool.map(_size, (file["url"] for file in unknown)))
    named = sorted(zip(map(file_name, unknown), sizes, strict=True))
    return {name: size for name, size in named if size is not None}


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
    except OSError:
        return None
    return int(length) if length and length.isdigit() else None
