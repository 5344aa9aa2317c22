"""What `envgen diagnose` was asked, and the libraries that belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from packaging.version import Version

from envgen.binary.look import Looked


@dataclass(frozen=True)
class Choices:
    """The options as they were given."""

    against: str | None
    python: Sequence[str]
    platform: Sequence[str]
    cuda: str | None
    driver: str | None
    gpu: str | None
    built_with: str | None
    verbose: bool = False


@dataclass(frozen=True)
class Group:
    """The libraries of one argument, or of one wheel of it.

    Attributes:
        title: what to call them together; empty for a single library.
        pinned: the torch release that the wheel's metadata asks for.
    """

    title: str
    looked: tuple[Looked, ...]
    notes: tuple[str, ...] = ()
    pinned: Version | None = None
