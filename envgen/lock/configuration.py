"""pip's own configuration, read so that uv honours it: indexes, local wheel folders, certificates, proxy.

uv reads its own configuration (`UV_*` variables, uv.toml) by itself and does not read pip's. Where uv's own says which
indexes to use, pip's are left aside; folders of wheels and certificates are added in any case.
"""

from __future__ import annotations

import configparser
import math
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import platformdirs
from pypi_simple import PYPI_SIMPLE_ENDPOINT

from envgen.lock.uv_settings import UvSettings, read_uv_settings

# As long as PyPI says. Many mirrors say nothing, and uv would ask them for every page again in every cell.
HOLDS = "max-age=600"

_OTHER_NAMES = {"default-timeout": "timeout", "pypi-url": "index-url"}  # pip has two names for one option


@dataclass(frozen=True)
class IndexConfiguration:
    """Where packages come from, as uv is told on its command line and in its environment."""

    default_index: str | None = None
    extra_indexes: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)
    uv: UvSettings = field(default_factory=UvSettings)

    @property
    def unusable_index(self) -> str:
        """pip's default index where it can be none; uv would find it empty. Nothing where it can be one."""
        return self.default_index if self.default_index and not _reachable(self.default_index) else ""

    def arguments(self, *further: str) -> tuple[str, ...]:
        """The options of `uv pip compile` and `uv pip install`.

        Args:
            further: indexes to consult beside the configured ones.
        """
        options: list[str] = []
        if self.default_index:
            options += ["--default-index", self.default_index]
        for index in (*self.extra_indexes, *further):
            options += ["--index", index]
        return (*options, *self._other_arguments(further))

    def settings(self, *further: str) -> tuple[tuple[str, ...], tuple[dict[str, object], ...]]:
        """The same in two parts: options, and entries of uv's setting `index`, by which pages hold for some minutes.

        Indexes that uv itself is configured with hold as long as that configuration says, and are no entries.
        """
        if self.uv.name_indexes or self.no_index:
            return self.arguments(*further), ()
        entries = [_entry(index) for index in (*self.extra_indexes, *further)]
        default = _entry(self.default_index or PYPI_SIMPLE_ENDPOINT) | {"default": True}
        return self._other_arguments(further), (*entries, default)

    def _other_arguments(self, further: tuple[str, ...]) -> tuple[str, ...]:
        options: list[str] = []
        if self.extra_indexes or further:
            # pip takes the best version over all its indexes; uv would stop at the first that has the name.
            options += ["--index-strategy", "unsafe-best-match"]
        for folder in self.find_links:
            options += ["--find-links", folder]
        if self.no_index:
            options.append("--no-index")
        return tuple(options)


def read_configuration(environ: Mapping[str, str] | None = None) -> IndexConfiguration:
    """pip's configuration from its files and `PIP_*` variables, shaped for uv."""
    environ = os.environ if environ is None else environ
    pip = _pip_settings(environ)
    uv = read_uv_settings(environ, Path.cwd())
    links = (_expanded(link) for link in pip.get("find-links", "").split())
    find_links = tuple(dict.fromkeys(link for link in links if _reachable(link)))
    variables = dict(_variables(pip, environ))
    if uv.name_indexes:
        return IndexConfiguration(find_links=find_links, variables=variables, uv=uv)
    return IndexConfiguration(
        default_index=pip.get("index-url"),
        extra_indexes=tuple(index for index in pip.get("extra-index-url", "").split() if _reachable(index)),
        find_links=find_links,
        no_index=pip.get("no-index", "").lower() in ("1", "true", "t", "yes", "y", "on"),
        variables=variables,
        uv=uv,
    )


def _entry(index: str) -> dict[str, object]:
    # uv takes a path relative to the file in which it stands.
    url = index if "://" in index else Path(index).absolute().as_uri()
    return {"url": url, "cache-control": {"api": HOLDS, "files": HOLDS}}


def _variables(pip: Mapping[str, str], environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What uv reads from variables only; one that the user set stays as it is."""
    wanted = {
        "SSL_CERT_FILE": pip.get("cert"),
        "SSL_CLIENT_CERT": pip.get("client-cert"),
        "HTTP_PROXY": pip.get("proxy"),
        "HTTPS_PROXY": pip.get("proxy"),
        "UV_INSECURE_HOST": " ".join(pip.get("trusted-host", "").split()),
        "UV_HTTP_TIMEOUT": _whole_seconds(pip.get("timeout", "")),
    }
    for name, value in wanted.items():
        if value and not environ.get(name) and not environ.get(name.lower()):
            yield name, value


def _whole_seconds(text: str) -> str:
    """pip takes fractions of a second, uv does not."""
    try:
        return str(math.ceil(float(text)))
    except (ValueError, OverflowError):
        return ""


def _pip_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """What `pip install` would go by: the section for all commands, its own, then variables; later ones win."""
    sections: dict[str, dict[str, str]] = {"global": {}, "install": {}}
    for file in _pip_files(environ):
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue  # pip itself reports its broken file; envgen's cells may not need it
        for name, settings in sections.items():
            if parser.has_section(name):
                settings |= {_option(key): value for key, value in parser.items(name)}
    given = [(name, value) for name, value in environ.items() if name.startswith("PIP_") and value]
    variables = {_option(name.removeprefix("PIP_")): value for name, value in given}
    return sections["global"] | sections["install"] | variables


def _option(key: str) -> str:
    name = key.lower().replace("_", "-").removeprefix("--")
    return _OTHER_NAMES.get(name, name)


def _pip_files(environ: Mapping[str, str]) -> Iterator[Path]:
    """In the order in which later ones win, as pip documents under "Configuration files"."""
    chosen = environ.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:
        return
    name = "pip.ini" if sys.platform == "win32" else "pip.conf"
    yield from (Path(folder) / name for folder in _global_folders())
    if sys.platform != "win32":
        yield Path("/etc") / name
    if not (chosen and Path(chosen).exists()):  # pip takes such a file in place of the user's
        yield Path.home() / ("pip" if sys.platform == "win32" else ".pip") / name
        yield Path(platformdirs.user_config_dir("pip", appauthor=False, roaming=True)) / name
    yield Path(sys.prefix) / name
    if chosen:
        yield Path(chosen)


def _global_folders() -> list[str]:
    return platformdirs.site_config_dir("pip", appauthor=False, multipath=True).split(os.pathsep)[::-1]


def _expanded(link: str) -> str:
    return str(Path(link).expanduser()) if link.startswith("~") else link


def _reachable(location: str) -> bool:
    """False for a local folder that is not there: pip only warns about one, uv would stop."""
    parts = urlsplit(location)
    if parts.scheme == "file":
        return Path(url2pathname(parts.path)).exists()
    return parts.scheme in ("http", "https") or Path(location).exists()
