"""pip's own configuration, read so that uv honours it: indexes, local wheel folders, certificates, proxy.

uv reads its own configuration (`UV_*` variables, uv.toml) by itself and does not read pip's. Where uv's own says which
indexes to use, pip's are left aside; folders of wheels and certificates are added in any case.
"""

from __future__ import annotations

import configparser
import os
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import platformdirs


@dataclass(frozen=True)
class IndexConfiguration:
    """Where packages come from, as uv is told on its command line and in its environment."""

    default_index: str | None = None
    extra_indexes: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)

    def arguments(self) -> tuple[str, ...]:
        """The options of `uv pip compile` and `uv pip install`."""
        options: list[str] = []
        if self.default_index:
            options += ["--default-index", self.default_index]
        for index in self.extra_indexes:
            options += ["--index", index]
        if self.extra_indexes:
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
    find_links = tuple(dict.fromkeys(link for link in pip.get("find-links", "").split() if _reachable(link)))
    variables = {}
    if "cert" in pip and "SSL_CERT_FILE" not in environ:
        variables["SSL_CERT_FILE"] = pip["cert"]
    if "proxy" in pip:
        variables |= {name: pip["proxy"] for name in ("HTTP_PROXY", "HTTPS_PROXY") if name not in environ}
    if "timeout" in pip and "UV_HTTP_TIMEOUT" not in environ:
        variables["UV_HTTP_TIMEOUT"] = pip["timeout"]
    if _uv_names_its_indexes(environ):
        return IndexConfiguration(find_links=find_links, variables=variables)
    return IndexConfiguration(
        default_index=pip.get("index-url"),
        extra_indexes=tuple(index for index in pip.get("extra-index-url", "").split() if _reachable(index)),
        find_links=find_links,
        no_index=pip.get("no-index", "").lower() in ("1", "true", "yes", "on"),
        variables=variables,
    )


def _pip_settings(environ: Mapping[str, str]) -> dict[str, str]:
    settings: dict[str, str] = {}
    for file in _pip_files(environ):
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, encoding="utf-8")
        except (configparser.Error, OSError, UnicodeDecodeError):
            continue  # pip itself reports its broken file; envgen's cells may not need it
        for section in ("global", "install", "download"):
            if parser.has_section(section):
                settings |= {key.replace("_", "-"): value for key, value in parser.items(section)}
    for name, value in environ.items():
        if name.startswith("PIP_") and value:
            settings[name.removeprefix("PIP_").lower().replace("_", "-")] = value
    if "default-timeout" in settings:
        settings.setdefault("timeout", settings["default-timeout"])
    return settings


def _pip_files(environ: Mapping[str, str]) -> Iterator[Path]:
    """In the order in which later ones win, as pip documents under "Configuration files"."""
    if environ.get("PIP_CONFIG_FILE") == os.devnull:
        return
    name = "pip.ini" if sys.platform == "win32" else "pip.conf"
    yield from (Path(folder) / name for folder in _global_folders())
    if sys.platform != "win32":
        yield Path("/etc") / name
    yield Path.home() / ("pip" if sys.platform == "win32" else ".pip") / name
    yield Path(platformdirs.user_config_dir("pip", appauthor=False, roaming=True)) / name
    yield Path(sys.prefix) / name
    if environ.get("PIP_CONFIG_FILE"):
        yield Path(environ["PIP_CONFIG_FILE"])


def _global_folders() -> list[str]:
    return platformdirs.site_config_dir("pip", appauthor=False, multipath=True).split(os.pathsep)[::-1]


def _reachable(location: str) -> bool:
    """False for a local folder that is not there: pip only warns about one, uv would stop."""
    parts = urlsplit(location)
    if parts.scheme == "file":
        return Path(url2pathname(parts.path)).exists()
    return parts.scheme in ("http", "https") or Path(location).exists()


def _uv_names_its_indexes(environ: Mapping[str, str]) -> bool:
    names = ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL")
    if any(environ.get(name) for name in names):
        return True
    files = [Path(environ["UV_CONFIG_FILE"])] if environ.get("UV_CONFIG_FILE") else list(_uv_files())
    return any(_names_an_index(file) for file in files)


def _uv_files() -> Iterator[Path]:
    yield Path("uv.toml")
    yield Path(platformdirs.user_config_dir("uv", appauthor=False, roaming=True)) / "uv.toml"
    yield Path(platformdirs.site_config_dir("uv", appauthor=False)) / "uv.toml"
    if sys.platform != "win32":
        yield Path("/etc/uv/uv.toml")


def _names_an_index(file: Path) -> bool:
    try:
        settings = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return False
    sections = (settings, settings.get("pip", {}))
    return any(key in section for section in sections for key in ("index", "index-url", "extra-index-url"))
