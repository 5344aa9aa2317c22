"""The command line: one thin function per command; the logic is elsewhere."""

from envgen.cli.app import main

__all__ = ["main"]
