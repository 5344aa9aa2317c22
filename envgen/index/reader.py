"""Package indexes, read."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from envgen.index.access import Access
from envgen.index.listing import File, Listing
from envgen.index.wheel import RemoteWheel


class Reader:
    """Reads indexes and counts what that costs; one for several threads.

    Attributes:
        requests: how many were answered.
        bytes_received: of their bodies, on the wire.
        seconds: in requests, added up.
    """

    requests: int = 0
    bytes_received: int = 0
    seconds: float = 0.0

    def __init__(self, access: Access, cache_folder: Path) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    @property
    def sources(self) -> tuple[str, ...]:
        """The labels of the indexes and folders, in order."""
        return ()

    def listings(self, package: str) -> tuple[Listing, ...]:
        """What each index says that has the package."""
        return ()

    def listing(self, package: str, source: str) -> Listing | None:
        """What one index or folder says; None when it has not the package."""
        return None

    def wheel(self, file: File) -> RemoteWheel:
        """A wheel's inside."""
        raise ValueError(file.url)
