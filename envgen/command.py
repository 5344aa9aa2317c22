"""A command to be run, as plain data: environments and rungs describe commands, `run` executes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """What to run; `variables` are set on top of the environment it inherits, None removes one."""

    argv: tuple[str, ...]
    cwd: Path
    variables: Mapping[str, str | None] = field(default_factory=dict)
