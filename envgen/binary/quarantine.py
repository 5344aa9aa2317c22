"""The mark of macOS on what a browser brought: such a library does not load before it is released."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from envgen.binary.content import printable

_ATTRIBUTE = "com.apple.quarantine"
_LONGEST = 1024  # bytes


def quarantine_of(path: Path) -> str:
    """What the attribute says: flags, a time, the program; empty where there is none, or it cannot be read.

    Linux keeps the attribute of a copied file, where it does, under `user.`.
    """
    if sys.platform == "darwin":
        content = _on_macos(path)
    elif sys.platform == "linux":
        try:
            content = os.getxattr(path, f"user.{_ATTRIBUTE}")
        except OSError:
            content = b""
    else:
        content = b""
    return printable(content.decode("utf-8", "backslashreplace"))


def _on_macos(path: Path) -> bytes:
    """By the system's own call; Python has one for Linux only."""
    import ctypes  # noqa: PLC0415 - only on macOS

    library = ctypes.CDLL(None, use_errno=True)
    content = ctypes.create_string_buffer(_LONGEST)
    size = library.getxattr(os.fsencode(path), _ATTRIBUTE.encode(), content, ctypes.c_size_t(_LONGEST), 0, 0)
    return content.raw[:size] if size > 0 else b""
