"""The console that commands print to."""

from __future__ import annotations

from rich.console import Console

FILE_WIDTH = 200  # columns where the output is no terminal: a log or a pipe breaks no lines by itself


def output(*, stderr: bool = False) -> Console:
    """A console of the terminal's width, or a wide one where there is no terminal."""
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=FILE_WIDTH)
