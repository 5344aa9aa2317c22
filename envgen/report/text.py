"""Text of other programs made fit to show: no terminal escapes, nothing invisible, no endless lines."""

from __future__ import annotations

import re
import unicodedata

LONGEST_LINE = 2000  # characters
_ANSI = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours and cursor movement
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles and links
    r"|\x1b[PX^_][^\x1b]*\x1b\\"  # strings for a device
    r"|\x1b[ -/]*[0-Z\\^-~]"  # the rest
)
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def clean(text: str) -> str:
    """Text with its lines kept, each as a terminal would finally show it and cut at `LONGEST_LINE`.

    Control and invisible characters (also those that turn the reading direction) appear as their escape.
    """
    return "\n".join(_line(line) for line in _ANSI.sub("", text).split("\n"))


def one_line(text: str) -> str:
    """As `clean`, on one line."""
    return " ".join(clean(text).split("\n"))


def _line(line: str) -> str:
    shown = line.rstrip("\r").rpartition("\r")[2]  # a progress bar overwrites its line
    if len(shown) > LONGEST_LINE:
        shown = f"{shown[:LONGEST_LINE]} … ({len(shown) - LONGEST_LINE} more characters)"
    return "".join(_visible(character) for character in shown)


def _visible(character: str) -> str:
    if character == "\t" or unicodedata.category(character) not in _UNPRINTABLE:
        return character
    return f"\\x{ord(character):02x}" if ord(character) < 0x100 else f"\\u{ord(character):04x}"
