"""Names in sentences: demangled, and not too many of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from envgen.binary import demangle

SHOWN = 1
LONGEST = 120  # characters of a demangled name in a sentence


def demangled(names: Iterable[str]) -> tuple[str, ...]:
    """Names as their authors wrote them; those of C stay as they are."""
    return tuple(demangle(name) for name in names)


def some(names: Sequence[str], number: int | None = None) -> str:
    """The first of the names, and how many more: `c10::foo(int) and 3 more`.

    Args:
        number: how many there are, where only the first are given.
    """
    more = (number or len(names)) - SHOWN
    first = names[0] if len(names[0]) <= LONGEST else f"{names[0][:LONGEST]}..."
    return f"{first} and {more} more" if more else first
