"""uv's own configuration files: whether they name indexes, and a copy that a resolution can add to."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli_w

INDEX_KEYS = ("index", "index-url", "extra-index-url")
LOCATION_KEYS = ("index-url", "extra-index-url", "find-links")
# What uv takes from a pyproject.toml but refuses in a uv.toml; none of it matters to `uv pip`.
PROJECT_KEYS = (
    "build-backend", "conflicts", "default-groups", "dependency-groups", "dev-dependencies", "managed", "package",
    "sources", "workspace",
)  # fmt: skip


@dataclass(frozen=True)
class UvSettings:
    """What uv reads from files in the folder where envgen runs.

    Attributes:
        nearest: the folder's settings: those of `UV_CONFIG_FILE`, or of the nearest uv.toml or pyproject.toml.
        alone: whether uv reads no file of the user or the system beside them.
        name_indexes: whether any file or `UV_*` variable says which indexes to use.
        others: the settings of the user and the system, in the order in which uv takes them after the nearest.
    """

    nearest: Mapping[str, Any] = field(default_factory=dict)
    alone: bool = False
    name_indexes: bool = False
    others: tuple[Mapping[str, Any], ...] = ()

    @property
    def files(self) -> tuple[Mapping[str, Any], ...]:
        """All settings, those that win first."""
        return (self.nearest, *self.others)

    def options_with(
        self,
        metadata: Sequence[Mapping[str, object]],
        folder: Path,
        indexes: Sequence[Mapping[str, object]] = (),
    ) -> tuple[str, ...]:
        """The options under which uv takes further settings beside everything that is configured.

        Args:
            metadata: entries of `dependency-metadata`.
            folder: an empty folder for the file that uv reads; without any entry there is none.
            indexes: entries of `index`.
        """
        further: dict[str, object] = {}
        if metadata:
            further["dependency-metadata"] = [*self.nearest.get("dependency-metadata", ()), *metadata]
        if indexes:
            further["index"] = [*self.nearest.get("index", ()), *indexes]
        if not further:
            return ()
        file = folder / "uv.toml"
        file.write_text(tomli_w.dumps({**self.nearest, **further}), encoding="utf-8")
        # Given as a file, uv reads it and no other; found as a project's, the user's and the system's stay in force.
        return ("--config-file", str(file)) if self.alone else ("--project", str(folder))


def read_uv_settings(environ: Mapping[str, str], folder: Path) -> UvSettings:
    """uv's configuration as it is for commands that run in a folder; a broken file is left for uv to report."""
    named = any(environ.get(f"UV_{name}") for name in ("DEFAULT_INDEX", "INDEX", "INDEX_URL", "EXTRA_INDEX_URL"))
    if environ.get("UV_NO_CONFIG"):
        return UvSettings(alone=True, name_indexes=named)
    if environ.get("UV_CONFIG_FILE"):
        chosen = _settings(Path(environ["UV_CONFIG_FILE"])) or {}
        return UvSettings(chosen, alone=True, name_indexes=named or _names_an_index(chosen))
    nearest = _nearest(folder)
    others = tuple(settings for file in _common_files(environ) if (settings := _settings(file)))
    names = named or any(_names_an_index(entry) for entry in (nearest, *others))
    return UvSettings(nearest, name_indexes=names, others=others)


def _nearest(folder: Path) -> Mapping[str, Any]:
    for place in (folder, *folder.parents):
        for name in ("uv.toml", "pyproject.toml"):
            if (settings := _settings(place / name)) is not None:
                return settings
    return {}


def _common_files(environ: Mapping[str, str]) -> Iterator[Path]:
    """The user's and the system's, as uv documents under "Configuration files"."""
    if sys.platform == "win32":
        folders = [environ.get("APPDATA"), environ.get("PROGRAMDATA")]
    else:
        user = environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
        folders = [user, *environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"), "/etc"]
    yield from (Path(folder) / "uv" / "uv.toml" for folder in folders if folder)


def _settings(file: Path) -> dict[str, Any] | None:
    """The settings in a file; None when it is not there, is broken, or is a pyproject.toml that says nothing of uv."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        if file.name == "pyproject.toml":
            content = {key: value for key, value in content["tool"]["uv"].items() if key not in PROJECT_KEYS}
        return _anchored(content, file.parent.absolute())
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):  # not there, or not of its form
        return None


def _names_an_index(settings: Mapping[str, Any]) -> bool:
    return any(key in section for section in (settings, settings.get("pip", {})) for key in INDEX_KEYS)


def _anchored(settings: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The settings with local places made absolute: uv takes them relative to the file."""
    anchored = dict(settings)
    for key in LOCATION_KEYS:
        match settings.get(key):
            case str(text):
                anchored[key] = _absolute(text, folder)
            case list(texts):
                anchored[key] = [_absolute(text, folder) for text in texts]
    if "index" in settings:
        anchored["index"] = [entry | {"url": _absolute(entry["url"], folder)} for entry in settings["index"]]
    if "pip" in settings:
        anchored["pip"] = _anchored(settings["pip"], folder)
    return anchored


def _absolute(location: str, folder: Path) -> str:
    return location if "://" in location else os.path.normpath(folder / location)
