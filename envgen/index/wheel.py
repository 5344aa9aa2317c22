"""Small members of a wheel that stays where it is."""

from __future__ import annotations

from collections.abc import Callable
from email.message import Message
from typing import BinaryIO

from envgen.index.listing import File


class RemoteWheel:
    """A wheel on an index or on disk; nothing is read before it is asked for. Not for several threads at once."""

    def __init__(self, file: File, opened: Callable[[], BinaryIO], beside: Callable[[], bytes | None]) -> None: ...

    def names(self) -> tuple[str, ...]:
        """Its members, as they stand in it."""
        return ()

    def size(self, name: str) -> int:
        """Bytes of a member, unpacked."""
        return 0

    def read(self, name: str, limit: int | None = None) -> bytes:
        """A member, unpacked; with a limit, its first bytes only."""
        return b""

    def metadata(self) -> Message:
        """METADATA: the file beside the wheel where the index offers it, else the member."""
        return Message()
