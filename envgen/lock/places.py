"""The indexes and folders that uv asks under the user's configuration, as addresses."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from pypi_simple import PYPI_SIMPLE_ENDPOINT

from envgen.index.access import shown
from envgen.lock.configuration import IndexConfiguration


@dataclass(frozen=True)
class Places:
    """Where packages are looked for: indexes, the default one first, and folders or pages of wheels."""

    indexes: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()

    @property
    def shown(self) -> Places:
        """The same as a file may hold it: without user, password and query."""
        return Places(tuple(map(_kept, self.indexes)), tuple(map(_kept, self.folders)))


def configured_places(configuration: IndexConfiguration, environ: Mapping[str, str] | None = None) -> Places:
    """What is configured, with the credentials that are known; nothing configured is the default index.

    Where uv's settings name indexes, pip's are left aside, as uv is told.

    Args:
        environ: the process's own by default.
    """
    environ = os.environ if environ is None else environ
    folders = [*configuration.find_links, *environ.get("UV_FIND_LINKS", "").split(",")]
    folders += [link for settings in configuration.uv.files for link in _texts(settings, "find-links")]
    if not configuration.uv.name_indexes:
        default, further = configuration.default_index, list(configuration.extra_indexes)
    else:
        default, further = _uv_indexes(configuration, environ)
    indexes = [default or PYPI_SIMPLE_ENDPOINT, *further]
    return Places(tuple(dict.fromkeys(indexes)), tuple(dict.fromkeys(folder for folder in folders if folder)))


def asks_no_index(configuration: IndexConfiguration, environ: Mapping[str, str] | None = None) -> bool:
    """Whether only folders are looked at."""
    environ = os.environ if environ is None else environ
    told = environ.get("UV_NO_INDEX", "").lower() in ("1", "true", "t", "yes", "y", "on")
    return configuration.no_index or told


def _kept(address: str) -> str:
    return shown(address) if urlsplit(address).scheme in ("http", "https") else address


def _uv_indexes(configuration: IndexConfiguration, environ: Mapping[str, str]) -> tuple[str | None, list[str]]:
    """uv's default index and its further ones, in the order in which it would look: variables, then files."""
    default = environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL")
    further = f"{environ.get('UV_INDEX', '')} {environ.get('UV_EXTRA_INDEX_URL', '')}".split()
    entries = [_entry(text) for text in further]
    chosen = _entry(default) if default else None
    for settings in configuration.uv.files:
        for entry in settings.get("index", ()):
            if entry.get("default"):
                chosen = chosen or entry
            elif not entry.get("explicit"):  # is only for packages that are tied to it
                entries.append(entry)
        chosen = chosen or next(({"url": url} for url in _texts(settings, "index-url")), None)
        entries += [{"url": url} for url in _texts(settings, "extra-index-url")]
    return _address(chosen, environ) if chosen else None, [_address(entry, environ) for entry in entries]


def _entry(text: str) -> dict[str, str]:
    """An index as a variable names it: an address, or `name=address`."""
    name, equals, address = text.partition("=")
    return {"name": name, "url": address} if equals and "/" not in name else {"url": text}


def _address(entry: Mapping[str, Any], environ: Mapping[str, str]) -> str:
    """The address of an index, with the user and password that uv's variables have for its name."""
    name = "".join(letter if letter.isalnum() else "_" for letter in str(entry.get("name", ""))).upper()
    user, password = (environ.get(f"UV_INDEX_{name}_{part}", "") for part in ("USERNAME", "PASSWORD"))
    parts = urlsplit(str(entry["url"]))
    if not name or not (user or password) or parts.scheme not in ("http", "https"):
        return str(entry["url"])
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{quote(user, safe='')}:{quote(password, safe='')}@{host}"))


def _texts(settings: Mapping[str, Any], key: str) -> Iterator[str]:
    for section in (settings, settings.get("pip", {})):
        value = section.get(key, ())
        yield from [value] if isinstance(value, str) else value
