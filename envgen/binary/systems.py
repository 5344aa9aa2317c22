"""What systems have by themselves: libraries that a binary may need without bringing them, the oldest glibc."""

from __future__ import annotations

import json
import re
from fnmatch import translate
from functools import cache
from pathlib import Path
from typing import Any

from envgen.cell import OsFamily

_FILE = Path(__file__).parent / "data" / "systems.json"  # read by every command, and ten times as fast as YAML


def comes_with_system(library: str, family: OsFamily) -> bool:
    """Whether a system, Python, torch or NVIDIA's driver and packages bring a library, so that none must lie beside.

    Args:
        library: its name, or its path on macOS.
    """
    if family is OsFamily.MACOS:
        return library.startswith(("/usr/lib/", "/System/Library/"))
    names, patterns = _known(family)
    return library.lower() in names or bool(patterns.fullmatch(library.lower()))


def oldest_glibc() -> str:
    """The glibc that every system has on which a wheel is installed today: `2.17`."""
    return str(_content()["oldest_glibc"]["version"])


@cache
def _content() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return content


@cache
def _known(family: OsFamily) -> tuple[frozenset[str], re.Pattern[str]]:
    """Names as they are, and those that leave a part open."""
    names = [*_content()[family]["names"], *_content()["others"]["names"]]
    return frozenset(names), re.compile("|".join(translate(name) for name in names if "*" in name))
