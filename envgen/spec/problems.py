"""All problems of one file together, so that a user mends them in one go."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from envgen.errors import MatrixError

_FEW = 3  # so many are shown at once instead of guessing


class MatrixFileError(MatrixError):
    """The problems of one file, in the order of their places; `str()` shows every one.

    Args:
        errors: the problems, at least one.
    """

    def __init__(self, errors: Iterable[MatrixError]) -> None:
        self.errors = tuple(sorted({str(error): error for error in errors}.values(), key=_order))
        first = self.errors[0]
        super().__init__(first.what, first.remedy, first.place)

    def __str__(self) -> str:
        return "\n\n".join(map(str, self.errors))


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """A remedy for a name that is not known: the nearest known one, or all that are."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if near and len(known) > _FEW:
        return f"Did you mean `{near[0]}`?"
    return f"Known here: {', '.join(f'`{word}`' for word in known)}." if known else ""


def _order(error: MatrixError) -> tuple[int, int]:
    return (error.place.line, error.place.column) if error.place else (0, 0)
