"""How the user reaches packages, from pip's and uv's settings, for envgen's own look at the indexes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from pypi_simple import PYPI_SIMPLE_ENDPOINT

from envgen.index import Access
from envgen.lock.configuration import IndexConfiguration, read_configuration

_DEFAULT = Access()


def configured_access(environ: Mapping[str, str] | None = None) -> Access:
    """The indexes, folders, certificates and proxy that pip and uv are configured with.

    Where uv's settings name indexes, pip's are left aside, as for locks. Nothing configured is the default index.

    Args:
        environ: the process's own by default.
    """
    environ = os.environ if environ is None else environ
    configuration = read_configuration(environ)
    said = {**environ, **configuration.variables}
    indexes, folders = _places(configuration, environ)
    return Access(
        indexes=tuple(dict.fromkeys(indexes)),
        folders=tuple(dict.fromkeys(folders)),
        no_index=configuration.no_index or _yes(environ.get("UV_NO_INDEX")),
        certificate=said.get("SSL_CERT_FILE") or None,
        client_certificate=said.get("SSL_CLIENT_CERT") or None,
        trusted_hosts=tuple(said.get("UV_INSECURE_HOST", "").split()),
        proxy=configuration.variables.get("HTTPS_PROXY"),  # one in the environment is taken from there
        timeout=_seconds(said.get("UV_HTTP_TIMEOUT")),
    )


def _places(configuration: IndexConfiguration, environ: Mapping[str, str]) -> tuple[list[str], list[str]]:
    folders = [*configuration.find_links, *environ.get("UV_FIND_LINKS", "").split(",")]
    folders += [link for settings in configuration.uv.files for link in _texts(settings, "find-links")]
    if not configuration.uv.name_indexes:
        default, further = configuration.default_index, list(configuration.extra_indexes)
    else:
        default, further = _uv_indexes(configuration, environ)
    return [default or PYPI_SIMPLE_ENDPOINT, *further], [folder for folder in folders if folder]


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


def _seconds(text: str | None) -> float:
    try:
        return float(text) if text else _DEFAULT.timeout
    except ValueError:
        return _DEFAULT.timeout


def _yes(text: str | None) -> bool:
    return (text or "").lower() in ("1", "true", "t", "yes", "y", "on")
