"""How large the files of a lock are: asked from their servers, so that a run can say what it will download."""

from __future__ import annotations

import ssl
import tomllib
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

TIMEOUT = 15.0
CONNECTIONS = 12


def file_sizes(pylock: str) -> dict[str, int]:
    """File name to bytes, for each first wheel of a lock; a server that does not say is left out."""
    entries = tomllib.loads(pylock).get("packages", [])
    chosen = [(entry.get("wheels") or [entry["sdist"]])[0] for entry in entries]
    locations = [entry["url"] for entry in chosen if "url" in entry and "size" not in entry]
    with ThreadPoolExecutor(max_workers=CONNECTIONS) as pool:
        sizes = list(pool.map(_size, locations))
    names = [unquote(urlsplit(location).path.rsplit("/", 1)[-1]) for location in locations]
    return {name: size for name, size in sorted(zip(names, sizes, strict=True)) if size is not None}


def _size(location: str) -> int | None:
    parts = urlsplit(location)
    if parts.scheme == "file":
        path = Path(url2pathname(unquote(parts.path)))
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
